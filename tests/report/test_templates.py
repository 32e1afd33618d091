"""Templates: what is filled in is escaped, what is missing is an error, elements are balanced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from report.page_reader import read_page

from lbhsweep.report.parts import Definition, TableCell, table
from lbhsweep.report.rendering import make_environment

ENVIRONMENT = make_environment("lbhsweep.report")
PARTS = ENVIRONMENT.get_template("parts.html").module
# A browser reads both as one line feed.
TEXTS = st.text().map(lambda text: text.replace("\r", "").replace("\0", ""))


@given(TEXTS, TEXTS, TEXTS)
def test_texts_and_attributes_are_escaped_and_read_back_as_they_were(text, value, note):
    page = read_page(str(PARTS.cell(TableCell(text, value=value, note=note))))
    assert page.balanced
    assert page.text == (text + note if value else text)
    assert page.attributes("data") == ([{"value": value}] if value else [])
    assert set(page.tags) <= {"data"}


@given(TEXTS, TEXTS)
def test_hints_and_code_are_escaped(text, hint):
    page = read_page(str(PARTS.cell(TableCell(text, hint=f"?{hint}"))))
    assert page.attributes("span") == [{"title": f"?{hint}"}]
    assert page.text == text
    code = read_page(str(PARTS.cell(TableCell(text, is_code=True))))
    assert code.tags == ["code"]
    assert code.text == text


def test_structures_are_balanced():
    made = table(("a", "<b>"), [("x", TableCell("1")), ("y", "<script>")], "<i>title</i>")
    nested = Definition("term", "", (Definition("<u>inner</u>", "text"),))
    page = read_page(str(PARTS.table(made)) + str(PARTS.formulas([nested])))
    assert page.balanced
    assert page.tags.count("td") == 2
    assert page.tags.count("th") == 4
    assert page.tags.count("dl") == 2
    assert not {"script", "b", "i", "u"} & set(page.tags)
    assert "<i>title</i>" in page.text
    assert read_page(str(PARTS.formulas([]))).tags == []


def test_a_name_that_nothing_supplies_is_an_error():
    with pytest.raises(UndefinedError, match="runs"):
        ENVIRONMENT.from_string("{{ runs.n_done }}").render()
