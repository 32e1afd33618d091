"""Keys that are right alone and wrong together, with the message that says so."""

# ruff: noqa: E501 - a message stands in one line, as users see and search it

from sweep.file.sweep_texts import case, coexist, hold, ramp

CASES = [
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
        "both protocols",
        ramp(protocol="{ramp: {temperature: 300 K .. 700 K}, hold: {}}"),
        "3: protocol: got both ramp and hold, wanted one; write a sweep of each",
    ),
    case(
        "neither protocol",
        ramp(protocol="{}"),
        "3: protocol: got none of ramp, hold, coexist, wanted one of them",
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
        "more vacancies than lithium",
        ramp(axes="{pressure: 0 GPa, heating_rate: 20 K/ps, n_vacancies: [0, 64]}"),
        "2: axes.n_vacancies[1]: got 64, wanted fewer than the 64 lithium atoms of the supercell",
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
    case(
        "heating rate where phases coexist",
        coexist(axes="{pressure: 0 GPa, temperature: 500 K, heating_rate: 1 K/ps}"),
        "2: axes.heating_rate: is no axis of coexisting phases; leave it out",
    ),
    case(
        "one phase does not coexist",
        coexist(protocol="{coexist: {phases: beta}}"),
        "3: protocol.coexist.phases: got beta, wanted two phases, such as [alpha, beta]",
    ),
    case(
        "cube for coexisting phases",
        coexist(system="{supercell: 4}"),
        "4: system.supercell: got 4×4×4 conventional cells; phases meet across c, wanted at least 4 along c and more than along a and b, such as [2, 2, 6]",
    ),
    case(
        "constant volume for coexisting phases",
        coexist(dynamics="{ensemble: nvt}"),
        "5: dynamics.ensemble: got nvt; coexisting phases want npt",
    ),
    case(
        "barostat of coexisting phases",
        coexist(dynamics="{barostat: triclinic}"),
        "5: dynamics.barostat: got triclinic; coexisting phases want orthorhombic, or leave it out: protocol.coexist.laterals says what may change",
    ),
    case(
        "start of coexisting phases",
        coexist(system="{supercell: [2, 2, 6], start: beta}"),
        "4: system.start: protocol.coexist.phases says how runs start; leave it out",
    ),
    case(
        "axis of starts of coexisting phases",
        coexist(axes="{pressure: 0 GPa, temperature: 500 K, start: [alpha, beta]}"),
        "2: axes.start: protocol.coexist.phases says how runs start; leave it out",
    ),
    case(
        "frozen coexisting phases",
        coexist(system="{supercell: [2, 2, 6], frozen: Li}"),
        "4: system.frozen: phases with frozen atoms can't grow; leave it out",
    ),
    case(
        "another observable of coexisting phases",
        coexist(observables="[diffusion]"),
        "5: observables[0]: diffusion is not measured in coexisting phases, which measure profile; leave it out, or make a sweep of holds",
    ),
    case(
        "profile of a hold",
        hold(observables="[profile]"),
        "4: observables[0]: profile is not measured in holds, which measure anion_position, density, diffusion, radial, rotation, sites, spectra, thermo; leave it out, or make a sweep of holds",
    ),
]
