"""The documentation builds without a warning, and its links lead somewhere."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lbhsweep.sweep.file.spec import SweepSpec

ROOT = Path(__file__).parents[2]


class Links(HTMLParser):
    """Gathers a page's links and what can be linked to in it."""

    def __init__(self):
        super().__init__()
        self.links, self.names = [], set()

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.names |= {found[key] for key in ("id", "name") if key in found}
        self.links += [found[key] for key in ("href", "src") if key in found and tag != "link"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    line = ["sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", *line], cwd=ROOT, capture_output=True, text=True, timeout=800
    )
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def pages(site):
    found = {}
    for path in site.rglob("*.html"):
        found[path] = Links()
        found[path].feed(path.read_text(encoding="utf-8"))
    return found


def test_every_link_within_the_site_leads_somewhere(site, pages):
    assert len(pages) > 15
    broken = []
    for path, page in pages.items():
        for link in page.links:
            if re.match(r"[a-z]+:|//|#$|$", link):
                continue
            target, _, anchor = link.split("?")[0].partition("#")
            file = (path.parent / target).resolve() if target else path
            if not file.exists() or (anchor and file in pages and anchor not in pages[file].names):
                broken.append(f"{path.relative_to(site)}: {link}")
    assert not broken


def test_the_reference_holds_every_key_with_its_meaning(site):
    text = (site / "_generated" / "sweep_file.html").read_text(encoding="utf-8").replace("’", "'")
    for name, field in SweepSpec.model_fields.items():
        assert name in text
        assert " ".join((field.description or "").split())[:30] in text


def test_links_of_the_pages_on_a_forge_lead_somewhere():
    top = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")]
    for page in (*top, *(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "recipes").glob("*.md")):
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            # Pages that are written when the site is built aren't there before.
            if not re.match(r"[a-z]+:", link) and "_generated" not in link:
                assert (page.parent / link).exists(), f"{page.name}: {link}"
