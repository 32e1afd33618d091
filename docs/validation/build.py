"""Set what the validation sweeps gave beside the published values: tables, figure, README.

Run ``lbhsweep run sweeps/validation/holds.yaml --output HOLDS``, the same with ``ramps.yaml``
into RAMPS and ``diffusion.yaml`` into DIFFUSION, ``lbhsweep analyze`` for all three, then
``python docs/validation/build.py HOLDS RAMPS DIFFUSION``.
Everything between the marks in README.md beside this file is written again, and all pictures.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from PIL import Image

from lbhsweep.analysis.published import DIFFUSION, TRANSITIONS
from lbhsweep.analysis.transition.bounds import SIGNS, Bound, read_bound
from lbhsweep.plots.figures import FIGURES
from lbhsweep.plots.shared.material import each_material
from lbhsweep.plots.shared.style import Nothing
from lbhsweep.store.open import open_results

HERE = Path(__file__).parent
MARKS = ("<!-- tables -->", "<!-- end of tables -->")
B = "barocaloric study"
TRANSPORT = (
    "diffusion_coefficient",
    "conductivity",
    "conductivity_tracer",
    "haven_ratio",
    "reorientation_rate",
)
OF_HOLDS = ("phase_properties", "arrhenius", "density")
OF_RAMPS = ("hysteresis", "rate", "barocaloric")
WIDTH, COLOURS = 1100, 256
"""Of the pictures, in pixels, and how many colours they have."""
COUNTS = ("li_hop_count", "n_replicas")


@dataclass(frozen=True, slots=True)
class Number:
    """A measured value, or why there is none."""

    value: float = math.nan
    stderr: float = math.nan
    note: str = ""
    bound: Bound = Bound.VALUE

    def text(self, digits: str = ".3g") -> str:
        """Write value and error."""
        if not math.isfinite(self.value):
            return f"– ({self.note})" if self.note else "–"
        if self.bound.is_one_sided:
            return f"{SIGNS[self.bound]} {self.value:{digits}}"
        digits_of_error = f"{self.stderr:.2g}" if self.stderr < 100.0 else f"{self.stderr:.0f}"
        error = f" ± {digits_of_error}" if math.isfinite(self.stderr) else ""
        return f"{self.value:{digits}}{error}"


@dataclass(frozen=True, slots=True)
class Target:
    """A published or agreed value with the range in which a result passes."""

    name: str
    published: str
    low: float
    high: float
    measure: Callable[[Analyses, str], Number]
    digits: str = ".3g"

    def verdict(self, number: Number) -> str:
        """Say where the result lies; less than two standard errors outside is undecided."""
        if not math.isfinite(number.value):
            return "no value"
        if not math.isfinite(self.low):
            return "reported"
        if number.bound == Bound.UPPER:
            return "a bound" if number.value >= self.low else "outside"
        if number.bound == Bound.LOWER:
            return "a bound" if number.value <= self.high else "outside"
        if self.low <= number.value <= self.high:
            return "within"
        distance = max(self.low - number.value, number.value - self.high)
        if math.isfinite(number.stderr) and distance < 2.0 * number.stderr:
            return f"outside by {distance / number.stderr:.1f} σ: undecided"
        return "outside"


@dataclass(frozen=True, slots=True)
class Analyses:
    """The analyses of the sweeps; any may be absent."""

    holds: xr.DataTree | None
    ramps: xr.DataTree | None
    diffusion: xr.DataTree | None

    def of(self, which: str, group: str, potential: str) -> xr.Dataset | None:
        """Return one group of one potential without vacancies, or None."""
        tree: xr.DataTree | None = getattr(self, which)
        if tree is None or f"/{group}" not in tree.groups:
            return None
        dataset = tree[group].to_dataset()
        if potential not in dataset["potential"].values:
            return None
        chosen = dataset.sel(potential=potential)
        return chosen.isel(n_vacancies=0) if "n_vacancies" in chosen.dims else chosen


def main() -> None:
    """Write tables, the figure and the README's tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("holds", type=Path)
    parser.add_argument("ramps", type=Path)
    parser.add_argument("diffusion", type=Path)
    given = parser.parse_args()
    analyses = Analyses(_open(given.holds), _open(given.ramps), _open(given.diffusion))
    potentials = _potentials(analyses)
    parts = [
        _targets(analyses, potentials),
        _phases(analyses, potentials),
        _transport(analyses, potentials),
        _loops(analyses, potentials),
        _run_counts(analyses),
    ]
    _figure(analyses, potentials).savefig(HERE / "side_by_side.png", dpi=120)
    for names, folder in ((OF_HOLDS, given.holds), (OF_RAMPS, given.ramps)):
        _draw(folder, names)
    page = HERE / "README.md"
    before, _, rest = page.read_text().partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    body = "\n\n".join(part for part in parts if part)
    page.write_text(f"{before}{MARKS[0]}\n\n{body}\n\n{MARKS[1]}{after}")


