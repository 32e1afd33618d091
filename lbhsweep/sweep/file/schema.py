"""The JSON Schema of sweep files, from which editors complete and check them."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import CoreSchema

from lbhsweep.sweep.file.spec import SweepSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Untitled(GenerateJsonSchema):
    """Leaves out titles that only repeat the keys, and names definitions as the file's sections."""

    def field_title_should_be_set(self, schema: CoreSchema) -> bool:
        return False

    def normalize_name(self, name: str) -> str:
        return super().normalize_name(name).removesuffix("Section")


def sweep_json_schema() -> dict[str, Any]:
    """Describe sweep files: every key with its meaning, default and examples."""
    return {
        "$schema": DIALECT,
        **SweepSpec.model_json_schema(schema_generator=_Untitled),
        "title": "lbhsweep sweep",
    }


def sweep_json_schema_text() -> str:
    """Write the schema as it is shipped in ``sweeps/sweep.schema.json``."""
    return json.dumps(sweep_json_schema(), indent=2, ensure_ascii=False) + "\n"
