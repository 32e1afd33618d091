"""Velocity spectra and what follows from them."""

from __future__ import annotations

from lbhsweep.quantities.declaration import ObservableDeclaration
from lbhsweep.quantities.production import InnerAxes, Production
from lbhsweep.quantities.quantity import Dimension, Quantity
from lbhsweep.quantities.spectral_window import spectral_window

_MODES = {
    "li": "Li",
    "translation": "translation of anions",
    "libration": "libration of anions",
    "internal": "internal vibration of anions",
}


def spectra_axes(production: Production) -> InnerAxes:
    """Return the wavenumbers in 1/cm at which a hold's spectra are stored; ramps have none."""
    if production.group == "ramp":
        return {}
    window = spectral_window(production.outer_step_ps)
    return {"wavenumber": tuple(window.stored_wavenumbers.tolist())}


def _of_hold(
    name: str, units: str, long_name: str, dims: tuple[str, ...] = (), *, of_phase: bool = False
) -> Quantity:
    return Quantity(name, units, long_name, ("hold",), dims, of_phase=of_phase)


SPECTRA = ObservableDeclaration(
    name="spectra",
    summary="velocity spectra, harmonic entropies, the quantum correction of C_P",
    quantities=(
        *(
            _of_hold(
                f"vdos_{group}", "cm", f"vibrational density of states of {of}", ("wavenumber",)
            )
            for group, of in {**_MODES, "b": "B", "h": "H"}.items()
        ),
        *(
            _of_hold(f"kinetic_temperature_{mode}", "K", f"kinetic temperature of {of}")
            for mode, of in _MODES.items()
        ),
        *(
            _of_hold(
                f"vibrational_entropy_{kind}{mode}",
                "J/kg/K",
                f"{kind} harmonic entropy{of}",
                of_phase=True,
            )
            for kind in ("quantum", "classical")
            for mode, of in {
                "": "",
                **{f"_{mode}": f" of {of}" for mode, of in _MODES.items()},
            }.items()
        ),
        _of_hold(
            "heat_capacity_quantum_correction",
            "J/kg/K",
            "quantum correction of the harmonic heat capacity",
            of_phase=True,
        ),
        Quantity(
            "spectra_windows",
            "1",
            "number of windows over which velocity spectra are averaged",
            groups=("hold",),
            averaged=False,
        ),
    ),
    dimensions=(Dimension("wavenumber", "1/cm", "wavenumber"),),
    axes=spectra_axes,
    measured_by="lbhsweep.observables.vibration.spectra:Spectra",
    rehearsed_by="lbhsweep.simulation.rehearsal.spectra:rehearse_spectra",
)
