"""Run points small enough for tests: one cubic cell, 104 atoms, a cutoff below half of it."""

from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.sweep.point import (
    DynamicsPoint,
    HoldPoint,
    ModelPoint,
    RampPoint,
    RunPoint,
    SystemPoint,
)

FORCE_FIELD = load_force_field("lbh-2021")


def hold_point(equilibrate_ps=0.05, produce_ps=0.2, temperature_K=300.0, **changes):
    protocol = HoldPoint(
        temperature_K=temperature_K, equilibrate_ps=equilibrate_ps, produce_ps=produce_ps
    )
    return _point(protocol, **changes)


def ramp_point(direction="heating", rate=1000.0, low=300.0, high=500.0, width=50.0, **changes):
    protocol = RampPoint(
        temperature_min_K=low,
        temperature_max_K=high,
        bin_K=width,
        heating_rate_K_per_ps=rate,
        direction=direction,
        equilibrate_ps=0.05,
    )
    return _point(protocol, **changes)


def _point(
    protocol,
    phase="alpha",
    n_vacancies=0,
    cutoff_A=4.5,
    ensemble="npt",
    timestep_fs=0.5,
    sample_every=2,
    barostat="isotropic",
    frozen="none",
    **changes,
):
    values = {"pressure_GPa": 0.2, "replica": 0, "observables": ("thermo",)} | changes
    return RunPoint(
        system=SystemPoint(
            crystal="Li2B12H12",
            phase=phase,
            supercell=(1, 1, 1),
            n_vacancies=n_vacancies,
            charge_compensation="anions",
            frozen=frozen,
        ),
        model=ModelPoint(
            potential=FORCE_FIELD.name,
            potential_digest=FORCE_FIELD.digest,
            cutoff_A=cutoff_A,
            shift=False,
            accuracy="production",
        ),
        dynamics=DynamicsPoint(
            ensemble=ensemble,
            timestep_fs=timestep_fs,
            nonbonded_every=4,
            thermostat_time_ps=0.05,
            barostat_time_ps=0.2,
            sample_every=sample_every,
            barostat=barostat,
        ),
        protocol=protocol,
        **values,
    )
