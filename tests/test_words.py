"""Code and documentation keep to the words that CONTRIBUTING lists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXTS = sorted(
    path
    for folder in ("lbhsweep", "docs", "sweeps", "cluster", "benchmarks")
    for pattern in ("*.py", "*.md", "*.yaml", "*.html", "*.ipynb")
    for path in (ROOT / folder).rglob(pattern)
    if not {"_generated", "_build"} & set(path.parts)
)
AVOIDED = re.compile(
    r"\b(dear|dearer|mourn\w*|worn|unborn|anew|stumbl\w*|make-believe|made-up|"
    r"in earnest|other minimum)\b",
    re.IGNORECASE,
)
"""Those of the list that have no other meaning here; a worker may be at rest, and a key be gone."""
GIVES = re.compile(r'"""Gives? ')


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_text_avoids_what_has_a_plainer_word(path):
    found = [
        f"{number}: {line.strip()}"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if AVOIDED.search(line) or GIVES.search(line)
    ]
    assert not found
