"""Structure files of other programs, read the same way wherever one is named."""
