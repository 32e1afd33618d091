"""One run from its point to its outcome; independent of Dask and of the dataset."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from lbhsweep.arrays import Arrays
from lbhsweep.engine.dynamics.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from lbhsweep.engine.dynamics.integrate import Integrator
from lbhsweep.engine.dynamics.state import State
from lbhsweep.engine.potential import Potential
from lbhsweep.errors import InterruptedRun, SimulationError
from lbhsweep.observables import OBSERVABLES, Observable
from lbhsweep.observables.base import Decider, Sample
from lbhsweep.physics.conventional import ConventionalCrystal
from lbhsweep.physics.forcefield import ForceField
from lbhsweep.simulation.end_state import FindEnd, nowhere
from lbhsweep.simulation.frames import Frames
from lbhsweep.simulation.outcome import OnProgress, Outcome, Progress, ShouldStop, never, seed_of
from lbhsweep.simulation.provenance import provenance
from lbhsweep.simulation.setup import (
    build_dynamics,
    build_plan,
    build_potential,
    build_structure,
    end_state,
    followed_state,
)
from lbhsweep.simulation.stages import Stage, stages_of, warm_start
from lbhsweep.store.record import RunError
from lbhsweep.sweep.identity import run_id
from lbhsweep.sweep.point import RunPoint
from lbhsweep.sweep.schedule import Schedule, schedule_of

LAST_GOOD = "last_good"
"""Folder, in a failed run's folder, with the state some steps before the failure."""
LAST_GOOD_EVERY = 10
"""Outer steps from one such state to the next."""
PROGRESS_EVERY_S = 0.5
TRAJECTORY = "trajectory.zarr"
"""Default name of a trajectory."""


def simulate(
    point: RunPoint,
    workdir: Path,
    *,
    force_field: ForceField,
    crystal: ConventionalCrystal | None = None,
    start: FindEnd = nowhere,
    trajectory: Path | None = None,
    should_stop: ShouldStop = never,
    checkpoint_every_s: float = 60.0,
    on_progress: OnProgress | None = None,
) -> Outcome:
    """Do a run to its end, from its checkpoint if there is one.

    Wall time only decides when checkpoints are written, so an interrupted run gives the same
    results as an uninterrupted one, to the last bit.

    Parameters
    ----------
    point : RunPoint
        Everything that determines the run.
    workdir : Path
        The run's own folder, for checkpoints; the caller removes it.
    force_field : ForceField
        The one that `point.model` names.
    crystal : ConventionalCrystal, optional
        The one that `point.system` names, if it isn't built.
    start : callable
        Finds the end state of the run that the point follows; not called if it follows none, or
        if there is a checkpoint.
    trajectory : Path, optional
        Path of its trajectory (a zarr) if it keeps one; by default in `workdir`.
    should_stop : callable
        Called after every outer step.
    checkpoint_every_s : float
        Seconds from one checkpoint to the next.
    on_progress : callable, optional
        Called with the progress about twice a second.

    Returns
    -------
    Outcome
        ``failed`` if the physics failed; ``workdir/last_good`` then holds an earlier state.

    Raises
    ------
    InterruptedRun
        If `should_stop` returned True; a checkpoint has been written.
    ForceFieldError, StructureError
        If the point can't be set up at all.
    StoreError
        If a checkpoint or the trajectory can't be written.
    """
    run = _Run(point, workdir, force_field, crystal, trajectory or workdir / TRAJECTORY)
    try:
        run.begin(start)
        run.go_on(should_stop, checkpoint_every_s, on_progress)
    except SimulationError as error:
        return run.failure(error)
    return run.success()


