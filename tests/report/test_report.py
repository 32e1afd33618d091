from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
import xarray as xr
from made_up_material import Experiment, make_hold_from_both, make_results
from report.page_reader import read_page

from lbhsweep.analysis import analyze_results
from lbhsweep.analysis.summary import summarize
from lbhsweep.plots import FIGURES, FigureReport
from lbhsweep.report import write_report
from lbhsweep.report.numbers import describe_numbers, number_cell, with_error
from lbhsweep.report.rendering import make_environment
from lbhsweep.store.folder import SweepFolder

EVIL = "<script>alert('x')</script>"
YAML = f"""
name: "{EVIL}"
description: "a < b & c"
system: {{supercell: 2}}
axes: {{pressure: 0 GPa}}
protocol:
  ramp: {{temperature: 300 K .. 760 K, bin: 12.5 K}}
"""
FORCE_FIELDS = '{"made-up": {"source": "</pre><b>bold</b>"}}'


def with_attributes(tree, **attributes):
    tree.attrs |= {
        "sweep_yaml": YAML,
        "package_version": "9.8.7",
        "physics_version": 77,
        "force_fields": FORCE_FIELDS,
        **attributes,
    }
    return tree


def add_bookkeeping(tree):
    """Mark one run as failed, another as pending behind it, and a third as running."""
    ramp = tree["ramp"].to_dataset()
    shape, dims = ramp["status"].shape, ramp["status"].dims
    ids = np.array([f"{i:012x}ffff" for i in range(ramp["status"].size)], dtype=object)
    error = np.full(shape, "", dtype=object)
    status = ramp["status"].values.copy()
    status[0, 0, 2, 0, 1] = [0, 1, 3]
    error[0, 0, 2, 0, 1] = ["behind <a> failed run", "", "blow-up: atoms 3 & 4"]
    ramp = ramp.assign(
        run_id=(dims, ids.reshape(shape)), error=(dims, error), status=(dims, status)
    )
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=tree.attrs), "/ramp": ramp})


def write(tree, folder, figures=(), **options):
    sweep = SweepFolder(folder)
    analysis = analyze_results(tree)
    path = write_report(sweep, tree, analysis, figures, **options)
    return read_page(path.read_text("utf-8")), analysis


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    tree = add_bookkeeping(make_results(Experiment(rates=(20.0,))))
    figures = [
        FigureReport(
            "hysteresis", "made-up", (folder / "figures/a b.png", folder / "figures/a b.pdf")
        ),
        FigureReport("phase_diagram", "made-up", (folder / "figures/phase_diagram.png",)),
        FigureReport("hold", "made-up", (), "the results have no <holds>"),
        FigureReport("hold", "made-up, 2 vacancies", (), "the results have no <holds>"),
    ]
    page, analysis = write(with_attributes(tree), folder, figures)
    return page, analysis, folder


def test_it_is_one_whole_page(written):
    page, _, _ = written
    assert page.balanced
    assert page.tags[:2] == ["html", "head"]
    ids = [attrs["id"] for _, attrs in page.attrs if "id" in attrs]
    assert len(ids) == len(set(ids))
    for link in page.attributes("a"):
        if link["href"].startswith("#"):
            assert link["href"][1:] in ids


def test_it_needs_nothing_from_outside_and_no_script(written):
    page, _, folder = written
    text = (folder / "figures" / "report.html").read_text("utf-8")
    assert "script" not in page.tags
    assert "<link" not in text
    for _, attrs in page.attrs:
        assert not any(name.startswith("on") for name in attrs)
        for name in ("src", "href"):
            assert "//" not in attrs.get(name, "")
    assert "@import" not in text
    assert "url(" not in text


def test_what_users_wrote_is_escaped(written):
    page, _, _ = written
    assert page.of("h1") == EVIL
    assert page.of("title").startswith(EVIL)
    assert "a < b & c" in page.text
    assert "</pre><b>bold</b>" in page.text
    assert "b" not in page.tags
    assert "behind <a> failed run" in page.text


