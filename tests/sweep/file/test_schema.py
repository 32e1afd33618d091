"""The JSON Schema says the same as the model."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from lbhsweep.cli.schema import command
from lbhsweep.sweep.file.schema import sweep_json_schema, sweep_json_schema_text
from lbhsweep.sweep.file.spec import SweepSpec
from lbhsweep.units import KNOWN_UNITS, parse_quantity

SWEEPS = Path(__file__).parents[3] / "sweeps"
SCHEMA = sweep_json_schema()


def inner(schema):
    """Walk through a schema and all that it holds."""
    yield schema
    for value in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(value, dict | list):
            yield from inner(value)


PARTS = [part for part in inner(SCHEMA) if isinstance(part, dict)]


def test_exported_copy_is_current():
    """If this fails: lbhsweep schema > sweeps/sweep.schema.json."""
    assert (SWEEPS / "sweep.schema.json").read_text() == sweep_json_schema_text()


def test_command_prints_it():
    result = CliRunner().invoke(command, [])
    assert json.loads(result.stdout) == SCHEMA


def test_dialect_and_required_keys():
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["required"] == ["name", "axes", "protocol"]
    assert SCHEMA["properties"].keys() == SweepSpec.model_fields.keys()


def test_every_mapping_refuses_unknown_keys_and_every_key_is_described():
    mappings = [part for part in PARTS if part.get("type") == "object"]
    assert len(mappings) > 10
    for mapping in mappings:
        assert mapping["additionalProperties"] is False
        assert all({"description", "$ref"} & key.keys() for key in mapping["properties"].values())
    assert all(definition["description"] for definition in SCHEMA["$defs"].values())


def quantity_patterns():
    for part in PARTS:
        for dimension in {unit.dimension for unit in KNOWN_UNITS.values()}:
            if part.get("type") == "string" and f"A {dimension}, " in part.get("description", ""):
                yield dimension, part


def test_patterns_of_quantities_accept_what_is_read():
    found = list(quantity_patterns())
    assert {dimension for dimension, _ in found} >= {"pressure", "temperature", "rate"}
    for dimension, part in found:
        (example,) = part["examples"]
        assert re.search(part["pattern"], example)
        parse_quantity(example, dimension)
        for name, unit in KNOWN_UNITS.items():
            matches = re.search(part["pattern"], f"1.5e0 {name}") is not None
            assert matches == (unit.dimension == dimension)


@pytest.mark.parametrize("path", sorted(SWEEPS.rglob("*.yaml")), ids=lambda path: path.name)
def test_shipped_sweeps_point_to_the_schema(path):
    found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text())
    assert (path.parent / found[1]).resolve() == SWEEPS / "sweep.schema.json"
