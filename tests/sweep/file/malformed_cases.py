"""Every way of getting a sweep file wrong, with the message that says so."""

# ruff: noqa: E501 - a message stands in one line, as users see and search it

import pytest

RAMP = {
    "name": "t",
    "axes": "{pressure: 0 GPa, heating_rate: 20 K/ps}",
    "protocol": "{ramp: {temperature: 300 K .. 700 K}}",
}
HOLD = RAMP | {"axes": "{pressure: 0 GPa, temperature: 500 K}", "protocol": "{hold: {}}"}


def yaml(base: dict, keys: dict) -> str:
    """A key a line: name, axes, protocol in lines 1 to 3, further keys after them."""
    return "".join(f"{key}: {value}\n" for key, value in (base | keys).items() if value is not None)


def ramp(**keys):
    return yaml(RAMP, keys)


def hold(**keys):
    return yaml(HOLD, keys)


def case(name, text, *problems):
    return pytest.param(text, list(problems), id=name)


CASES = [
    case(
        "unknown key",
        ramp(axis="1"),
        "4: axis: unknown key; did you mean 'axes'? Known: name, description, system, model, axes, protocol, dynamics, observables, trajectory, exclude, extra_points",
    ),
    case(
        "unknown key, nothing near",
        ramp(zzz="1"),
        "4: zzz: unknown key; Known: name, description, system, model, axes, protocol, dynamics, observables, trajectory, exclude, extra_points",
    ),
    case(
        "unknown nested key",
        ramp(model="{cutof: 9 Å}"),
        "4: model.cutof: unknown key; did you mean 'cutoff'? Known: cutoff, accuracy, shift",
    ),
    case(
        "unknown key in a rule",
        ramp(exclude="[{presure: 0 GPa}]"),
        "4: exclude[0].presure: unknown key; did you mean 'pressure'? Known: potential, n_vacancies, pressure, temperature, heating_rate, direction, cutoff, start, frozen, replica",
    ),
    case(
        "no name",
        ramp(name=None),
        "1: name: missing, wanted a short name of the sweep",
    ),
    case(
        "no axes",
        ramp(axes=None),
        "1: axes: missing, wanted the axes whose product is the grid",
    ),
    case(
        "no protocol",
        ramp(protocol=None),
        "1: protocol: missing, wanted a ramp or a hold: what is done with the temperature",
    ),
    case(
        "no pressure",
        ramp(axes="{heating_rate: 20 K/ps}"),
        "2: axes.pressure: missing, wanted the pressures of the runs",
    ),
    case(
        "no heating rate",
        ramp(axes="{pressure: 0 GPa}"),
        "2: axes.heating_rate: missing, wanted the axis of ramps, for example '20 K/ps'",
    ),
    case(
        "no temperature",
        hold(axes="{pressure: 0 GPa}"),
        "2: axes.temperature: missing, wanted the axis of holds, for example '300 K .. 700 K step 25 K'",
    ),
    case(
        "heating rate in a hold",
        hold(axes="{pressure: 0 GPa, temperature: 500 K, heating_rate: 1 K/ps}"),
        "2: axes.heating_rate: is no axis of holds; leave it out",
    ),
    case(
        "temperature axis in a ramp",
        ramp(axes="{pressure: 0 GPa, heating_rate: 1 K/ps, temperature: 500 K}"),
        "2: axes.temperature: is no axis of ramps; write protocol.ramp.temperature",
    ),
    case(
        "number without unit",
        ramp(model="{cutoff: 9}"),
        "4: model.cutoff: got 9 without a unit, wanted a length in one of Å, angstrom, A, nm, for example '9 Å'",
    ),
    case(
        "number without unit in a list",
        ramp(axes="{pressure: [0 GPa, 0.4], heating_rate: 20 K/ps}"),
        "2: axes.pressure[1]: got 0.4 without a unit, wanted a pressure in one of GPa, MPa, kbar, bar, atm, Pa, for example '0.4 GPa'",
    ),
    case(
        "unit of another dimension",
        ramp(axes="{pressure: 300 K, heating_rate: 20 K/ps}"),
        "2: axes.pressure: 'K' is a unit of temperature, wanted a pressure in one of GPa, MPa, kbar, bar, atm, Pa",
    ),
    case(
        "unknown unit",
        ramp(axes="{pressure: 3 GPA, heating_rate: 20 K/ps}"),
        "2: axes.pressure: unknown unit 'GPA', wanted a pressure in one of GPa, MPa, kbar, bar, atm, Pa",
    ),
    case(
        "no number",
        ramp(axes="{pressure: high, heating_rate: 20 K/ps}"),
        "2: axes.pressure: got 'high', wanted a pressure with its unit (GPa, MPa, kbar, bar, atm, Pa), for example '0.4 GPa'",
    ),
    case(
        "a list where a quantity is wanted",
        ramp(model="{cutoff: [9 Å]}"),
        "4: model.cutoff: got a list, wanted a length with its unit (Å, angstrom, A, nm), for example '9 Å'",
    ),
    case(
        "true where a quantity is wanted",
        ramp(model="{cutoff: true}"),
        "4: model.cutoff: got true, wanted a length with its unit (Å, angstrom, A, nm), for example '9 Å'",
    ),
    case(
        "nothing where a quantity is wanted",
        ramp(model="{cutoff: }"),
        "4: model.cutoff: got nothing, wanted a length with its unit (Å, angstrom, A, nm), for example '9 Å'",
    ),
    case(
        "empty axis",
        ramp(axes="{pressure: [], heating_rate: 20 K/ps}"),
        "2: axes.pressure: empty, wanted at least one pressure",
    ),
    case(
        "nothing on an axis",
        ramp(axes="{pressure: , heating_rate: 20 K/ps}"),
        "2: axes.pressure: empty, wanted at least one pressure",
    ),
    case(
        "duplicate value in other units",
        ramp(axes="{pressure: [0.4 GPa, 400 MPa], heating_rate: 20 K/ps}"),
        "2: axes.pressure: 0.4 GPa is given twice, as entries 1 and 2; wanted distinct values",
    ),
    case(
        "negative temperature",
        hold(axes="{pressure: 0 GPa, temperature: [300 K, -3 K]}"),
        "2: axes.temperature[1]: got '-3 K', wanted more than 0 K and at most 2000 K",
    ),
    case(
        "zero rate",
        ramp(axes="{pressure: 0 GPa, heating_rate: 0 K/ps}"),
        "2: axes.heating_rate: got '0 K/ps', wanted more than 0 K/ps and at most 1000 K/ps ('directions' says whether it cools)",
    ),
    case(
        "negative rate",
        ramp(axes="{pressure: 0 GPa, heating_rate: -20 K/ps}"),
        "2: axes.heating_rate: got '-20 K/ps', wanted more than 0 K/ps and at most 1000 K/ps ('directions' says whether it cools)",
    ),
    case(
        "pressure too high",
        ramp(axes="{pressure: 21 GPa, heating_rate: 20 K/ps}"),
        "2: axes.pressure: got '21 GPa', wanted at least -1 GPa and at most 20 GPa (more tension tears the crystal, and no force field here is made for more pressure)",
    ),
    case(
        "tension too high",
        ramp(axes="{pressure: -2 GPa, heating_rate: 20 K/ps}"),
        "2: axes.pressure: got '-2 GPa', wanted at least -1 GPa and at most 20 GPa (more tension tears the crystal, and no force field here is made for more pressure)",
    ),
    case(
        "range reversed",
        ramp(axes="{pressure: 1 GPa .. 0 GPa step 0.1 GPa, heating_rate: 20 K/ps}"),
        "2: axes.pressure: the range from 1 to 0 GPa is empty, wanted from < to",
    ),
    case(
        "range without step",
        ramp(axes="{pressure: 0 GPa .. 1 GPa, heating_rate: 20 K/ps}"),
        "2: axes.pressure: not a range, wanted '0 GPa .. 1 GPa step 0.2 GPa' or {from: 0 GPa, to: 1 GPa, step: 0.2 GPa}",
    ),
    case(
        "range with a step that does not fit",
        ramp(axes="{pressure: 0 GPa .. 1 GPa step 0.3 GPa, heating_rate: 20 K/ps}"),
        "2: axes.pressure: step 0.3 GPa does not divide the range from 0 to 1 GPa, wanted for example 0.25 GPa",
    ),
    case(
        "range with a wrong key",
        ramp(axes="{pressure: {from: 0 GPa, till: 1 GPa, step: 0.1 GPa}, heating_rate: 20 K/ps}"),
        "2: axes.pressure: not a range, wanted '0 GPa .. 1 GPa step 0.2 GPa' or {from: 0 GPa, to: 1 GPa, step: 0.2 GPa}",
    ),
    case(
        "range with too many values",
        ramp(axes="{pressure: 0 GPa .. 1 GPa step 1 Pa, heating_rate: 20 K/ps}"),
        "2: axes.pressure: more than 100,000 values, wanted a larger step",
    ),
    case(
        "ramp range reversed",
        ramp(protocol="{ramp: {temperature: 700 K .. 300 K}}"),
        "3: protocol.ramp.temperature: got '700 K .. 300 K', wanted the lower end first, then the higher",
    ),
    case(
        "ramp range with a step",
        ramp(protocol="{ramp: {temperature: 300 K .. 700 K step 25 K}}"),
        "3: protocol.ramp.temperature: not a range, wanted '300 K .. 700 K' or {from: 300 K, to: 700 K}",
    ),
    case(
        "bin does not divide the range",
        ramp(protocol="{ramp: {temperature: 300 K .. 700 K, bin: 30 K}}"),
        "3: protocol.ramp.bin: 30 K does not divide the range of 400 K, wanted for example 25 K",
    ),
    case(
        "bin wider than the range",
        ramp(protocol="{ramp: {temperature: 300 K .. 700 K, bin: 500 K}}"),
        "3: protocol.ramp.bin: 500 K is wider than the range of 400 K",
    ),
    case(
        "rate too fast for the bins",
        ramp(axes="{pressure: 0 GPa, heating_rate: 900 K/ps}"),
        "2: axes.heating_rate: at 900 K/ps a bin of 12.5 K lasts 13.9 fs, less than dynamics.sample_every, 40 fs; wanted at most 312.5 K/ps or wider bins",
    ),
    case(
        "unknown direction",
        ramp(protocol="{ramp: {temperature: 300 K .. 700 K, directions: [up]}}"),
        "3: protocol.ramp.directions[0]: got 'up', wanted 'heating' or 'cooling'",
    ),
    case(
        "both protocols",
        ramp(protocol="{ramp: {temperature: 300 K .. 700 K}, hold: {}}"),
        "3: protocol: got both ramp and hold, wanted one; write a sweep of each",
    ),
    case(
        "neither protocol",
        ramp(protocol="{}"),
        "3: protocol: got neither ramp nor hold, wanted one of them",
    ),
    case(
        "unknown protocol",
        ramp(protocol="{rampe: {}}"),
        "3: protocol: got neither ramp nor hold, wanted one of them",
        "3: protocol.rampe: unknown key; did you mean 'ramp'? Known: ramp, hold",
    ),
    case(
        "production of no length",
        hold(protocol="{hold: {produce: 0 ns}}"),
        "3: protocol.hold.produce: got '0 ns', wanted more than 0 fs and at most 10000 ns",
    ),
    case(
        "production shorter than a sample",
        hold(protocol="{hold: {produce: 10 fs}}"),
        "3: protocol.hold.produce: 10 fs is less than dynamics.sample_every, 40 fs; nothing would be measured",
    ),
    case(
        "cutoff too long for the box",
        ramp(model="{cutoff: 12 Å}"),
        "4: model.cutoff: 12 Å does not fit the box, which can shrink to 18.82 Å at 0 GPa; wanted at most 9.41 Å, or a supercell of 3 or more",
    ),
    case(
        "cutoff too long under pressure",
        ramp(axes="{pressure: 5 GPa, heating_rate: 20 K/ps}"),
        "1: model.cutoff: 9 Å does not fit the box, which can shrink to 17.12 Å at 5 GPa; wanted at most 8.56 Å, or a supercell of 3 or more",
    ),
    case(
        "cutoff too long for the smallest edge",
        ramp(system="{supercell: [1, 2, 3]}"),
        "1: model.cutoff: 9 Å does not fit the box, which can shrink to 9.40 Å at 0 GPa; wanted at most 4.70 Å, or a supercell of 2 or more",
    ),
    case(
        "cutoff absurd",
        ramp(model="{cutoff: 1 nm .. 2 nm}"),
        "4: model.cutoff: got '1 nm .. 2 nm', wanted a length with its unit (Å, angstrom, A, nm), for example '9 Å'",
    ),
    case(
        "more vacancies than lithium",
        ramp(axes="{pressure: 0 GPa, heating_rate: 20 K/ps, n_vacancies: [0, 64]}"),
        "2: axes.n_vacancies[1]: got 64, wanted fewer than the 64 lithium atoms of the supercell",
    ),
    case(
        "negative vacancies",
        ramp(axes="{pressure: 0 GPa, heating_rate: 20 K/ps, n_vacancies: -1}"),
        "2: axes.n_vacancies: got -1, wanted at least 0",
    ),
    case(
        "half a vacancy",
        ramp(axes="{pressure: 0 GPa, heating_rate: 20 K/ps, n_vacancies: 1.5}"),
        "2: axes.n_vacancies: got 1.5, wanted a whole number",
    ),
    case(
        "half a replica",
        ramp(axes="{pressure: 0 GPa, heating_rate: 20 K/ps, replica: 1.5}"),
        "2: axes.replica: got 1.5, wanted a whole number",
    ),
    case(
        "no replica",
        ramp(axes="{pressure: 0 GPa, heating_rate: 20 K/ps, replica: 0}"),
        "2: axes.replica: got 0, wanted from 1 to 10000 replicas",
    ),
    case(
        "replica in words",
        ramp(axes="{pressure: 0 GPa, heating_rate: 20 K/ps, replica: two}"),
        "2: axes.replica: got 'two', wanted a whole number",
    ),
    case(
        "unknown potential",
        ramp(axes="{pressure: 0 GPa, heating_rate: 20 K/ps, potential: [lbh-2012]}"),
        "2: axes.potential[0]: unknown potential 'lbh-2012'; did you mean 'lbh-2021'? Known: lbh-2021, lbh-2021-fullk, lbh-2021-stiff, or the path of a parameter file ending in .yaml",
    ),
    case(
        "parameter file missing",
        ramp(axes="{pressure: 0 GPa, heating_rate: 20 K/ps, potential: mine.yaml}"),
        "2: axes.potential: no parameter file 'mine.yaml', looked for 'mine.yaml'; paths are relative to the folder of this file",
    ),
    case(
        "potential is a number",
        ramp(axes="{pressure: 0 GPa, heating_rate: 20 K/ps, potential: 3}"),
        "2: axes.potential: got 3, wanted a potential: lbh-2021, lbh-2021-fullk, lbh-2021-stiff",
    ),
    case(
        "timestep too long",
        ramp(dynamics="{timestep: 5 fs}"),
        "4: dynamics.timestep: got '5 fs', wanted more than 0 fs and at most 1 fs (a B–H bond vibrates with a period of 13 fs; at 2 fs the potential energy is off by 4 kJ/mol)",
    ),
    case(
        "outer step no multiple",
        ramp(dynamics="{timestep: 0.8 fs}"),
        "4: dynamics.nonbonded_timestep: 2 fs is no whole multiple of timestep, 0.8 fs; wanted for example 1.6 fs",
    ),
    case(
        "sampling no multiple",
        ramp(dynamics="{sample_every: 7 fs}"),
        "4: dynamics.sample_every: 7 fs is no whole multiple of nonbonded_timestep, 2 fs; wanted for example 6 fs",
    ),
    case(
        "ramp at constant energy",
        ramp(dynamics="{ensemble: nve}"),
        "4: dynamics.ensemble: nve has no thermostat; wanted npt or nvt in a ramp",
    ),
    case(
        "barostat at constant volume",
        hold(dynamics="{ensemble: nvt, barostat: triclinic}"),
        "4: dynamics.barostat: triclinic acts at constant pressure only, not in nvt; wanted ensemble npt",
    ),
    case(
        "unknown sublattice",
        hold(system="{frozen: lithium}"),
        "4: system.frozen: got 'lithium', wanted 'none', 'Li' or 'anions'",
    ),
    case(
        "pressure at constant volume",
        hold(
            axes="{pressure: [0 GPa, 0.4 GPa], temperature: 500 K}",
            dynamics="{ensemble: nvt}",
            extra_points="[{pressure: 0.1 GPa}]",
        ),
        "2: axes.pressure[1]: 0.4 GPa does not act at constant volume (nvt), wanted 0 GPa, or ensemble npt",
        "5: extra_points[0].pressure: 0.1 GPa does not act at constant volume (nvt), wanted 0 GPa, or ensemble npt",
    ),
    case(
        "unknown ensemble",
        ramp(dynamics="{ensemble: nph}"),
        "4: dynamics.ensemble: got 'nph', wanted 'npt', 'nvt' or 'nve'",
    ),
    case(
        "unknown crystal",
        ramp(system="{crystal: LiCB11H12}"),
        "4: system.crystal: got 'LiCB11H12', wanted 'Li2B12H12'",
    ),
    case(
        "supercell of two numbers",
        ramp(system="{supercell: [2, 2]}"),
        "4: system.supercell: got 2 numbers, wanted a whole number or three, such as [2, 2, 3]",
    ),
    case(
        "supercell of no cells",
        ramp(system="{supercell: 0}"),
        "4: system.supercell: got 0, wanted at least 1",
    ),
    case(
        "supercell in words",
        ramp(system="{supercell: large}"),
        "4: system.supercell: got 'large', wanted a whole number or three, such as [2, 2, 3]",
    ),
    case(
        "shift in words",
        ramp(model="{shift: perhaps}"),
        "4: model.shift: got 'perhaps', wanted true or false",
    ),
    case(
        "unknown observable",
        ramp(observables="[thermo, msd]"),
        "4: observables[1]: got 'msd', wanted 'thermo', 'rotation', 'anion_position', "
        "'diffusion', 'density', 'sites', 'radial' or 'spectra'",
    ),
    case(
        "section is a list",
        ramp(dynamics="[1]"),
        "4: dynamics: got a list, wanted a mapping with some of the keys ensemble, timestep, nonbonded_timestep, thermostat_time, barostat, barostat_time, sample_every",
    ),
    case(
        "section is empty",
        ramp(dynamics=""),
        "4: dynamics: got nothing, wanted a mapping with some of the keys ensemble, timestep, nonbonded_timestep, thermostat_time, barostat, barostat_time, sample_every",
    ),
    case(
        "name is a number",
        ramp(name="5"),
        "1: name: got 5, wanted a text",
    ),
    case(
        "name of two lines",
        ramp(name='"a\\nb"'),
        "1: name: got 'a\\nb', wanted one line of printable text",
    ),
    case(
        "rule off the axis",
        ramp(exclude="[{pressure: 1 GPa}]"),
        "4: exclude[0].pressure: matches nothing: 1 GPa not on the axis, which has 0 GPa",
    ),
    case(
        "rule of another protocol",
        ramp(exclude="[{temperature: 300 K}]"),
        "4: exclude[0].temperature: is no axis of ramps, wanted potential, n_vacancies, pressure, heating_rate, direction, replica",
    ),
    case(
        "rule without axes",
        ramp(exclude="[{}]"),
        "4: exclude[0]: names no axis, wanted for example {pressure: 0.4 GPa}",
    ),
    case(
        "rules that leave nothing",
        ramp(exclude="[{pressure: 0 GPa}]"),
        "4: exclude: leaves no point to run, wanted a rule that keeps some",
    ),
    case(
        "extra points already there",
        ramp(extra_points="[{pressure: 0 GPa}]"),
        "4: extra_points[0]: adds nothing, these points are in the grid already",
    ),
    case(
        "extra point with too many vacancies",
        ramp(extra_points="[{n_vacancies: 64}]"),
        "4: extra_points[0].n_vacancies: got 64, wanted fewer than the 64 lithium atoms of the supercell",
    ),
    case(
        "extra point under too much pressure",
        ramp(extra_points="{pressure: 6 GPa}"),
        "1: model.cutoff: 9 Å does not fit the box, which can shrink to 16.96 Å at 6 GPa; wanted at most 8.48 Å, or a supercell of 3 or more",
    ),
    case(
        "extra rate too fast for the bins",
        ramp(extra_points="[{heating_rate: [5 K/ps, 900 K/ps]}]"),
        "4: extra_points[0].heating_rate[1]: at 900 K/ps a bin of 12.5 K lasts 13.9 fs, less than dynamics.sample_every, 40 fs; wanted at most 312.5 K/ps or wider bins",
    ),
    case(
        "outer step near a resonance",
        ramp(dynamics="{nonbonded_timestep: 10 fs}"),
        "4: dynamics.nonbonded_timestep: got '10 fs', wanted more than 0 fs and at most 2 fs (longer outer steps resonate with B–H bonds: energy drifts by 0.1 to 0.3 kT per atom and ns at 2.5 fs, 18 at 4 fs)",
    ),
    case(
        "two parts of a rule off the axis",
        ramp(exclude="[{pressure: 0 GPa .. 3 GPa step 1 GPa, replica: 7}]"),
        "4: exclude[0].pressure: matches nothing: 1 GPa, 2 GPa, 3 GPa not on the axis, which has 0 GPa",
        "4: exclude[0].replica: matches nothing: 7 not on the axis, which has 0",
    ),
    case(
        "grid too large",
        hold(
            axes="{pressure: 0 GPa .. 10 GPa step 0.01 GPa, temperature: 1 K .. 1001 K step 0.1 K}",
            model="{cutoff: 5 Å}",
        ),
        "2: axes: make a grid of 10,011,001 cells, wanted at most 1,000,000; split it",
    ),
    case(
        "several at once",
        "nmae: t\naxes:\n  pressure: [0, 99 GPa]\n  replica: x\nprotocol: {}\nmodel: {cutoff: 15 Å}\n",
        "1: name: missing, wanted a short name of the sweep",
        "1: nmae: unknown key; did you mean 'name'? Known: name, description, system, model, axes, protocol, dynamics, observables, trajectory, exclude, extra_points",
        "3: axes.pressure[0]: got 0 without a unit, wanted a pressure in one of GPa, MPa, kbar, bar, atm, Pa, for example '0 GPa'",
        "3: axes.pressure[1]: got '99 GPa', wanted at least -1 GPa and at most 20 GPa (more tension tears the crystal, and no force field here is made for more pressure)",
        "4: axes.replica: got 'x', wanted a whole number",
        "5: protocol: got neither ramp nor hold, wanted one of them",
        "6: model.cutoff: 15 Å does not fit the box, which can shrink to 18.82 Å at 0 GPa; wanted at most 9.41 Å, or a supercell of 4 or more",
    ),
    case(
        "duplicate key",
        "name: a\nname: b\n",
        "2: name: duplicate key, given first in line 1; keep one",
    ),
    case(
        "tab",
        "name: a\naxes:\n\tpressure: 0 GPa\n",
        "3: syntax: found a tab, wanted spaces for indentation",
    ),
    case(
        "unclosed bracket",
        "name: a\naxes: [1, 2\n",
        "3: syntax: not YAML: while parsing a flow sequence, expected ',' or ']', but got '<stream end>'",
    ),
    case(
        "colon in a value",
        "name: a: b\n",
        "1: syntax: not YAML: mapping values are not allowed here",
    ),
    case(
        "unknown alias",
        "name: *a\n",
        "1: syntax: not YAML: found undefined alias 'a'",
    ),
    case(
        "alias of itself",
        "name: a\naxes: &x {pressure: *x}\n",
        "2: axes.pressure: an alias that contains itself; write the values out",
    ),
    case(
        "python tag",
        "name: !!python/object:os.system x\n",
        "1: name: tag 'tag:yaml.org,2002:python/object:os.system' is not allowed, wanted plain values",
    ),
    case(
        "merge key",
        "name: a\naxes: {<<: {pressure: 0 GPa}}\n",
        "2: axes: merge keys '<<' are not allowed; write the keys out",
    ),
    case(
        "list as key",
        "name: a\n[b]: c\n",
        "2: file: a key is a list or mapping, wanted a text",
    ),
    case(
        "two documents",
        "name: a\n---\nname: b\n",
        "2: syntax: not YAML: expected a single document in the stream, but found another document",
    ),
    case(
        "list at the top",
        "- name: a\n",
        "1: file: holds a list at the top, wanted keys such as 'name:'",
    ),
    case(
        "text at the top",
        "hello\n",
        "1: file: holds just hello at the top, wanted keys such as 'name:'",
    ),
    case(
        "empty file",
        "",
        "1: file: is empty, wanted a mapping of keys to values",
    ),
    case(
        "only comments",
        "# name: a\n",
        "1: file: is empty, wanted a mapping of keys to values",
    ),
    case(
        "deep nesting",
        "name: " + "[" * 60 + "]" * 60 + "\n",
        "1: name[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]…: nested too deeply, wanted at most 40 levels",
    ),
    case(
        "billion laughs",
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n"
            for p, c in zip("abcdefg", "bcdefgh", strict=True)
        ),
        "1: e[5][5][7][5][0]: aliases expand to more than 50,000 values; write the values out",
    ),
    case(
        "control character",
        "name: a\x01\n",
        "1: syntax: not YAML: unacceptable character #x0001: special characters are not allowed",
    ),
    case(
        "trajectory without its interval",
        ramp(trajectory="{velocities: true}"),
        "4: trajectory.every: missing, wanted time from one frame to the next; a whole multiple of dynamics.nonbonded_timestep",
    ),
    case(
        "trajectory that is no mapping",
        ramp(trajectory="1 ps"),
        "4: trajectory: got '1 ps', wanted a mapping with some of the keys every, velocities",
    ),
    case(
        "unknown key of the trajectory",
        ramp(trajectory="{every: 1 ps, velocity: true}"),
        "4: trajectory.velocity: unknown key; did you mean 'velocities'? Known: every, velocities",
    ),
    case(
        "velocities that are no truth value",
        ramp(trajectory="{every: 1 ps, velocities: some}"),
        "4: trajectory.velocities: got 'some', wanted true or false",
    ),
    case(
        "time between frames without a unit",
        ramp(trajectory="{every: 1}"),
        "4: trajectory.every: got 1 without a unit, wanted a time in one of ps, fs, ns, us, for example '1 ps'",
    ),
    case(
        "no time between frames",
        ramp(trajectory="{every: 0 ps}"),
        "4: trajectory.every: got '0 ps', wanted more than 0 fs and at most 1000 ns",
    ),
    case(
        "frames between outer steps",
        ramp(trajectory="{every: 25 fs}"),
        "4: trajectory.every: 25 fs is no whole multiple of dynamics.nonbonded_timestep, 2 fs; wanted for example 24 fs",
    ),
    case(
        "frames within an outer step",
        ramp(trajectory="{every: 0.5 fs}"),
        "4: trajectory.every: 0.5 fs is no whole multiple of dynamics.nonbonded_timestep, 2 fs; wanted for example 2 fs",
    ),
    case(
        "no frame in a ramp",
        ramp(trajectory="{every: 30 ps}"),
        "4: trajectory.every: 30 ps is longer than the shortest production, 20 ps, and would leave no frame; wanted at most that",
    ),
    case(
        "no frame in a ramp of an extra point",
        ramp(trajectory="{every: 20 ps}", extra_points="{heating_rate: 40 K/ps}"),
        "4: trajectory.every: 20 ps is longer than the shortest production, 10 ps, and would leave no frame; wanted at most that",
    ),
    case(
        "no frame in a hold",
        hold(trajectory="{every: 2 ns}"),
        "4: trajectory.every: 2 ns is longer than the shortest production, 1 ns, and would leave no frame; wanted at most that",
    ),
]