def test_hostile_names_of_materials_runs_and_files_stay_text(tmp_path):
    tree = add_bookkeeping(make_results(Experiment(rates=(20.0,), pressures=(0.0, 0.2, 0.4))))
    ramp = tree["ramp"].to_dataset()
    names = np.array([EVIL, "other"], dtype=object)
    ramp = xr.concat([ramp.isel(potential=0)] * 2, xr.DataArray(names, dims="potential"))
    ramp = ramp.assign_coords(potential=("potential", names))
    ramp["error"] = ramp["error"].where(ramp["error"] == "", EVIL)
    results = xr.DataTree.from_dict({"/": xr.Dataset(attrs=tree.attrs), "/ramp": ramp})
    attributes = {
        "package_version": EVIL,
        "physics_version": EVIL,
        "force_fields": f'{{"{EVIL}": 1}}',
    }
    figures = [
        FigureReport("hysteresis", EVIL, (tmp_path / "a'\"><b>.png", tmp_path / "a'\"><b>.pdf")),
        FigureReport("hold", EVIL, (), EVIL),
    ]
    page, _ = write(
        with_attributes(results, **attributes), tmp_path / EVIL, figures, only=[EVIL, "hold"]
    )
    assert page.balanced
    assert not {"script", "b"} & set(page.tags)
    for tag in ("h1", "h3", "th", "td", "dd", "summary", "strong", "code", "p"):
        assert EVIL in page.of(tag), tag
    assert any(EVIL in image["alt"] for image in page.attributes("img"))


def test_its_numbers_are_those_of_the_summary(written):
    page, analysis, _ = written
    shown = [float(attrs["value"]) for attrs in page.attributes("data")]
    (material,) = summarize(analysis)["materials"]
    assert len(material["pressures"]) == 3
    expected = []
    for entry in material["pressures"]:
        for value in entry.values():
            if value is not None:
                expected.append(value["value"] if isinstance(value, dict) else value)
    singles = [one["value"] for one in material.values() if isinstance(one, dict)]
    assert len(singles) >= 3
    expected += singles
    assert sorted(shown) == sorted(expected)
    first = material["pressures"][0]["transition_temperature"]
    assert with_error(first["value"], first["stderr"]) in page.text
    assert "transition temperature (K)" in page.text


def test_caveats_and_what_is_missing_are_said(written):
    page, analysis, _ = written
    (material,) = summarize(analysis)["materials"]
    assert material["missing"]
    for note in (*material["missing"], *material["flagged"]):
        assert note in page.text


def test_runs_are_counted_and_listed_with_the_commands_that_supply_them(written):
    page, _, folder = written
    assert "15 runs done, 1 failed, 2 missing." in page.text
    rows = [data for tag, data in page.pieces if tag == "th"]
    assert "0.4 GPa, cooling, replica 2" in rows
    assert "blow-up: atoms 3 & 4" in page.text
    commands = [data for tag, data in page.pieces if tag == "code"]
    assert f"lbhsweep run SWEEP.yaml --output {folder} --retry-failed" in commands
    assert f"lbhsweep run SWEEP.yaml --output {folder}" in commands


def test_figures_stand_beside_it_with_captions_and_alternatives(written):
    page, _, folder = written
    images = page.attributes("img")
    assert [unquote(image["src"]) for image in images] == ["a b.png", "phase_diagram.png"]
    assert all(len(image["alt"]) > 40 and "made-up" in image["alt"] for image in images)
    assert "a%20b.pdf" in {link["href"] for link in page.attributes("a")}
    assert FIGURES["hysteresis"].caption in page.text
    formula = analyze_formula(folder)
    assert formula in page.text


def analyze_formula(folder):
    tree = make_results(Experiment(rates=(20.0,), replicas=1))
    return analyze_results(tree)["transition"]["transition_temperature"].attrs["formula"]


def test_figures_not_drawn_are_listed_with_all_their_materials(written):
    page, _, _ = written
    cells = [data for tag, data in page.pieces if tag == "td"]
    at = cells.index("made-up; made-up, 2 vacancies")
    assert cells[at + 1] == "the results have no <holds>"


def test_versions_and_digest_are_given(written):
    page, analysis, _ = written
    assert "lbhsweep 9.8.7" in page.text
    assert "77" in [data for tag, data in page.pieces if tag == "dd"]
    assert analysis.attrs["results_digest"] in page.text
    assert "300 K .. 760 K" in page.text


def test_a_rehearsal_says_so_first_and_its_commands_rehearse(tmp_path):
    tree = add_bookkeeping(make_results(Experiment(rates=(20.0,)), rehearsal=True))
    folder = tmp_path / "rehearsal"
    page, _ = write(with_attributes(tree, rehearsal=1), folder)
    first = next(data for tag, data in page.pieces if tag == "p")
    assert first.startswith("REHEARSAL")
    assert page.of("title").endswith("REHEARSAL")
    commands = [data for tag, data in page.pieces if tag == "code"]
    assert f"lbhsweep run SWEEP.yaml --output {tmp_path} --rehearse" in commands


def test_real_results_are_not_called_a_rehearsal(written):
    assert "REHEARSAL" not in written[0].text


def test_before_the_first_run(tmp_path):
    page, _ = write(xr.DataTree(), tmp_path)
    assert page.balanced
    assert "A sweep without a name" in page.text
    assert "No run has finished yet" in page.text


