"""lbhsweep: sweeps of molecular dynamics of Li2B12H12 and the barocaloric maps read from them.

The names of `__all__` are loaded when they are first used, so that ``import lbhsweep`` stays fast.
"""

from importlib import import_module

__version__ = "0.1.0"

# Modules as text: an import here would let every layer reach every other.
_PUBLIC = {
    "lbhsweep.analysis": ("analyze_results", "summarize"),
    "lbhsweep.interop.ase": ("LbhCalculator",),
    "lbhsweep.interop.explore": ("Explorer", "open_sweep"),
    "lbhsweep.interop.final_structure": ("final_atoms",),
    "lbhsweep.interop.lammps_export": ("export_run",),
    "lbhsweep.interop.tables": ("open_group", "write_table"),
    "lbhsweep.interop.trajectory": ("open_trajectory", "run_at"),
    "lbhsweep.interop.trajectory_ase": ("atoms_of",),
    "lbhsweep.interop.trajectory_mdanalysis": ("universe_of",),
    "lbhsweep.physics.conventional": ("conventional_crystal",),
    "lbhsweep.physics.crystal": ("build_alpha", "build_beta"),
    "lbhsweep.physics.forcefield": ("load_force_field",),
    "lbhsweep.physics.structure": ("Structure",),
    "lbhsweep.simulation.simulate": ("simulate",),
    "lbhsweep.sweep": ("expand_grid", "load_sweep", "make_plan"),
}
_MODULE_OF = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = ["__version__", *sorted(_MODULE_OF)]


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'lbhsweep' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULE_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
