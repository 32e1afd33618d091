"""Velocity spectra of motions that are known: lines, rigid bodies, noise, diffusion."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lbhsweep.observables.base import MeasurementPlan
from lbhsweep.observables.vibration.spectra import GROUPS, MODES, Spectra
from lbhsweep.observables.vibration.spectra_kernels import weighted_velocities
from lbhsweep.physics.crystal import build_alpha
from lbhsweep.quantities.spectral_window import n_windows, spectral_window
from lbhsweep.units import ACCELERATION, BOLTZMANN, LIGHT_SPEED, PLANCK

STRUCTURE = build_alpha((1, 1, 1))
MASSES = np.array([{"Li": 6.94, "B": 10.81, "H": 1.008}[symbol] for symbol in STRUCTURE.symbols])
LITHIUM = np.flatnonzero(STRUCTURE.molecule == 0)
ANIONS = [np.flatnonzero(STRUCTURE.molecule == number) for number in (1, 2, 3, 4)]
WINDOW = spectral_window(0.002)
STORED = WINDOW.stored_wavenumbers
TEMPERATURE = 480.0
THERMAL = BOLTZMANN * TEMPERATURE * ACCELERATION
"""k_B T in g/mol Å²/ps²."""
TO_KILOGRAM = 1e6 * BOLTZMANN / (MASSES.sum() / 4)
"""J/kg/K of one k_B per formula unit."""


def plan(produce_steps=3 * WINDOW.length, ensemble="nvt", group="hold"):
    return MeasurementPlan(
        group=group,
        n_blocks=8,
        n_bins=1,
        n_formula=4,
        supercell=(1, 1, 1),
        mass=float(MASSES.sum()),
        pressure=0.0,
        temperature=TEMPERATURE,
        ensemble=ensemble,
        structure=STRUCTURE,
        masses=MASSES,
        charges=np.zeros(104),
        outer_step=0.002,
        sample_every=10,
        produce_steps=produce_steps,
        axes={"wavenumber": STORED},
    )


def look(spectra, step, velocities, positions=STRUCTURE.positions):
    state = SimpleNamespace(positions=positions, velocities=velocities)
    spectra.sample(SimpleNamespace(step=step, state=state))


def watch(motion, **changes):
    """Let an observable look at all that `motion` (time in ps to velocities) does in a hold."""
    spectra = Spectra(plan(**changes))
    for step in range(WINDOW.every, 3 * WINDOW.length + 1, WINDOW.every):
        look(spectra, step, motion(0.002 * step))
    return spectra.result()


def lines(wavenumbers, seed=0):
    """Make lithium vibrate with k_B T in every coordinate, anions at rest."""
    rng = np.random.default_rng(seed)
    chosen = rng.choice(wavenumbers, size=(len(LITHIUM), 3))
    phase = rng.uniform(0.0, 2.0 * np.pi, chosen.shape)
    amplitude = np.sqrt(2.0 * THERMAL / MASSES[LITHIUM, None])

    def motion(time):
        velocities = np.zeros((104, 3))
        angle = 2.0 * np.pi * LIGHT_SPEED * chosen * time + phase
        velocities[LITHIUM] = amplitude * np.cos(angle)
        return velocities

    return motion


@pytest.mark.parametrize("wavenumber", [41.3, 100.0, 333.3, 1000.0, 2429.0])
def test_an_einstein_crystal_has_its_line_entropy_and_heat_capacity(wavenumber):
    result = watch(lines([wavenumber]))
    g = result["vdos_li"]
    assert np.trapezoid(g, STORED) == pytest.approx(6.0, rel=1e-4)
    assert np.trapezoid(g * STORED, STORED) / 6.0 == pytest.approx(wavenumber, abs=0.05)
    # Leakage: a line is a bin or two wide, and nothing of it is far away.
    for reach, limit in ((2.5, 0.01), (5.0, 1e-4), (20.0, 1e-7)):
        assert g[np.abs(STORED - wavenumber) > reach * STORED[1]].sum() < limit * g.sum()

    x = PLANCK * LIGHT_SPEED * wavenumber / (BOLTZMANN * TEMPERATURE)
    # The line's width 8.14/√3 per cm shifts an average by half of its square times W''.
    width = 0.5 * (STORED[1] / wavenumber) ** 2 / 3.0
    classical = 6.0 * TO_KILOGRAM * (1.0 - np.log(x))
    quantum = 6.0 * TO_KILOGRAM * (x / np.expm1(x) - np.log(-np.expm1(-x)))
    correction = 6.0 * TO_KILOGRAM * (x**2 * np.exp(x) / np.expm1(x) ** 2 - 1.0)
    tolerance = 1.5 * width * 6.0 * TO_KILOGRAM + 0.01
    assert result["vibrational_entropy_classical_li"] == pytest.approx(classical, abs=tolerance)
    assert result["vibrational_entropy_quantum_li"] == pytest.approx(quantum, abs=tolerance)
    assert result["heat_capacity_quantum_correction"] == pytest.approx(correction, abs=tolerance)
    assert result["kinetic_temperature_li"] == pytest.approx(TEMPERATURE, rel=0.01)
    assert result["vibrational_entropy_quantum"] == result["vibrational_entropy_quantum_li"]


def test_what_is_held_still_has_no_spectrum_no_entropy_and_no_temperature():
    result = watch(lines([300.0]))
    for mode in ("translation", "libration", "internal"):
        assert not result[f"vdos_{mode}"].any()
        assert result[f"vibrational_entropy_quantum_{mode}"] == 0.0
        assert np.isnan(result[f"kinetic_temperature_{mode}"])


def test_many_lines_add_up():
    wavenumbers = np.linspace(150.0, 2800.0, 12)
    result = watch(lines(wavenumbers))
    x = PLANCK * LIGHT_SPEED / (BOLTZMANN * TEMPERATURE)
    rng = np.random.default_rng(0)
    x = x * rng.choice(wavenumbers, size=(len(LITHIUM), 3))
    entropy = (x / np.expm1(x) - np.log(-np.expm1(-x))).sum() / 4 * TO_KILOGRAM
    correction = (x**2 * np.exp(x) / np.expm1(x) ** 2 - 1.0).sum() / 4 * TO_KILOGRAM
    assert result["vibrational_entropy_quantum"] == pytest.approx(entropy, rel=3e-3)
    assert result["heat_capacity_quantum_correction"] == pytest.approx(correction, rel=3e-3)


def test_ions_that_fly_freely_are_all_at_zero():
    velocities = np.random.default_rng(2).normal(size=(104, 3))
    result = watch(lambda time: velocities)
    for group in GROUPS:
        g = result[f"vdos_{group}"]
        assert g[3:].max() < 1e-4 * g[0]
    assert result["heat_capacity_quantum_correction"] == pytest.approx(0.0, abs=0.05 * TO_KILOGRAM)


def test_white_noise_is_flat_and_shares_its_energy_equally():
    """Independent Maxwell–Boltzmann velocities whose centre of mass rests."""
    rng = np.random.default_rng(3)

    def motion(time):
        velocities = np.sqrt(THERMAL / MASSES)[:, None] * rng.normal(size=(104, 3))
        return velocities - MASSES @ velocities / MASSES.sum()

    result = watch(motion)
    nyquist = 0.5 / (0.004 * LIGHT_SPEED)
    for group, n_dof in zip(GROUPS, (6, 3, 3, 66, 36, 36), strict=True):
        g, error = result[f"vdos_{group}"], result[f"vdos_{group}_stderr"]
        assert g.mean() == pytest.approx(n_dof / nyquist, rel=0.02)
        # 3 windows × 4 anions (or 8 ions) × their coordinates, each scattered by its size.
        expected = n_dof / nyquist / np.sqrt(3 * 4 * n_dof)
        assert g[1:].std() == pytest.approx(expected, rel=0.2)
        assert np.sqrt((error[1:] ** 2).mean()) == pytest.approx(expected, rel=0.2)
    for mode in MODES:
        assert result[f"kinetic_temperature_{mode}"] == pytest.approx(TEMPERATURE, rel=0.03)
    total = sum(result[f"vibrational_entropy_quantum_{mode}"] for mode in MODES)
    assert result["vibrational_entropy_quantum"] == pytest.approx(total, rel=1e-12)


def test_density_at_zero_tells_the_diffusion():
    """Langevin's D = k_B T/(m γ), and g(0) = 12 c n m D/(k_B T)."""
    friction, interval = 20.0, 0.004
    rng = np.random.default_rng(4)
    decay = np.exp(-friction * interval)
    spread = np.sqrt(THERMAL / MASSES[LITHIUM, None])
    velocities = np.zeros((104, 3))
    velocities[LITHIUM] = spread * rng.normal(size=(len(LITHIUM), 3))

    def motion(time):
        noise = spread * rng.normal(size=(len(LITHIUM), 3))
        velocities[LITHIUM] = decay * velocities[LITHIUM] + np.sqrt(1.0 - decay**2) * noise
        return velocities.copy()

    result = watch(motion)
    # Discrete samples: ½ Δt coth(γ Δt/2) in place of 1/γ; g is flat up to γ/2π = 106/cm.
    integral = 0.5 * interval / np.tanh(0.5 * friction * interval)
    expected = 12.0 * 2.0 * integral * LIGHT_SPEED
    assert result["vdos_li"][:4].mean() == pytest.approx(expected, rel=0.25)


