from lbhsweep.analysis import analyze_results as analyze_results
from lbhsweep.analysis import summarize as summarize
from lbhsweep.interop.ase import LbhCalculator as LbhCalculator
from lbhsweep.interop.explore import Explorer as Explorer
from lbhsweep.interop.explore import open_sweep as open_sweep
from lbhsweep.interop.final_structure import final_atoms as final_atoms
from lbhsweep.interop.lammps_export import export_run as export_run
from lbhsweep.interop.tables import open_group as open_group
from lbhsweep.interop.tables import write_table as write_table
from lbhsweep.interop.trajectory import open_trajectory as open_trajectory
from lbhsweep.interop.trajectory import run_at as run_at
from lbhsweep.interop.trajectory_ase import atoms_of as atoms_of
from lbhsweep.interop.trajectory_mdanalysis import universe_of as universe_of
from lbhsweep.physics.conventional import conventional_crystal as conventional_crystal
from lbhsweep.physics.crystal import build_alpha as build_alpha
from lbhsweep.physics.crystal import build_beta as build_beta
from lbhsweep.physics.forcefield import load_force_field as load_force_field
from lbhsweep.physics.structure import Structure as Structure
from lbhsweep.simulation.simulate import simulate as simulate
from lbhsweep.sweep import expand_grid as expand_grid
from lbhsweep.sweep import load_sweep as load_sweep
from lbhsweep.sweep import make_plan as make_plan

__version__: str
