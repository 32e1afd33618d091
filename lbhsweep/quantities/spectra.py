"""Velocity spectra and what follows from them."""

from __future__ import annotations

from lbhsweep.quantities.quantity import Quantity

_MODES = {
    "li": "Li",
    "translation": "translation of anions",
    "libration": "libration of anions",
    "internal": "internal vibration of anions",
}


def _of_spectra(name: str, units: str, long_name: str, dims: tuple[str, ...] = ()) -> Quantity:
    return Quantity(name, units, long_name, ("hold",), dims, observable="spectra")


SPECTRA = (
    *(
        _of_spectra(
            f"vdos_{group}", "cm", f"vibrational density of states of {of}", ("wavenumber",)
        )
        for group, of in {**_MODES, "b": "B", "h": "H"}.items()
    ),
    *(
        _of_spectra(f"kinetic_temperature_{mode}", "K", f"kinetic temperature of {of}")
        for mode, of in _MODES.items()
    ),
    *(
        _of_spectra(f"vibrational_entropy_{kind}{mode}", "J/kg/K", f"{kind} harmonic entropy{of}")
        for kind in ("quantum", "classical")
        for mode, of in {"": "", **{f"_{mode}": f" of {of}" for mode, of in _MODES.items()}}.items()
    ),
    _of_spectra(
        "heat_capacity_quantum_correction",
        "J/kg/K",
        "quantum correction of the harmonic heat capacity",
    ),
    Quantity(
        "spectra_windows",
        "1",
        "number of windows over which velocity spectra are averaged",
        groups=("hold",),
        averaged=False,
        observable="spectra",
    ),
)
