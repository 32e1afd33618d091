"""State of a sweep's folder: settings, status, histories of runs, and drivers in the background."""
