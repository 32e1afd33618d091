"""Interfaces to other programs; each needs its program installed, none is imported from here."""
