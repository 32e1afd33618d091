"""Errors of a validating model, in the words and lines of the user's file."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from types import SimpleNamespace
from typing import Any, TypeVar, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError, create_model
from pydantic_core import ErrorDetails

from lbhsweep.document import Document, KeyPath
from lbhsweep.errors import Problem, SpecError
from lbhsweep.messages import nearest, shown

M = TypeVar("M", bound=BaseModel)

_WANTED = {
    "int_type": "got {got}, wanted a whole number",
    "int_from_float": "got {got}, wanted a whole number",
    "bool_type": "got {got}, wanted true or false",
    "string_type": "got {got}, wanted a text",
    "string_too_long": "got {got}, wanted at most {max_length} characters",
    "too_long": "got {actual_length} entries, wanted at most {max_length}",
    "tuple_type": "got {got}, wanted a list",
    "greater_than_equal": "got {got}, wanted at least {ge}",
    "less_than_equal": "got {got}, wanted at most {le}",
}


def validate(model: type[M], document: Document) -> tuple[M | None, list[Problem]]:
    """Read a document into a model.

    Parameters
    ----------
    model : type of BaseModel
        What the file must hold; its `context` in validators has ``find``, which says where
        files are that it names.
    document : Document
        The file.

    Returns
    -------
    model instance or None
        None if anything is wrong.
    list of Problem
        Everything that is wrong.
    """
    try:
        return model.model_validate(document.data, context={"find": document.find}), []
    except ValidationError as error:
        found = (_problems(one, model, document) for one in error.errors(include_url=False))
        return None, list(dict.fromkeys(problem for problems in found for problem in problems))


def sound_part(model: type[M], data: dict[str, Any], document: Document) -> M:
    """Read those keys of a mapping that are valid, so that they can be checked further.

    Returns
    -------
    stand-in of the model
        Without the attributes whose keys are missing or wrong.
    """
    sound: dict[str, Any] = {}
    context = {"find": document.find}
    for name, field in model.model_fields.items():
        given = {name: data[name]} if name in data else {}
        inner = None if get_origin(field.annotation) is tuple else model_in(field.annotation)
        if inner and isinstance(given.get(name), dict):
            sound[name] = sound_part(inner, given[name], document)
            continue
        with suppress(ValidationError):
            alone = _model_of_one(model, name).model_validate(given, context=context)
            sound[name] = getattr(alone, name)
    return cast("M", SimpleNamespace(**sound))


@cache
def _model_of_one(model: type[BaseModel], name: str) -> type[BaseModel]:
    field = model.model_fields[name]
    definition: dict[str, Any] = {name: (field.annotation, field)}
    return create_model("OneKey", __config__=model.model_config, **definition)


def model_in(annotation: object) -> type[BaseModel] | None:
    """Find the model in an annotation such as ``tuple[Selection, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (model_in(one) for one in get_args(annotation))
    return next((one for one in inner if one), None)


def _problems(error: ErrorDetails, model: type[BaseModel], document: Document) -> list[Problem]:
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, SpecError):
        return list(cause.problems)
    path = document.as_written(error["loc"])
    about = _model_at(model, path if error["type"] == "model_type" else path[:-1])
    message = _message(error, about, document.at(path))
    return [document.problem(path, message)]


def _model_at(model: type[BaseModel], path: KeyPath) -> type[BaseModel]:
    for part in path:
        if isinstance(part, str):
            model = model_in(model.model_fields[part].annotation) or model
    return model


def _message(error: ErrorDetails, model: type[BaseModel], value: object) -> str:
    kind, name = error["type"], error["loc"][-1]
    context = error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "extra_forbidden":
        return f"unknown key; {nearest(str(name), tuple(model.model_fields))}"
    if kind == "literal_error":
        return f"got {shown(value)}, wanted {context['expected']}"
    if kind == "model_type":
        keys = ", ".join(model.model_fields)
        return f"got {shown(value)}, wanted a mapping with some of the keys {keys}"
    if kind == "missing":
        description = model.model_fields[str(name)].description or "a value"
        return f"missing, wanted {description[0].lower()}{description[1:].rstrip('.')}"
    if kind not in _WANTED:
        return f"got {shown(value)}: {error['msg']}"
    return _WANTED[kind].format(got=shown(error["input"]), **context)