def _open(folder: Path) -> xr.DataTree | None:
    path = folder / "analysis.zarr"
    return xr.open_datatree(path, engine="zarr").load() if path.is_dir() else None


def _draw(folder: Path, names: Sequence[str]) -> None:
    """Draw figures of each potential by itself, in few colours: they stay with the sources."""
    results = open_results(folder / "results.zarr")
    analysis = xr.open_datatree(folder / "analysis.zarr", engine="zarr")
    for label, tree, products in each_material(results, analysis):
        for name in names:
            figure = FIGURES[name].make(tree, products)
            if isinstance(figure, Nothing):
                raise SystemExit(f"{name} of {label} is not drawn: {figure.reason}")
            path = HERE / f"{name}-{label}.png"
            figure.savefig(path, dpi=WIDTH / figure.get_size_inches()[0])
            Image.open(path).convert("RGB").quantize(COLOURS).save(path, optimize=True)


def _potentials(analyses: Analyses) -> list[str]:
    for tree in (analyses.holds, analyses.ramps):
        if tree is not None:
            return [str(name) for name in tree["transition"]["potential"].values]
    raise SystemExit("neither folder has an analysis.zarr: run lbhsweep analyze first")


def _number(dataset: xr.Dataset | None, name: str, note: str = "") -> Number:
    if dataset is None or name not in dataset:
        return Number(note="not measured")
    value, stderr = float(dataset[name]), float(dataset[f"{name}_stderr"])
    if f"{name}_systematic" in dataset:
        stderr = math.hypot(stderr, float(dataset[f"{name}_systematic"]))
    return Number(value, stderr, note)


def _transition(which: str, route: str) -> Callable[[Analyses, str], Number]:
    def measure(analyses: Analyses, potential: str) -> Number:
        found = analyses.of(which, "transition", potential)
        if found is None:
            return Number(note="not run")
        at = found.sel(route=route, pressure=0.0)
        number = _number(at, "transition_temperature", str(at["reason"].item()))
        return replace(number, bound=read_bound(at, "transition_temperature"))

    return measure


def _at_transition(which: str, name: str, scale: float = 1.0) -> Callable[..., Number]:
    def measure(analyses: Analyses, potential: str) -> Number:
        found = analyses.of(which, "transition", potential)
        if found is None:
            return Number(note="not run")
        one = _number(found.sel(pressure=0.0), name, "no transition with both phases' lines")
        return Number(scale * one.value, scale * one.stderr, one.note)

    return measure


def _slope(analyses: Analyses, potential: str) -> Number:
    found = analyses.of("ramps", "transition", potential)
    if found is None or not str(found["used_route"].item()):
        return Number(note="no transition at two pressures")
    at = found.sel(route=str(found["used_route"].item()))
    return _number(at, "boundary_slope", str(at["slope_reason"].item()))


def _diffusion(temperature: float) -> Callable[[Analyses, str], Number]:
    def measure(analyses: Analyses, potential: str) -> Number:
        found = _moving(analyses, potential)
        if found is None or "beta" not in found["phase"].values:
            return Number(note="no hold in β")
        at = found.sel(phase="beta", pressure=0.0)
        if temperature not in at["temperature"].values:
            return Number(note="not held")
        return _number(at.sel(temperature=temperature), "diffusion_coefficient")

    return measure


