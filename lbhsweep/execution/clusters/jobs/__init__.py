"""Workers in jobs of a batch system: submission, watching, keys."""
