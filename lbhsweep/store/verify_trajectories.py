"""Verifying trajectories: every chunk is decoded, and every frame of a done run must be there."""

from __future__ import annotations

import numpy as np
import zarr

from lbhsweep.errors import LbhsweepError
from lbhsweep.store.folder import SweepFolder
from lbhsweep.store.trajectory import open_trajectory
from lbhsweep.sweep.point import CoexistPoint, RunPoint
from lbhsweep.sweep.sampling_frames import n_frames


def keeps_frames(point: RunPoint) -> bool:
    """Return whether a done run must have a trajectory."""
    return bool(point.trajectory.every) and not point.rehearsal


def trajectory_problem(folder: SweepFolder, run_id: str, point: RunPoint) -> str:
    """Read all frames of a done run; return what is wrong with them, empty if nothing is.

    A run that ends when one phase has won lacks the frames after its end, but none before it.

    Parameters
    ----------
    folder : SweepFolder
        The sweep's folder.
    run_id : str
        The run.
    point : RunPoint
        Its point, which keeps frames.
    """
    path = folder.trajectory_path(run_id)
    if not path.is_dir():
        return "its frames are lost"
    try:
        open_trajectory(folder.path, run_id).close()
        group = zarr.open_group(path, mode="r")
        may_end_early, ended = isinstance(point.protocol, CoexistPoint), False
        for name, array in group.arrays():
            # By chunks, each of which has its own checksum: long trajectories don't fit in memory.
            step = array.chunks[0] if array.chunks else 1
            for start in range(0, array.shape[0], step):
                part = np.asarray(array[start : start + step])
                if name != "cell":
                    continue
                missing = np.append(ended, np.isnan(part).any(axis=(1, 2)))
                ended = bool(missing[-1])
                if missing.any() and not (
                    may_end_early and (np.diff(missing.astype(int)) >= 0).all()
                ):
                    return f"frames from {start} on are not all there"
        found = len(np.asarray(group["time"]))
    except LbhsweepError as error:
        return str(error)
    # What zarr and its codecs raise on damaged files is of many kinds.
    except Exception as error:
        return f"can't be read: {type(error).__name__}: {error}"
    wanted = n_frames(point)
    return "" if found == wanted else f"has {found} frames, wanted {wanted}"