def _moving(analyses: Analyses, potential: str) -> xr.Dataset | None:
    """Return the transport in holds; where longer ones were run for it, theirs."""
    sweeps = (analyses.of(which, "transport", potential) for which in ("holds", "diffusion"))
    short, longer = (
        None
        if one is None
        else one[[*TRANSPORT, *(f"{name}_stderr" for name in TRANSPORT), *COUNTS]]
        for one in sweeps
    )
    if short is None or longer is None:
        return longer if short is None else short
    rest = short.drop_sel(temperature=longer["temperature"].values)
    return xr.concat([rest, longer], "temperature", join="outer").sortby("temperature")


def _activation(analyses: Analyses, potential: str) -> Number:
    found = analyses.of("holds", "arrhenius/diffusion", potential)
    if found is None or "beta" not in found["phase"].values:
        return Number(note="no hold in β")
    return _number(found.sel(phase="beta", pressure=0.0), "activation_energy")


def _capacity(phase: str) -> Callable[[Analyses, str], Number]:
    def measure(analyses: Analyses, potential: str) -> Number:
        """Fit H(T) of one phase's holds by a straight line."""
        found = analyses.of("holds", "holds", potential)
        if found is None:
            return Number(note="not run")
        at = found.sel(phase=phase, pressure=0.0).dropna("temperature", subset=["enthalpy"])
        if at.sizes["temperature"] < 3:
            return Number(note=f"{at.sizes['temperature']} temperature(s) in this phase")
        factor = 1e6 / 155.696
        t, h, s = (at[n].values for n in ("temperature", "enthalpy", "enthalpy_stderr"))
        s = np.where(np.isfinite(s), s, np.nanmax(s))
        (slope, _), covariance = np.polyfit(t, h, 1, w=1 / s, cov="unscaled")
        return Number(factor * float(slope), factor * float(np.sqrt(covariance[0, 0])))

    return measure


def _lattice(analyses: Analyses, potential: str) -> Number:
    found = analyses.of("ramps", "hysteresis", potential)
    if found is None:
        return Number(note="not run")
    at = found.sel(pressure=0.0, direction="heating").isel(heating_rate=0)
    return _number(at.sel(temperature=300.0, method="nearest"), "lattice_a")


NAN = math.nan
TARGETS = (
    Target("T_t at 0 GPa, bracket of holds (K)", "450 K is α, 500 K is β (± 25 K)", 425, 525,
           _transition("holds", "hold"), ".4g"),
    Target("T_t at 0 GPa, heating at the slowest rate (K)", "450 to 500 (± 25 K)", 425, 525,
           _transition("ramps", "ramp_heating"), ".4g"),
    Target("D at 500 K (cm²/s)", "4.88e-6", 2.44e-6, 9.76e-6, _diffusion(500.0)),
    Target("D at 600 K (cm²/s)", "2.33e-5", 1.55e-5, 3.50e-5, _diffusion(600.0)),
    Target("D at 700 K (cm²/s)", "4.89e-5", 3.26e-5, 7.34e-5, _diffusion(700.0)),
    Target("E_a of D in β (eV)", "0.35 (refit of the three D)", 0.28, 0.42, _activation),
    Target("C_P of α, slope of H (J/K/kg)", "4100", 3895, 4305, _capacity("alpha"), ".4g"),
    Target("C_P of β, slope of H (J/K/kg)", "4100", 3895, 4305, _capacity("beta"), ".4g"),
    Target("ΔV/V at T_t, holds (%)", "7 to 8 (this force field)", 5.5, 9.5,
           _at_transition("holds", "relative_volume_step", 100.0)),
    Target("ΔV/V at T_t, ramps (%)", "7 to 8 (this force field)", 5.5, 9.5,
           _at_transition("ramps", "relative_volume_step", 100.0)),
    Target("ΔH/T_t, holds (J/K/kg)", "367 claimed for 0.1 GPa", NAN, NAN,
           _at_transition("holds", "entropy_step_enthalpy")),
    Target("ΔH/T_t, ramps (J/K/kg)", "367 claimed for 0.1 GPa", NAN, NAN,
           _at_transition("ramps", "entropy_step_enthalpy")),
    Target("dT/dP, ramps (K/GPa)", "> 430 if 367 and 43 K are to fit", NAN, NAN, _slope),
    Target("dT/dP by T_t ΔV/ΔH, holds (K/GPa)", "–", NAN, NAN,
           _at_transition("holds", "clapeyron_slope")),
    Target("a near 300 K (Å)", "9.82 (this force field)", 9.79, 9.85, _lattice, ".4g"),
)  # fmt: skip


