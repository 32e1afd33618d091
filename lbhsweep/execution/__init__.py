"""Runs of a sweep on workers: clusters, tasks, the driver, and what they report."""