def rigid_anions(time):
    """Anions that move up and down at 60/cm, turn to and fro at 120/cm and breathe at 700/cm."""
    omega = 2.0 * np.pi * LIGHT_SPEED * np.array([60.0, 120.0, 700.0])
    sine, cosine = np.sin(omega * time), np.cos(omega * time)
    positions, velocities = STRUCTURE.positions.copy(), np.zeros((104, 3))
    for number, atoms in enumerate(ANIONS):
        axis = np.roll([1.0, 2.0, -0.5], number) / np.sqrt(5.25)
        centre = MASSES[atoms] @ positions[atoms] / MASSES[atoms].sum()
        arms = positions[atoms] - centre
        size = 1.0 + 0.02 * sine[2]
        turned = Rotation.from_rotvec(0.15 * sine[1] * axis).apply(arms)
        speed = 0.15 * omega[1] * cosine[1] * axis
        positions[atoms] = centre + size * turned + [0.1 * sine[0], 0.0, 0.0]
        velocities[atoms] = size * np.cross(speed, turned) + 0.02 * omega[2] * cosine[2] * turned
        velocities[atoms, 0] += 0.1 * omega[0] * cosine[0]
    return positions, velocities


def test_translation_libration_and_breathing_are_told_apart():
    spectra = Spectra(plan(WINDOW.length))
    for step in range(WINDOW.every, WINDOW.length + 1, WINDOW.every):
        positions, velocities = rigid_anions(0.002 * step)
        look(spectra, step, velocities, positions)
    result = spectra.result()
    own = {"translation": 60.0, "libration": 120.0, "internal": 700.0}
    for mode in own:
        g = result[f"vdos_{mode}"]
        assert STORED[g.argmax()] == pytest.approx(own[mode], abs=STORED[1])
        # Breathing in directions that turn has sidebands, but no line where others have theirs.
        for other in own.keys() - {mode}:
            assert g[np.abs(STORED - own[other]) < 3.0 * STORED[1]].sum() < 1e-5 * g.sum(), other
    assert result["spectra_windows"] == 1.0
    assert np.isnan(result["vdos_li_stderr"]).all()
    assert np.isnan(result["heat_capacity_quantum_correction_stderr"])


