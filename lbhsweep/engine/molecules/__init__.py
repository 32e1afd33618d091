"""Identical molecules side by side in lanes, and the bonds and angles inside them."""
