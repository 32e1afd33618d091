"""Synthetic runs in milliseconds, for trying a cluster before spending core-hours."""