class _Run:
    """A run under way."""

    def __init__(
        self,
        point: RunPoint,
        workdir: Path,
        force_field: ForceField,
        crystal: ConventionalCrystal | None,
        trajectory: Path,
    ) -> None:
        self.point, self.workdir = point, workdir
        self.id = run_id(point)
        self._started = time.perf_counter()
        self._spent_before = 0.0
        self._provenance = provenance()
        self._schedule: Schedule = schedule_of(point)
        self._structure = build_structure(point, crystal)
        potential = build_potential(point, self._structure, force_field)
        self._potential: Potential = potential
        plan = build_plan(point, self._structure, potential, self._schedule)
        self._n_formula = plan.n_formula
        self._observables: dict[str, Observable] = {
            name: OBSERVABLES[name](plan) for name in point.observables
        }
        self._deciders = [o for o in self._observables.values() if isinstance(o, Decider)]
        self._frames = Frames(point, plan, self._schedule, trajectory)
        self._stages = stages_of(point, self._structure, self._schedule)
        self._integrator: Integrator | None = None
        self._last_good: Arrays = {}
        self._next_looks: dict[str, int] = {}

    @property
    def seconds(self) -> float:
        """Wall time of this attempt and of those before."""
        return self._spent_before + time.perf_counter() - self._started

    @property
    def _is_decided(self) -> bool:
        """Whether an observable has seen all that the run is for."""
        return any(one.is_decided for one in self._deciders)

    @property
    def _produced(self) -> int:
        """Outer steps of production done; negative before."""
        assert self._integrator is not None  # noqa: S101 - for the type checker; begin sets it
        return self._integrator.state.step - self._schedule.preparing_steps

    def begin(self, start: FindEnd) -> None:
        """Start from the checkpoint, from the end of another run, or from the relaxed crystal."""
        checkpoint = load_checkpoint(self.workdir)
        if checkpoint is not None and self._fits(checkpoint):
            state = self._restore(checkpoint)
            self._integrator = self._integrate(state, self._stage(state.step), resumed=True)
            return
        self._frames.begin()
        seed = seed_of(self.point)
        if self.point.follows:
            state = followed_state(self.point, self._structure, start(), seed)
        else:
            state = warm_start(self.point, self._structure, self._potential, seed)
        self._integrator = self._integrate(state, self._stages[0])

    def _stage(self, step: int) -> Stage:
        """Return the stage of the step after `step` others."""
        return next((one for one in self._stages if step < one.end), self._stages[-1])

    def _integrate(self, state: State, stage: Stage, *, resumed: bool = False) -> Integrator:
        return Integrator(
            self._potential,
            state,
            build_dynamics(self.point, self._schedule),
            frozen=stage.frozen,
            molecule=self._structure.molecule,
            resumed=resumed,
        )

    def _next_stage(self, integrator: Integrator) -> Integrator:
        """Begin the stage that follows if one has ended, before anything is written."""
        state = integrator.state
        if all(state.step != one.end for one in self._stages[:-1]):
            return integrator
        stage = self._stage(state.step)
        stage.begin(state, self._potential, self._schedule.temperature(state.step))
        self._integrator = self._integrate(state, stage)
        return self._integrator

    def go_on(
        self, should_stop: ShouldStop, checkpoint_every_s: float, on_progress: OnProgress | None
    ) -> None:
        """Integrate and sample to the end of the schedule."""
        assert self._integrator is not None  # noqa: S101 - for the type checker; begin sets it
        integrator, state, schedule = self._integrator, self._integrator.state, self._schedule
        self._plan_looks(self._observables)
        saved = reported = time.perf_counter()
        while state.step < schedule.n_steps and not self._is_decided:
            if state.step % LAST_GOOD_EVERY == 0 or not self._last_good:
                self._last_good = state.to_arrays()
            due = self._due(self._produced + 1)
            energies = any(self._observables[name].needs_energies for name in due)
            integrator.advance(schedule.temperature(state.step), energies=energies)
            if due:
                self._sample(integrator, due)
            self._frames.keep(state)
            integrator = self._next_stage(integrator)
            now = time.perf_counter()
            if should_stop():
                self._save(state)
                raise InterruptedRun(
                    f"{self.point.label}: stopped at step {state.step} of {schedule.n_steps} "
                    "as requested; the same command continues from there"
                )
            if now - saved >= checkpoint_every_s:
                self._save(state)
                saved = now
            if on_progress is not None and now - reported >= PROGRESS_EVERY_S:
                on_progress(self._progress(state))
                reported = now

    def success(self) -> Outcome:
        """Return the results."""
        self._frames.finish()
        arrays: Arrays = {}
        for observable in self._observables.values():
            arrays |= observable.result()
        assert self._integrator is not None  # noqa: S101 - for the type checker; begin sets it
        return Outcome(
            status="done",
            arrays=arrays,
            end=end_state(self._integrator.state),
            steps=self._integrator.state.step,
            wall_seconds=self.seconds,
            provenance=self._provenance,
        )

    def failure(self, error: SimulationError) -> Outcome:
        """Save the last good state and all frames, and return why the run failed."""
        self._frames.finish()
        step = self._integrator.state.step if self._integrator else 0
        if self._last_good:
            good = Checkpoint(self._last_good, {"run_id": self.id, "error": str(error)})
            save_checkpoint(self.workdir / LAST_GOOD, good)
        return Outcome(
            status="failed",
            arrays={},
            error=RunError(error.error_class, error.message, error.step or step),
            steps=step,
            wall_seconds=self.seconds,
            provenance=self._provenance,
        )

    def _plan_looks(self, names: Iterable[str]) -> None:
        """Note after which outer steps of production observables are sampled next."""
        produced = max(0, self._produced)
        for name in names:
            every = self._observables[name].every
            self._next_looks[name] = produced - produced % every + every
        self._next_look = min(self._next_looks.values(), default=self._schedule.n_steps + 1)

    def _due(self, produced: int) -> list[str]:
        """Return the observables that are sampled after `produced` outer steps of production."""
        if produced < self._next_look:
            return []
        return [name for name, at in self._next_looks.items() if at == produced]

    def _sample(self, integrator: Integrator, due: list[str]) -> None:
        state = integrator.state
        block = self._schedule.block(state.step)
        sample = Sample(self._produced, block, state, integrator.measure)
        for name in due:
            self._observables[name].sample(sample)
        # The sampling interval of an observable may change, but only by this sample.
        self._plan_looks(due)

    def _progress(self, state: State) -> Progress:
        return Progress(
            state.step,
            self._schedule.n_steps,
            self._schedule.temperature(state.step),
            state.volume / self._n_formula,
        )

    def _save(self, state: State) -> None:
        arrays = {f"state.{name}": array for name, array in state.to_arrays().items()}
        listed = self._potential.list_state()
        if listed is not None:
            arrays["list.positions"], arrays["list.cell"] = listed
        for name, observable in self._observables.items():
            kept = observable.state()
            arrays |= {f"observable.{name}.{key}": array for key, array in kept.items()}
        arrays |= {f"trajectory.{key}": array for key, array in self._frames.state().items()}
        notes = {"run_id": self.id, "step": state.step, "wall_seconds": self.seconds}
        save_checkpoint(self.workdir, Checkpoint(arrays, notes))

    def _fits(self, checkpoint: Checkpoint) -> bool:
        """Return whether a checkpoint is of this run, with all its frames so far present."""
        of_this_run = checkpoint.notes["run_id"] == self.id
        return of_this_run and self._frames.restore(_under("trajectory.", checkpoint.arrays))

    def _restore(self, checkpoint: Checkpoint) -> State:
        self._spent_before = float(checkpoint.notes["wall_seconds"])
        state = State.from_arrays(_under("state.", checkpoint.arrays))
        listed = _under("list.", checkpoint.arrays)
        if listed:
            self._potential.restore_list(listed["positions"], listed["cell"])
        else:
            self._potential.update(state.positions, state.cell, state.step)
        for name, observable in self._observables.items():
            observable.restore(_under(f"observable.{name}.", checkpoint.arrays))
        return state


def _under(prefix: str, arrays: Arrays) -> Arrays:
    return {key.removeprefix(prefix): a for key, a in arrays.items() if key.startswith(prefix)}
