"""A live page of one sweep, read from its folder or a copy of it, while it runs or afterwards."""
