"""Writing a trajectory: whole chunks, each once; the bytes do not depend on interruptions."""

from __future__ import annotations

import math
import shutil
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec, TransposeCodec

from lbhsweep.atomic import DIRECTORY_MODE, is_there, storing, sync, sync_tree
from lbhsweep.errors import StoreError
from lbhsweep.store.texts import TEXT_ATTRIBUTES

TRAJECTORY_SCHEMA = 1
"""Version of the format; it rises when an older reader would misread a newer trajectory."""
CHUNK_BYTES = 1 << 20
"""Least size of a chunk of positions: smaller ones make many files, larger ones need memory."""
FEWEST_FRAMES = 16
"""Least number of frames in a chunk: compression needs the bits that repeat between frames."""

Array = npt.NDArray[Any]
_DAMAGE = (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError, RuntimeError)
"""What zarr raises on missing, torn or foreign content; other errors of storage say nothing."""
_PARTIAL = "*.partial"
"""Files that zarr was writing when its process was killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrajectoryLayout:
    """The data of a trajectory that are known before its first frame.

    Attributes
    ----------
    run_id : str
        The run.
    symbols : tuple of str
        Chemical symbol of each atom.
    molecule : (n_atoms,) int32
        0 for single ions, otherwise the anion's number from 1.
    masses, charges : (n_atoms,) float64
        g/mol and e.
    times : (n_frames,) float64
        ps from the start of production.
    temperatures : (n_frames,) float64
        K, of the baths.
    velocities : bool
        Whether frames hold velocities.
    attributes : mapping
        JSON values: the run's point, versions, and what else describes it.
    """

    run_id: str
    symbols: tuple[str, ...]
    molecule: Array
    masses: Array
    charges: Array
    times: Array
    temperatures: Array
    velocities: bool
    attributes: Mapping[str, Any]

    @property
    def n_atoms(self) -> int:
        """Atoms in a frame."""
        return len(self.symbols)

    @property
    def n_frames(self) -> int:
        """Frames of the whole run."""
        return len(self.times)

    @property
    def frames_per_chunk(self) -> int:
        """Frames that are written together."""
        wanted = math.ceil(CHUNK_BYTES / (3 * 4 * self.n_atoms))
        return max(1, min(self.n_frames, max(FEWEST_FRAMES, wanted)))

    @property
    def frame_shapes(self) -> dict[str, tuple[tuple[int, ...], str]]:
        """Shape and type of each array's part of a frame.

        The cell is written last, so that its presence shows that the frame is complete.
        """
        shapes: dict[str, tuple[tuple[int, ...], str]] = {"positions": ((self.n_atoms, 3), "f4")}
        if self.velocities:
            shapes["velocities"] = ((self.n_atoms, 3), "f4")
        return {**shapes, "cell": ((3, 3), "f8")}


class TrajectoryWriter:
    """Writes the frames of one run, in their order.

    The arrays have their full size from the beginning, NaN where nothing is written yet.  Frames
    are kept in memory until they fill a chunk, and every chunk is written once and whole.  `state`
    returns those in memory.  What an attempt wrote after its last checkpoint the next attempt
    writes again, the same to the last byte.

    Parameters
    ----------
    path : Path
        Folder of the zarr.
    layout : TrajectoryLayout
        Its arrays.
    """

    def __init__(self, path: Path, layout: TrajectoryLayout) -> None:
        self.path = path
        self._layout = layout
        size = layout.frames_per_chunk
        self._waiting: dict[str, Array] = {
            name: np.full((size, *shape), np.nan, dtype)
            for name, (shape, dtype) in layout.frame_shapes.items()
        }
        self._arrays: dict[str, zarr.Array[Any]] = {}
        self._count = 0

    def create(self) -> None:
        """Create an empty trajectory in place of whatever is there.

        Raises
        ------
        StoreError
            If it can't be written.
        """
        with storing(self.path):
            if self.path.exists():
                shutil.rmtree(self.path)
            self.path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
            self._create_arrays()
            sync_tree(self.path)
            for folder in (self.path.parent, self.path.parent.parent):
                sync(folder)
        self._count = 0

    def append(self, **frame: Array) -> None:
        """Add a frame: arrays by name, of the layout's shapes; Å and Å/ps.

        Raises
        ------
        StoreError
            If it fills a chunk and that can't be written.
        """
        place = self._count % self._layout.frames_per_chunk
        for name, waiting in self._waiting.items():
            waiting[place] = frame[name]
        self._count += 1
        if place + 1 == self._layout.frames_per_chunk:
            self._write_chunk()

    def state(self) -> dict[str, Array]:
        """Return the number of frames, and those that are not written yet."""
        n_waiting = self._count % self._layout.frames_per_chunk
        waiting = {name: frames[:n_waiting].copy() for name, frames in self._waiting.items()}
        return {"count": np.array(self._count), **waiting}

    def restore(self, arrays: Mapping[str, Array]) -> bool:
        """Continue from what `state` returned.

        Returns
        -------
        bool
            Whether that is possible.  If files are lost that later frames do not rewrite, it is
            not, and the run must start again.

        Raises
        ------
        StoreError
            If storage does not answer.
        """
        self._count = int(arrays["count"])
        for name, waiting in self._waiting.items():
            waiting[: len(arrays[name])] = arrays[name]
        with storing(self.path):
            for leftover in self.path.rglob(_PARTIAL):
                leftover.unlink()
            return not self._find_loss(self._count // self._layout.frames_per_chunk)

    def finish(self) -> None:
        """Write the remaining frames, all through to the disk.

        Raises
        ------
        StoreError
            If it can't be written, or parts of it were removed.
        """
        size = self._layout.frames_per_chunk
        n_waiting = self._count % size
        if n_waiting:
            for waiting in self._waiting.values():
                waiting[n_waiting:] = np.nan
            self._write_chunk()
        with storing(self.path):
            lost = self._find_loss(math.ceil(self._count / size))
            if not lost:
                sync_tree(self.path)
        if lost:
            raise self._loss_error(lost)

    def _loss_error(self, lost: str) -> StoreError:
        return StoreError(
            f"{self.path}: the trajectory has lost {lost} while its run continued; "
            "give the same command again, which starts that run from the beginning"
        )

    def _write_chunk(self) -> None:
        size = self._layout.frames_per_chunk
        chunk = (self._count - 1) // size
        end = min((chunk + 1) * size, self._layout.n_frames)
        with storing(self.path):
            for name, waiting in self._waiting.items():
                self._array(name)[chunk * size : end] = waiting[: end - chunk * size]
                file = self._chunk_file(name, chunk)
                # Before any checkpoint without these frames.
                sync(file)
                sync(file.parent)

    def _array(self, name: str) -> zarr.Array[Any]:
        if name not in self._arrays:
            try:
                self._arrays[name] = zarr.open_array(self.path / name, mode="r+")
            except (FileNotFoundError, KeyError, ValueError) as error:
                raise self._loss_error(name) from error
        return self._arrays[name]

    def _chunk_file(self, name: str, chunk: int) -> Path:
        key = self._array(name).metadata.encode_chunk_key(
            (chunk, *(0 for _ in self._layout.frame_shapes[name][0]))
        )
        return self.path / name / key

    def _find_loss(self, n_chunks: int) -> str:
        """Return the name of what a trajectory with `n_chunks` lacks; empty if it is complete."""
        self._arrays.clear()
        try:
            group = zarr.open_group(self.path, mode="r", use_consolidated=False)
            if group.attrs["run_id"] != self._layout.run_id:
                return "its attributes"
            for name, _, values, _, _ in _constants(self._layout):
                array = zarr.open_array(self.path / name, mode="r")
                if array.shape != np.shape(values) or array.nchunks_initialized < 1:
                    return name
            for name, (shape, _) in self._layout.frame_shapes.items():
                if self._array(name).shape != (self._layout.n_frames, *shape):
                    return name
                for chunk in range(n_chunks):
                    if not is_there(self._chunk_file(name, chunk)):
                        return f"a chunk of {name}"
        except (StoreError, *_DAMAGE):
            # A StoreError here is always that of an array which is missing.
            return "files"
        return ""

    def _create_arrays(self) -> None:
        layout = self._layout
        group = zarr.open_group(self.path, mode="w", zarr_format=3)
        for name, dims, values, units, long_name in _constants(layout):
            values = np.asarray(values)
            group.create_array(
                name,
                data=values,
                chunks=tuple(max(1, n) for n in values.shape),
                dimension_names=dims,
                # A chunk of zeros would otherwise look lost.
                config={"write_empty_chunks": True},
                attributes=_described(units, long_name)
                | (TEXT_ATTRIBUTES if values.dtype.kind == "T" else {}),
            )
        for name, (shape, dtype) in layout.frame_shapes.items():
            units, long_name = _FRAMES[name]
            group.create_array(
                name,
                shape=(layout.n_frames, *shape),
                dtype=dtype,
                chunks=(layout.frames_per_chunk, *shape),
                # All chunks in one folder, so that only that folder is synced with each.
                chunk_key_encoding={"name": "default", "separator": "."},
                dimension_names=("time", "vector" if name == "cell" else "atom", "xyz"),
                fill_value=np.nan,
                # One coordinate's values in time side by side, and their leading bytes together,
                # so that repeating bytes are neighbours.
                filters=TransposeCodec(order=(1, 2, 0)),
                compressors=(
                    BloscCodec(
                        typesize=np.dtype(dtype).itemsize, cname="zstd", clevel=3, shuffle="shuffle"
                    ),
                    Crc32cCodec(),
                ),
                attributes=_described(units, long_name),
            )
        # How CF marks coordinates that are no dimension's own.
        coordinates = "temperature symbol molecule mass charge"
        group.attrs.put(
            {
                **layout.attributes,
                "run_id": layout.run_id,
                "coordinates": coordinates,
                "trajectory_schema": TRAJECTORY_SCHEMA,
            }
        )
        with warnings.catch_warnings():
            # zarr warns that other languages may ignore them; xarray warns when they are absent.
            warnings.filterwarnings("ignore", "Consolidated metadata", UserWarning)
            zarr.consolidate_metadata(self.path)


_FRAMES = {
    "positions": ("angstrom", "positions, unwrapped: atoms that leave the cell stay outside"),
    "velocities": ("angstrom/ps", "velocities relative to the deforming cell"),
    "cell": ("angstrom", "lattice vectors"),
}

Constant = tuple[str, tuple[str, ...], Any, str, str]


def _constants(layout: TrajectoryLayout) -> Iterator[Constant]:
    """Return the constant arrays: name, dimensions, values, units, long name."""
    text = np.dtypes.StringDType()
    symbols = np.array(layout.symbols, dtype=text)
    yield "time", ("time",), layout.times, "ps", "time from the start of production"
    yield "temperature", ("time",), layout.temperatures, "K", "temperature of the baths"
    yield "symbol", ("atom",), symbols, "", "chemical symbol"
    number = "number of the anion, 0 for single ions"
    yield "molecule", ("atom",), layout.molecule, "", number
    yield "mass", ("atom",), layout.masses, "g/mol", "mass"
    yield "charge", ("atom",), layout.charges, "e", "charge"
    yield "xyz", ("xyz",), np.array(["x", "y", "z"], dtype=text), "", "Cartesian direction"
    yield "vector", ("vector",), np.array(["a", "b", "c"], dtype=text), "", "lattice vector"


def _described(units: str, long_name: str) -> dict[str, Any]:
    return {"units": units, "long_name": long_name} if units else {"long_name": long_name}
