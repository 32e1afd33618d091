"""From a run point to its results: protocols, the run itself, provenance, and a rehearsal."""
