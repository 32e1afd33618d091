"""Keys and values that are wrong alone, with the message that says so."""

# ruff: noqa: E501 - a message stands in one line, as users see and search it

from sweep.file.sweep_texts import case, coexist, hold, ramp

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
        "1: protocol: missing, wanted a ramp, a hold, or two phases that meet: what is done with the temperature",
    ),
    case(
        "no pressure",
        ramp(axes="{heating_rate: 20 K/ps}"),
        "2: axes.pressure: missing, wanted the pressures of the runs",
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
        "unknown direction",
        ramp(protocol="{ramp: {temperature: 300 K .. 700 K, directions: [up]}}"),
        "3: protocol.ramp.directions[0]: got 'up', wanted 'heating' or 'cooling'",
    ),
    case(
        "unknown protocol",
        ramp(protocol="{rampe: {}}"),
        "3: protocol: got none of ramp, hold, coexist, wanted one of them",
        "3: protocol.rampe: unknown key; did you mean 'ramp'? Known: ramp, hold, coexist",
    ),
    case(
        "production of no length",
        hold(protocol="{hold: {produce: 0 ns}}"),
        "3: protocol.hold.produce: got '0 ns', wanted more than 0 fs and at most 10000 ns",
    ),
    case(
        "cutoff absurd",
        ramp(model="{cutoff: 1 nm .. 2 nm}"),
        "4: model.cutoff: got '1 nm .. 2 nm', wanted a length with its unit (Å, angstrom, A, nm), for example '9 Å'",
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
        "unknown sublattice",
        hold(system="{frozen: lithium}"),
        "4: system.frozen: got 'lithium', wanted 'none', 'Li' or 'anions'",
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
        "'diffusion', 'density', 'sites', 'radial', 'spectra' or 'profile'",
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
        "several at once",
        "nmae: t\naxes:\n  pressure: [0, 99 GPa]\n  replica: x\nprotocol: {}\nmodel: {cutoff: 15 Å}\n",
        "1: name: missing, wanted a short name of the sweep",
        "1: nmae: unknown key; did you mean 'name'? Known: name, description, system, model, axes, protocol, dynamics, observables, trajectory, exclude, extra_points",
        "3: axes.pressure[0]: got 0 without a unit, wanted a pressure in one of GPa, MPa, kbar, bar, atm, Pa, for example '0 GPa'",
        "3: axes.pressure[1]: got '99 GPa', wanted at least -1 GPa and at most 20 GPa (more tension tears the crystal, and no force field here is made for more pressure)",
        "4: axes.replica: got 'x', wanted a whole number",
        "5: protocol: got none of ramp, hold, coexist, wanted one of them",
        "6: model.cutoff: 15 Å does not fit the box, which can shrink to 18.82 Å at 0 GPa; wanted at most 9.41 Å, or a supercell of 4 or more",
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
        "lateral lengths without a unit",
        coexist(protocol="{coexist: {laterals: 9.95}}"),
        "3: protocol.coexist.laterals: got 9.95 without a unit, wanted a length in one of Å, angstrom, A, nm, for example '9.95 Å'",
    ),
    case(
        "lateral lengths of the whole box",
        coexist(protocol="{coexist: {laterals: 19.9 Å}}"),
        "3: protocol.coexist.laterals: got '19.9 Å', wanted at least 8 Å and at most 12 Å",
    ),
    case(
        "unknown phase",
        coexist(protocol="{coexist: {phases: [alpha, gamma]}}"),
        "3: protocol.coexist.phases[1]: got 'gamma', wanted 'alpha', 'alpha_cap' or 'beta'",
    ),
]
