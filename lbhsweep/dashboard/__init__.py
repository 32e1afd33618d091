"""A live page of one sweep, read from its folder alone: while it runs, afterwards, or of a copy."""
