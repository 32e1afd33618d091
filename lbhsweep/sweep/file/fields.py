"""How the values of a sweep's keys are written: quantities, ranges, lists, potentials.

Each class here annotates a pydantic field: it reads what the user wrote and provides
the JSON Schema from which editors complete it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from lbhsweep.messages import MAX_TEXT, nearest, shown
from lbhsweep.physics.forcefield import ForceField, load_force_field, shipped_force_fields
from lbhsweep.sweep.file.span import is_span, span_ends, span_form, span_texts
from lbhsweep.units import BASE_UNITS, parse_quantity, units_of

MAX_COUNT = 10_000
_NUMBER_PATTERN = r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?"


def as_list(value: object) -> object:
    """Accept one mapping where a list of mappings is expected."""
    return [value] if isinstance(value, dict) else value


def quantity_text(value: float, dimension: str) -> str:
    """Write a quantity as a user would: ``0.4 GPa``, ``0.5 fs``."""
    if dimension == "time" and value < 0.1:
        return f"{value * 1e3:.12g} fs"
    if dimension == "time" and value >= 1e3:
        return f"{value / 1e3:.12g} ns"
    return f"{value:.12g} {BASE_UNITS[dimension]}"


@dataclass(frozen=True, slots=True)
class QuantityBetween:
    """A text such as ``0.4 GPa``, read into a float in the dimension's base unit.

    Attributes
    ----------
    dimension : str
        A key of `lbhsweep.units.BASE_UNITS`.
    low, high : float
        Smallest and largest allowed value, in the base unit.
    example : str
        Shown in messages and to editors.
    above : bool
        Whether `low` itself is not allowed.
    why : str
        Reason of the limits, for the message.
    """

    dimension: str
    low: float
    high: float
    example: str
    above: bool = False
    why: str = ""

    def read(self, value: object) -> float:
        """Parse and check one value; UnitError or ValueError say what is wrong."""
        known = ", ".join(units_of(self.dimension))
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise ValueError(self._refusal(value, known))
        if len(str(value)) > MAX_TEXT:
            raise ValueError(self._refusal(value, known))
        number = parse_quantity(value, self.dimension, self.example) + 0.0
        if not self.low <= number <= self.high or (self.above and number == self.low):
            raise ValueError(f"got {shown(value)}, wanted {self.limits}{self.why}")
        return number

    def _refusal(self, value: object, known: str) -> str:
        return (
            f"got {shown(value)}, wanted a {self.dimension} with its unit ({known}), "
            f"for example '{self.example}'"
        )

    @property
    def limits(self) -> str:
        """Describe the allowed values."""
        low = quantity_text(self.low, self.dimension)
        high = quantity_text(self.high, self.dimension)
        return f"{'more than' if self.above else 'at least'} {low} and at most {high}"

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        units = "|".join(units_of(self.dimension))
        return {
            "type": "string",
            "pattern": rf"^\s*{_NUMBER_PATTERN}\s*({units})\s*$",
            "description": f"A {self.dimension}, {self.limits}.",
            "examples": [self.example],
        }


@dataclass(frozen=True, slots=True)
class RelaxedOr:
    """The word ``relaxed``, read as 0, or a quantity at which something is held."""

    quantity: QuantityBetween

    def read(self, value: object) -> float:
        """Parse the word or the quantity."""
        return 0.0 if value == "relaxed" else self.quantity.read(value)

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        held = self.quantity.__get_pydantic_json_schema__(schema, handler)
        return {"anyOf": [{"const": "relaxed"}, held]}


@dataclass(frozen=True, slots=True)
class Span:
    """The two ends of a range, ``300 K .. 700 K`` or ``{from: 300 K, to: 700 K}``."""

    quantity: QuantityBetween

    def read(self, value: object) -> tuple[float, float]:
        """Parse the ends, lower first."""
        low, high = (self.quantity.read(end) for end in span_ends(value, self.quantity.dimension))
        if low >= high:
            raise ValueError(f"got {shown(value)}, wanted the lower end first, then the higher")
        return low, high

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        end = self.quantity.__get_pydantic_json_schema__(schema, handler)
        return {"anyOf": [_span_text_schema(self.quantity, step=False), _span_schema(end, ())]}


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of distinct values; one value may stand alone.

    Attributes
    ----------
    noun : str
        What the values are, for messages.
    quantity : QuantityBetween, optional
        Given where ranges may be written instead of lists.
    count : bool
        Whether a lone whole number n means 0, 1, … n−1.
    """

    noun: str
    quantity: QuantityBetween | None = None
    count: bool = False

    def spread(self, value: object) -> object:
        """Convert every way of writing the values to a list."""
        if self.quantity and is_span(value):
            return span_texts(value, self.quantity.read, self.quantity.dimension)
        if self.count and isinstance(value, int) and not isinstance(value, bool):
            return _counted(value, self.noun)
        if value is None or value == []:
            raise ValueError(f"empty, wanted at least one {self.noun}")
        return value if isinstance(value, list | tuple) else [value]

    def distinct(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Refuse a value that is given twice."""
        first: dict[object, int] = {}
        for place, value in enumerate(values):
            name = getattr(value, "name", value)
            if name in first:
                text = quantity_text(value, self.quantity.dimension) if self.quantity else name
                raise ValueError(
                    f"{text} is given twice, as entries {first[name] + 1} and {place + 1}; "
                    "wanted distinct values"
                )
            first[name] = place
        return values

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.chain_schema(
            [
                core_schema.no_info_plain_validator_function(self.spread),
                core_schema.no_info_after_validator_function(self.distinct, handler(source)),
            ]
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        values = handler(schema["steps"][1])
        item = values["items"]
        forms = [item, {"type": "array", "items": item, "minItems": 1, "uniqueItems": True}]
        if self.quantity:
            forms += [_span_text_schema(self.quantity, step=True), _span_schema(item, ("step",))]
        if self.count:
            forms[0] = {"type": "integer", "minimum": 1, "description": f"how many {self.noun}s"}
        return {"anyOf": forms}


def _counted(count: int, noun: str) -> list[int]:
    if not 1 <= count <= MAX_COUNT:
        raise ValueError(f"got {shown(count)}, wanted from 1 to {MAX_COUNT} {noun}s")
    return list(range(count))


def _span_text_schema(quantity: QuantityBetween, *, step: bool) -> JsonSchemaValue:
    return {
        "type": "string",
        "pattern": r"^.+\.\..+ step .+$" if step else r"^.+\.\..+$",
        "description": f"A range: {span_form(quantity.dimension, step=step)}.",
    }


def _span_schema(item: JsonSchemaValue, more: tuple[str, ...]) -> JsonSchemaValue:
    keys = ("from", "to", *more)
    return {
        "type": "object",
        "properties": dict.fromkeys(keys, item),
        "required": list(keys),
        "additionalProperties": False,
    }


def finder(info: ValidationInfo) -> Callable[[str], Path]:
    """Return the function that finds a file named in a document."""
    find: Callable[[str], Path] = (info.context or {}).get("find", Path)
    return find


@dataclass(frozen=True, slots=True)
class PotentialChoice:
    """The name of a shipped force field, or the path of a parameter file, as a ForceField."""

    def read(self, value: object, info: ValidationInfo) -> ForceField:
        """Load the force field; paths are relative to the sweep file's folder."""
        if isinstance(value, ForceField):
            return value
        known = shipped_force_fields()
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"got {shown(value)}, wanted a potential: {', '.join(known)}")
        if value in known:
            return load_force_field(value)
        if "/" not in value and not value.endswith((".yaml", ".yml")):
            raise ValueError(
                f"unknown potential {shown(value)}; {nearest(value, known)}, "
                "or the path of a parameter file ending in .yaml"
            )
        return self._from_file(value, finder(info)(value))

    def _from_file(self, value: str, path: Path) -> ForceField:
        if not _is_file(path):
            raise ValueError(
                f"no parameter file {shown(value)}, looked for {shown(str(path))}; "
                "paths are relative to the folder of this file"
            )
        force_field = load_force_field(path)
        if force_field.name in shipped_force_fields() and (
            force_field.digest != load_force_field(force_field.name).digest
        ):
            raise ValueError(
                f"{shown(value)} is named {force_field.name!r} but differs from the shipped "
                "set of that name; give it a name of its own"
            )
        return force_field

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {
            "type": "string",
            "description": "A shipped force field, or the path of a parameter file (.yaml).",
            "examples": list(shipped_force_fields()),
        }


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
