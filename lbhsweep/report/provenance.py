"""Where the results are from: versions, digest, and the force fields."""

from __future__ import annotations

import json
from dataclasses import dataclass

import xarray as xr

from lbhsweep import __version__
from lbhsweep.report.parts import Definition


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which versions made the results and the analysis, and with which force fields."""

    facts: tuple[Definition, ...]
    digest: str
    force_fields: tuple[Definition, ...]


def describe_provenance(results: xr.DataTree, analysis: xr.DataTree) -> Provenance:
    """Read the versions from the attributes of results and analysis."""
    of = results.attrs
    facts = {
        "simulated with": f"lbhsweep {of.get('package_version', 'unknown')}",
        "physics version": of.get("physics_version", "unknown"),
        "schema of the results": of.get("schema_version", "unknown"),
        "analysed with": f"lbhsweep {analysis.attrs.get('package_version', __version__)}",
        "schema of the analysis": analysis.attrs.get("schema_version", "unknown"),
    }
    return Provenance(
        facts=tuple(Definition(term, str(text)) for term, text in facts.items()),
        digest=str(analysis.attrs.get("results_digest", "unknown")),
        force_fields=_force_fields(str(of.get("force_fields", ""))),
    )


def _force_fields(text: str) -> tuple[Definition, ...]:
    try:
        listed = json.loads(text)
    except ValueError:
        return ()
    if not isinstance(listed, dict):
        return ()
    return tuple(Definition(name, json.dumps(one, indent=1)) for name, one in listed.items())
