"""lbhsweep: sweeps of molecular dynamics of Li2B12H12 and the barocaloric maps read from them."""

__version__ = "0.1.0"
