from hypothesis import given
from hypothesis import strategies as st
from report.page_reader import read_page

from lbhsweep.report.html import Html, bullets, definitions, join, section, table, tag


@given(st.text(), st.text())
def test_text_and_attributes_are_escaped_and_read_back_as_they_were(text, value):
    page = read_page(tag("p", text, title=value))
    assert page.balanced
    assert page.text == text
    assert page.attributes("p") == [{"title": value}]
    assert page.tags == ["p"]


def test_html_goes_in_as_it_is_and_nothing_else_does():
    assert tag("p", tag("b", "a & b"), " <i>") == "<p><b>a &amp; b</b> &lt;i&gt;</p>"
    assert join([Html("<br>"), "<br>", 3]) == "<br>&lt;br&gt;3"


def test_names_that_python_reserves_and_elements_without_an_end():
    assert tag("td", class_="a", data_value="1") == '<td class="a" data-value="1"></td>'
    assert tag("img", src="a.png", alt='"') == '<img src="a.png" alt="&quot;">'


def test_structures_are_balanced():
    parts = [
        table(("a", "b"), [("x", 1), ("y", "<script>")], "title"),
        bullets(["one", "two"]),
        definitions([("term", tag("code", "said"))]),
        section("Title", "text", key="here"),
    ]
    page = read_page(join(parts))
    assert page.balanced
    assert page.tags.count("td") == 2
    assert page.tags.count("th") == 4
    assert "script" not in page.tags
    assert bullets([]) == ""
