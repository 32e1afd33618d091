"""Optional packages that are installed but broken count as absent."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

OPTIONAL = frozenset(
    {"ase", "MDAnalysis", "bokeh", "h5netcdf", "h5py", "pyarrow", "cupy", "jax", "jaxlib", "sparse"}
)
"""Packages of this package's extras and of pandas', and other arrays than numpy's.

Those are never hidden: SciPy takes a name in `sys.modules` for an imported package.
"""
UNUSED = (
    "bottleneck",
    "cftime",
    "flox",
    "netCDF4",
    "numbagg",
    "pint",
)
"""What xarray takes where it is installed, and no command needs.

Some of them sum in another order, so that results would differ between machines.
"""


def take_broken_for_absent() -> None:
    """From here on, an import of an optional package that raises anything raises ImportError.

    Whoever can do without a package catches ImportError, and a package built for another version
    of numpy raises AttributeError, RuntimeError or TypeError instead.  Packages that no command
    needs are absent in any case.
    """
    for name in UNUSED:
        # Neither found nor imported, whoever asks.
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in OPTIONAL:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                    spec.loader = _Careful(spec.loader)
                return spec
        return None


class _Careful(Loader):
    """Loads as another loader does; any error is an ImportError."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        try:
            return self._loader.create_module(spec)
        except ImportError:
            raise
        except Exception as error:
            raise _broken(spec.name, error) from error

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        try:
            self._loader.exec_module(module)
        except ImportError:
            raise
        except Exception as error:
            raise _broken(name, error) from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


def _broken(name: str, error: Exception) -> ImportError:
    return ImportError(f"{name} is installed but can't be imported: {error!r}", name=name)
