"""How atoms vibrate: velocity spectra and what follows from them."""