def test_the_modes_energies_are_those_of_rigid_body_mechanics_and_add_up():
    rng = np.random.default_rng(5)
    positions = STRUCTURE.positions + 0.3 * rng.normal(size=(104, 3)) + [500.0, -80.0, 3.0]
    velocities = rng.normal(size=(104, 3))
    anions = np.array(ANIONS)
    row = np.empty(3 * 8 + 4 * (6 * 24 + 6), np.float32)
    weighted_velocities(positions, velocities, MASSES, LITHIUM, anions, row)
    plain = np.empty_like(row)
    weighted_velocities.py_func(positions, velocities, MASSES, LITHIUM, anions, plain)
    np.testing.assert_allclose(row, plain, rtol=1e-5, atol=1e-5)

    translation, libration = row[24:36].reshape(4, 3), row[36:48].reshape(4, 3)
    internal, whole = (part.reshape(24, 4, 3) for part in np.split(row[48:], 2))
    np.testing.assert_allclose(
        row[:24].reshape(8, 3), np.sqrt(6.94) * velocities[LITHIUM], rtol=1e-6
    )
    for number, atoms in enumerate(anions):
        m, r, v = MASSES[atoms], positions[atoms], velocities[atoms]
        arms, momentum = r - m @ r / m.sum(), m @ v
        inertia = (m * (arms**2).sum(axis=1)).sum() * np.eye(3) - (m * arms.T) @ arms
        spin = m @ np.cross(arms, v - momentum / m.sum())
        omega = np.linalg.solve(inertia, spin)
        energies = [momentum @ momentum / m.sum(), spin @ omega]
        left = v - momentum / m.sum() - np.cross(omega, arms)
        np.testing.assert_allclose(
            internal[:, number], np.sqrt(m)[:, None] * left, rtol=1e-5, atol=1e-5
        )
        assert (translation[number] ** 2).sum() == pytest.approx(energies[0], rel=1e-5)
        assert (libration[number] ** 2).sum() == pytest.approx(energies[1], rel=1e-5)
        parts = sum((x[..., number, :] ** 2).sum() for x in (translation, libration, internal))
        assert parts == pytest.approx(m @ (v**2).sum(axis=1), rel=1e-5)
        assert (whole[:, number] ** 2).sum() == pytest.approx(parts, rel=1e-5)