def test_pending_runs_leave_no_number(tmp_path):
    tree = make_results(Experiment(rates=(20.0,), replicas=1, pressures=(0.0, 0.2)))
    ramp = tree["ramp"].to_dataset()
    ramp["status"][:] = 0
    page, _ = write(xr.DataTree.from_dict({"/ramp": ramp}), tmp_path)
    assert page.attributes("data") == []
    assert "None of the numbers is known yet" in page.text
    assert "0 runs done, 0 failed, 4 missing." in page.text


def test_the_same_results_give_the_same_page(tmp_path):
    tree = with_attributes(make_results(Experiment(rates=(20.0,), replicas=1, pressures=(0.0,))))
    analysis = analyze_results(tree)
    sweep = SweepFolder(tmp_path)
    texts = {write_report(sweep, tree, analysis, []).read_text("utf-8") for _ in range(2)}
    assert len(texts) == 1
    assert [path.name for path in Path(tmp_path / "figures").iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("value", "stderr", "text"),
    [
        (480.31, 1.24, "480.3 ± 1.2"),
        (480.31, 0.099, "480.310 ± 0.099"),
        (4165.4, 123.0, "4165 ± 123"),
        (-0.5, 0.9, "-0.50 ± 0.90"),
        (480.31, None, "480.3 (error unknown)"),
        (9.3e-7, 2.7e-7, "(9.3 ± 2.7) × 10⁻⁷"),
        (-2.0e-12, 1.0e-5, "(-0.0 ± 1.0) × 10⁻⁵"),
    ],
)
def test_numbers_are_written_to_the_second_digit_of_their_error(value, stderr, text):
    assert with_error(value, stderr) == text


def test_lists_of_numbers_are_tables_of_their_places_and_remarks():
    energy = {"value": 0.37, "stderr": 0.05, "units": "eV"}
    place = {"phase": "alpha_cap", "pressure_GPa": 0.1, "reason": "few <points>", "note": ""}
    material = {"label": "made-up", "energies": [place | energy], "missing": [], "flagged": []}
    numbers = describe_numbers({"materials": [material]}, xr.DataTree(), {})
    template = make_environment("lbhsweep.report").get_template("numbers.html")
    page = read_page(template.render(numbers=numbers))
    assert page.balanced
    headings = [data for tag, data in page.pieces if tag == "th"]
    assert headings == ["phase", "pressure (GPa)", "remark", "value", "unit", "alpha cap"]
    assert [attrs["value"] for attrs in page.attributes("data")] == ["0.1", "0.37"]
    assert "few <points>" in page.text
    assert "0.370 ± 0.050" in page.text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ({"value": 450.0, "stderr": None, "bound": "upper bound"}, "≤ 450"),
        ({"value": 550.0, "stderr": 29.0, "bound": "lower bound"}, "≥ 550 ± 29"),
        (
            {"value": 437.5, "stderr": 7.2, "bound": "interval", "lower": 425.0, "upper": 450.0},
            "425 to 450",
        ),
        ({"value": 450.0, "stderr": None, "bound": "value"}, "450 (error unknown)"),
    ],
)
def test_a_bound_never_looks_like_a_value(number, text):
    assert number_cell(number).text == text


def test_bounds_their_signs_and_the_meaning_of_errors_stand_on_the_page(tmp_path):
    hold = make_hold_from_both(Experiment(pressures=(0.0,))).sel(start=["alpha"])
    page, analysis = write(xr.DataTree.from_dict({"/hold": hold}), tmp_path)
    assert "± and numbers in brackets are one standard error (1 σ, 68 %)." in page.text
    assert (
        "Error bars, bands, ± and numbers in brackets are one standard error (1 σ, 68 %)"
        in page.text
    )
    (entry,) = summarize(analysis)["materials"][0]["pressures"]
    temperature = entry["transition_temperature"]
    assert f"≤ {with_error(temperature['value'], temperature['stderr'])}" in page.of("data")
    assert "≤: an upper bound of T_t; ΔV, ΔH and ΔS are those at this T_t." in page.text
    assert " at the upper bound of T_t" in page.text


def test_what_is_published_stands_with_its_sources(tmp_path):
    tree = make_results(Experiment(rates=(20.0,), replicas=1, pressures=(0.0,)))
    names = ("published", "phase_diagram", "hold")
    drawn = [FigureReport(name, "made-up", (tmp_path / f"{name}.png",)) for name in names]
    page, _ = write(tree, tmp_path, drawn)
    assert "published T_t at ambient pressure" in page.of("caption")
    assert "628 K, measured (Paskevicius et al. 2013)" in page.text
    assert page.text.count("doi:10.1039/C3CP53090F") == 2
    assert "Published values, where drawn, are from: B. Li et al., arXiv:1808.07834" in page.text
    assert page.text.count("Published values, where drawn") == 2
    assert "below what is published: 628 K" in page.text
