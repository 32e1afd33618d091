"""Set what the validation sweeps gave beside the published values: tables, figure, README.

Run ``lbhsweep run sweeps/validation/holds.yaml --output HOLDS``, the same with ``ramps.yaml``
into RAMPS and ``diffusion.yaml`` into DIFFUSION, ``lbhsweep analyze`` for all three, then
``python docs/validation/build.py HOLDS RAMPS DIFFUSION``.
Everything between the marks in README.md beside this file is written again, and all pictures.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import xarray as xr
from matplotlib.figure import Figure
from PIL import Image
from targets import TARGETS, TRANSPORT, Analyses, read_number, transport_of

from lbhsweep.analysis.published import DIFFUSION, TRANSITIONS
from lbhsweep.plots.figures import FIGURES
from lbhsweep.plots.shared.material import each_material
from lbhsweep.plots.shared.style import Nothing
from lbhsweep.store.open import open_results

HERE = Path(__file__).parent
MARKS = ("<!-- tables -->", "<!-- end of tables -->")
OF_HOLDS = ("phase_properties", "arrhenius", "density")
OF_RAMPS = ("hysteresis", "rate", "barocaloric")
WIDTH, COLOURS = 1100, 256
"""Of the pictures, in pixels, and how many colours they have."""


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
        found = transport_of(analyses, potential)
        if found is None:
            continue
        for phase in found["phase"].values:
            for t in found["temperature"].values:
                at = found.sel(phase=phase, temperature=t, pressure=0.0)
                if not float(at["n_replicas"].fillna(0)):
                    continue
                numbers = [read_number(at, name) for name in TRANSPORT]
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
                    read_number(loop.sel(direction=d), "half_height_temperature")
                    for d in ("heating", "cooling")
                ]
                numbers += [read_number(loop, "hysteresis_width")]
                heating = loop.sel(direction="heating")
                numbers += [
                    read_number(heating, "volume_step"),
                    read_number(heating, "enthalpy_step"),
                ]
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
        moving = transport_of(analyses, potential)
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
