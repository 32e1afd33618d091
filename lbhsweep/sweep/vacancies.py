"""Explicit arrangements of vacancies: tetrahedral sites by replica."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from lbhsweep.messages import shown
from lbhsweep.sweep.point import Site

EXAMPLE = "[[[0.25, 0.25, 0.25], [0.75, 0.25, 0.75]]]"
_QUARTERS = (0.25, 0.75)


def tetrahedral_sites(supercell: tuple[int, int, int]) -> frozenset[Site]:
    """Return the sites, in conventional cells, near each of which α and β have one Li."""
    along = ([cell + q for cell in range(n) for q in _QUARTERS] for n in supercell)
    return frozenset((x, y, z) for x, y, z in product(*along))


@dataclass(frozen=True, slots=True)
class SitesByReplica:
    """A list of sites for each replica, each site three numbers."""

    def read(self, value: object) -> tuple[tuple[Site, ...], ...]:
        """Read the lists; whether there are such sites depends on the supercell."""
        if not isinstance(value, list | tuple) or not value:
            raise ValueError(
                f"got {_got(value)}, wanted for each replica a list of sites, {EXAMPLE} for one "
                "replica and two sites"
            )
        return tuple(self._sites(one, number) for number, one in enumerate(value))

    def _sites(self, value: object, replica: int) -> tuple[Site, ...]:
        if not isinstance(value, list | tuple):
            raise ValueError(
                f"got {shown(value)} for replica {replica}, wanted a list of sites, {EXAMPLE} for "
                "one replica and two sites"
            )
        sites = tuple(_site(one) for one in value)
        if len(set(sites)) < len(sites):
            raise ValueError(f"a site of replica {replica} is given twice, wanted distinct sites")
        return sites

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        site = {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3}
        return {
            "type": "array",
            "items": {"type": "array", "items": site, "uniqueItems": True},
            "minItems": 1,
        }


def _site(value: object) -> Site:
    numbers = value if isinstance(value, list | tuple) else ()
    if len(numbers) != 3 or not all(_is_number(one) for one in numbers):
        raise ValueError(
            f"got a site {_got(value)}, wanted three numbers, {EXAMPLE} for one replica and two "
            "sites"
        )
    x, y, z = (float(one) for one in numbers)
    return x, y, z


def _got(value: object) -> str:
    return (
        f"[{', '.join(shown(one) for one in value)}]" if isinstance(value, list) else shown(value)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6
