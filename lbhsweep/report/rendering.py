"""HTML from the templates of a package: whatever is filled in is escaped."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def make_environment(package: str) -> Environment:
    """Build the environment that renders the folder ``templates`` of a package.

    Parameters
    ----------
    package : str
        Name of the package.

    Returns
    -------
    Environment
        It escapes every value, and raises an error for a name without a value.
    """
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
