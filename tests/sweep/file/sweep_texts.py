"""Sweep files as texts, right and with keys that are wrong."""

import pytest

RAMP = {
    "name": "t",
    "axes": "{pressure: 0 GPa, heating_rate: 20 K/ps}",
    "protocol": "{ramp: {temperature: 300 K .. 700 K}}",
}
HOLD = RAMP | {"axes": "{pressure: 0 GPa, temperature: 500 K}", "protocol": "{hold: {}}"}
COEXIST = HOLD | {"system": "{supercell: [2, 2, 6]}", "protocol": "{coexist: {}}"}


def yaml(base: dict, keys: dict) -> str:
    """A key a line: name, axes, protocol in lines 1 to 3, further keys after them."""
    return "".join(f"{key}: {value}\n" for key, value in (base | keys).items() if value is not None)


def ramp(**keys):
    return yaml(RAMP, keys)


def hold(**keys):
    return yaml(HOLD, keys)


def coexist(**keys):
    return yaml(COEXIST, keys)


def case(name, text, *problems):
    return pytest.param(text, list(problems), id=name)
