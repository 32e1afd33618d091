"""Run points small enough for tests: one to four cubic cells, a cutoff below half their edge."""

from lbhsweep.physics.forcefield import load_force_field
from lbhsweep.sweep.point import (
    CoexistPoint,
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


def coexist_point(
    phases=("alpha", "beta"), temperature_K=400.0, prepare_ps=0.05, produce_ps=0.2, **changes
):
    protocol = CoexistPoint(
        phases=phases,
        temperature_K=temperature_K,
        prepare_ps=prepare_ps,
        produce_ps=produce_ps,
        lateral_A=changes.pop("lateral_A", 0.0),
    )
    usual = {
        "phase": phases[0],
        "supercell": (1, 1, 4),
        "barostat": "uniaxial" if protocol.lateral_A else "orthorhombic",
        "observables": ("profile",),
    }
    return _point(protocol, **usual | changes)


def _point(
    protocol,
    phase="alpha",
    supercell=(1, 1, 1),
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
            supercell=supercell,
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
