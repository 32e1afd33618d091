"""Code that runs on a worker: a task's runs, each from its point to its record."""
