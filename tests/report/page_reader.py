"""Reads a page as a browser would, and notes what is wrong with it."""

from html.parser import HTMLParser

VOID = {"img", "meta", "br"}


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attrs, self.pieces = [], [], [], []
        self.balanced = True

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attrs.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.balanced = False

    def handle_data(self, data):
        self.pieces.append((self.open[-1] if self.open else "", data))

    @property
    def text(self):
        return "".join(data for tag, data in self.pieces if tag != "style")

    def attributes(self, tag):
        return [attrs for name, attrs in self.attrs if name == tag]

    def of(self, tag):
        return "".join(data for name, data in self.pieces if name == tag)


def read_page(page):
    reader = _Reader()
    reader.feed(page)
    reader.close()
    reader.balanced = reader.balanced and not reader.open
    return reader
