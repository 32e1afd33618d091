"""The driver of a sweep: what is submitted when, what is collected, what counts as a failure."""
