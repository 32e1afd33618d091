"""Vectors of 64 bytes in kernels, and elementary functions of them."""
