"""Texts that are no YAML of a sweep file, with the message that says so."""

# ruff: noqa: E501 - a message stands in one line, as users see and search it

from sweep.file.sweep_texts import case

CASES = [
    case(
        "duplicate key",
        "name: a\nname: b\n",
        "2: name: duplicate key, given first in line 1; keep one",
    ),
    case(
        "tab",
        "name: a\naxes:\n\tpressure: 0 GPa\n",
        "3: syntax: found a tab, wanted spaces for indentation",
    ),
    case(
        "unclosed bracket",
        "name: a\naxes: [1, 2\n",
        "3: syntax: not YAML: while parsing a flow sequence, expected ',' or ']', but got '<stream end>'",
    ),
    case(
        "colon in a value",
        "name: a: b\n",
        "1: syntax: not YAML: mapping values are not allowed here",
    ),
    case(
        "unknown alias",
        "name: *a\n",
        "1: syntax: not YAML: found undefined alias 'a'",
    ),
    case(
        "alias of itself",
        "name: a\naxes: &x {pressure: *x}\n",
        "2: axes.pressure: an alias that contains itself; write the values out",
    ),
    case(
        "python tag",
        "name: !!python/object:os.system x\n",
        "1: name: tag 'tag:yaml.org,2002:python/object:os.system' is not allowed, wanted plain values",
    ),
    case(
        "merge key",
        "name: a\naxes: {<<: {pressure: 0 GPa}}\n",
        "2: axes: merge keys '<<' are not allowed; write the keys out",
    ),
    case(
        "list as key",
        "name: a\n[b]: c\n",
        "2: file: a key is a list or mapping, wanted a text",
    ),
    case(
        "two documents",
        "name: a\n---\nname: b\n",
        "2: syntax: not YAML: expected a single document in the stream, but found another document",
    ),
    case(
        "list at the top",
        "- name: a\n",
        "1: file: holds a list at the top, wanted keys such as 'name:'",
    ),
    case(
        "text at the top",
        "hello\n",
        "1: file: holds just hello at the top, wanted keys such as 'name:'",
    ),
    case(
        "empty file",
        "",
        "1: file: is empty, wanted a mapping of keys to values",
    ),
    case(
        "only comments",
        "# name: a\n",
        "1: file: is empty, wanted a mapping of keys to values",
    ),
    case(
        "deep nesting",
        "name: " + "[" * 60 + "]" * 60 + "\n",
        "1: name[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]…: nested too deeply, wanted at most 40 levels",
    ),
    case(
        "billion laughs",
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n"
            for p, c in zip("abcdefg", "bcdefgh", strict=True)
        ),
        "1: e[5][5][7][5][0]: aliases expand to more than 50,000 values; write the values out",
    ),
    case(
        "control character",
        "name: a\x01\n",
        "1: syntax: not YAML: unacceptable character #x0001: special characters are not allowed",
    ),
]