def _targets(analyses: Analyses, potentials: Sequence[str]) -> str:
    lines = [
        "### Targets",
        "",
        "| quantity | published | " + " | ".join(f"{p} | verdict" for p in potentials) + " |",
        "|---|---|" + "---|---|" * len(potentials),
    ]
    for target in TARGETS:
        cells = []
        for potential in potentials:
            number = target.measure(analyses, potential)
            cells += [number.text(target.digits), target.verdict(number)]
        lines.append(f"| {target.name} | {target.published} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _rows(name: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with (HERE / name).open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _phases(analyses: Analyses, potentials: Sequence[str]) -> str:
    names = ("volume", "enthalpy", "lattice_a")
    rows = []
    for potential in potentials:
        found = analyses.of("holds", "holds", potential)
        if found is None:
            continue
        for phase in found["phase"].values:
            for t in found["temperature"].values:
                at = found.sel(phase=phase, temperature=t, pressure=0.0)
                if not int(at["n_done"].fillna(0)):
                    continue
                pairs = [f"{float(at[n + e]):.6g}" for n in names for e in ("", "_stderr")]
                counts = [int(at[n]) for n in ("n_done", "n_equilibrated", "n_too_short")]
                rows.append([potential, phase, f"{t:g}", *pairs, *counts])
    header = ["potential", "phase", "temperature_K"]
    header += [n + e for n in ("volume_A3", "enthalpy_kJ_mol", "lattice_a_A") for e in ("", "_se")]
    _rows("phases.csv", [*header, "n_done", "n_settled", "n_too_short"], rows)
    return "Volumes, enthalpies, lattice parameters by phase: [phases.csv](phases.csv)."


def _transport(analyses: Analyses, potentials: Sequence[str]) -> str:
    rows, lines = [], []
    for potential in potentials:
        found = _moving(analyses, potential)
        if found is None:
            continue
        for phase in found["phase"].values:
            for t in found["temperature"].values:
                at = found.sel(phase=phase, temperature=t, pressure=0.0)
                if not float(at["n_replicas"].fillna(0)):
                    continue
                numbers = [_number(at, name) for name in TRANSPORT]
                pairs = [f"{x:.4g}" for n in numbers for x in (n.value, n.stderr)]
                hops = f"{float(at['li_hop_count']):.0f}"
                rows.append([potential, phase, f"{t:g}", *pairs, hops, int(at["n_replicas"])])
                if phase == "beta":
                    cells = [n.text() for n in numbers]
                    lines.append(f"| {potential} | {t:g} | " + " | ".join(cells) + f" | {hops} |")
    header = ["potential", "phase", "temperature_K"]
    header += [n + e for n in TRANSPORT for e in ("", "_se")]
    _rows("transport.csv", [*header, "hops", "n_replicas"], rows)
    table = [
        "### Transport in β at 0 GPa",
        "",
        (
            "| potential | T (K) | D (cm²/s) | σ (S/cm) | σ, Haven ratio 1 | Haven ratio "
            "| λ (1/ps) | hops |"
        ),
        "|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*table, *lines, "", "All phases: [transport.csv](transport.csv)."])


def _loops(analyses: Analyses, potentials: Sequence[str]) -> str:
    lines, rows = [], []
    for potential in potentials:
        found = analyses.of("ramps", "hysteresis", potential)
        if found is None:
            continue
        for p in found["pressure"].values:
            for rate in found["heating_rate"].values:
                loop = found.sel(pressure=p, heating_rate=rate)
                numbers = [
                    _number(loop.sel(direction=d), "half_height_temperature")
                    for d in ("heating", "cooling")
                ]
                numbers += [_number(loop, "hysteresis_width")]
                heating = loop.sel(direction="heating")
                numbers += [_number(heating, "volume_step"), _number(heating, "enthalpy_step")]
                n = f"{int(heating['n_transformed'])}/{int(heating['n_runs'])}"
                cells = [number.text(".4g") for number in numbers]
                lines.append(
                    f"| {potential} | {p:g} | {rate:g} | {n} | " + " | ".join(cells) + " |"
                )
                pairs = [f"{x:.5g}" for k in numbers for x in (k.value, k.stderr)]
                rows.append([potential, f"{p:g}", f"{rate:g}", n, *pairs])
    names = ("T_heating_K", "T_cooling_K", "width_K", "volume_step_A3", "enthalpy_step_kJ_mol")
    header = ["potential", "pressure_GPa", "rate_K_ps", "transformed"]
    _rows("loops.csv", [*header, *(n + e for n in names for e in ("", "_se"))], rows)
    table = [
        "### Ramps",
        "",
        (
            "| potential | P (GPa) | rate (K/ps) | transformed | heating (K) | cooling (K) "
            "| width (K) | ΔV (Å³) | ΔH (kJ/mol) |"
        ),
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*table, *lines]) if lines else ""


def _run_counts(analyses: Analyses) -> str:
    parts = []
    for one in fields(analyses):
        tree, name = getattr(analyses, one.name), one.name
        if tree is not None:
            done, failed, missing = (
                tree.attrs[f"runs_{word}"] for word in ("done", "failed", "missing")
            )
            parts.append(f"{name}: {done} runs done, {failed} failed, {missing} missing")
    return "; ".join(parts) + "."


def _figure(analyses: Analyses, potentials: Sequence[str]) -> Figure:
    figure = Figure(figsize=(9.0, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    for potential, colour in zip(potentials, ("#0072B2", "#D55E00", "#009E73"), strict=False):
        found = analyses.of("holds", "holds", potential)
        for phase, marker, fill in (("alpha", "s", "full"), ("beta", "o", "none")):
            if found is not None:
                at = found.sel(phase=phase, pressure=0.0)
                left.errorbar(
                    at["temperature"], at["volume"], yerr=at["volume_stderr"], color=colour,
                    marker=marker, fillstyle=fill, linewidth=0.8,
                    label=f"{potential}, {'α' if phase == 'alpha' else 'β'}",
                )  # fmt: skip
        moving = _moving(analyses, potential)
        if moving is not None and "beta" in moving["phase"].values:
            at = moving.sel(phase="beta", pressure=0.0)
            right.errorbar(
                1000 / at["temperature"], at["diffusion_coefficient"],
                yerr=at["diffusion_coefficient_stderr"], color=colour, marker="o",
                fillstyle="none", linestyle="none", capsize=2, label=f"{potential}, β",
            )  # fmt: skip
    right.plot(
        [1000 / t for t in DIFFUSION], list(DIFFUSION.values()), marker="*", color="k",
        linestyle="none", markersize=10, label="published (Sci. Rep. 2021)",
    )  # fmt: skip
    simulated = TRANSITIONS[0]
    left.axvspan(
        simulated.low, simulated.high, color="#E69F00", alpha=0.25, label="published transition"
    )
    left.set_xlabel("Temperature T (K)")
    left.set_ylabel("Volume per formula unit (Å³)")
    right.set_yscale("log")
    right.set_xlabel("1000 K/T")
    right.set_ylabel("D of Li (cm² s⁻¹)")
    for axes in (left, right):
        axes.legend(fontsize=7.5)
        axes.grid(color="0.9")
    return figure


if __name__ == "__main__":
    main()