def drive(spectra, first, last, motion):
    """Sample as a run does: whenever the number of steps is a multiple of `every`."""
    looks = 0
    for step in range(first, last + 1):
        if step % spectra.every == 0:
            look(spectra, step, motion(0.002 * step))
            looks += 1
    return looks


def test_windows_are_spread_and_between_them_nothing_is_looked_at():
    n_steps = 33 * WINDOW.length + 77
    assert n_windows(WINDOW, n_steps) == 8
    whole = Spectra(plan(n_steps))
    motion = lines([300.0])
    assert drive(whole, 1, n_steps, motion) == 8 * WINDOW.n_samples + 7
    result = whole.result()
    assert result["spectra_windows"] == 8.0
    assert np.trapezoid(result["vdos_li"], STORED) == pytest.approx(6.0, rel=1e-4)
    for stop in (1, 1500, WINDOW.length, 4 * WINDOW.length, n_steps - 5 * WINDOW.length):
        first, second = Spectra(plan(n_steps)), Spectra(plan(n_steps))
        drive(first, 1, stop, motion)
        second.restore(first.state())
        drive(second, stop + 1, n_steps, motion)
        for name, array in result.items():
            np.testing.assert_array_equal(second.result()[name], array, err_msg=name)


def test_a_hold_shorter_than_a_window_has_no_spectrum_and_a_ramp_none_at_all():
    short = Spectra(plan(WINDOW.length - 1))
    assert drive(short, 1, WINDOW.length - 1, lines([300.0])) == 0
    result = short.result()
    assert result.pop("spectra_windows") == 0.0
    for name, array in result.items():
        assert np.isnan(array).all(), name
    ramp = Spectra(plan(group="ramp"))
    assert drive(ramp, 1, 2 * WINDOW.length, lines([300.0])) == 0
    assert ramp.result() == {}


@pytest.mark.parametrize("outer_step", [0.00025, 0.0005, 0.001, 0.0015, 0.002, 0.0025, 0.003])
def test_windows_resolve_all_vibrations_whatever_the_time_step(outer_step):
    window = spectral_window(outer_step)
    assert window.n_samples % 2 == 0
    assert window.wavenumbers[-1] > 3300.0
    assert window.wavenumbers[1] == pytest.approx(8.14, rel=0.01)
    assert 2990.0 < window.stored_wavenumbers[-1] <= 3000.0


def test_ions_take_turns():
    structure = build_alpha((2, 2, 2))
    masses = np.array([{"Li": 6.94, "B": 10.81, "H": 1.008}[s] for s in structure.symbols])
    big = plan(4 * WINDOW.length)
    changes = {"structure": structure, "masses": masses, "n_formula": 32, "mass": masses.sum()}
    spectra = Spectra(replace(big, **changes))
    moving = np.zeros((832, 3))
    third = np.flatnonzero(structure.molecule > 16)[: 8 * 24]
    moving[third] = 1.0
    for step in range(WINDOW.every, 4 * WINDOW.length + 1, WINDOW.every):
        look(spectra, step, moving, structure.positions)
    power = spectra.state()["power"][:, GROUPS.index("translation"), 0]
    np.testing.assert_array_equal(power > 0.0, [False, False, True, False])
