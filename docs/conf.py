"""The documentation site: ``python -m sphinx -W -b html docs docs/_build``."""

import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from lbhsweep import __version__  # noqa: E402

project = "lbhsweep"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "reference_pages"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "notebooks"]
suppress_warnings = ["myst.header"]
html_theme = "furo"
html_title = f"lbhsweep {__version__}"
html_static_path: list[str] = []
html_extra_path = ["notebooks"]
autodoc_member_order = "bysource"
autodoc_typehints = "none"
# Large, and no part of the extra "docs".
autodoc_mock_imports = [name for name in ("MDAnalysis",) if not find_spec(name)]
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
nitpicky = False
