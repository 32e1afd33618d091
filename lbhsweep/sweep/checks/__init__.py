"""Checks between the keys of a sweep file, which no single key can fail."""
