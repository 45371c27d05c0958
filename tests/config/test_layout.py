"""Places in a TOML text: checked against what the standard library reads there."""

import tomllib
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from pmv_tui.config.toml_text import KeyPath, Place, line_of, scan

texts = st.text(st.characters(codec="utf-8"), max_size=8)
scalars = st.one_of(
    texts, st.integers(-(2**40), 2**40), st.booleans(), st.floats(allow_nan=False), st.dates()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(texts, values, max_size=5)


def leaves(value: Any, path: KeyPath = ()) -> list[tuple[KeyPath, Any]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]
    if isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        return [leaf for i, inner in enumerate(value) for leaf in leaves(inner, (*path, i))]
    return [(path, value)]


def read_at(text: str, place: Place) -> Any:
    return tomllib.loads(f"value = {text[place.value : place.end]}")["value"]


@given(documents, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_every_value_stands_where_it_is_said_to(
    document: dict[str, Any], newline: str, several_lines: bool
) -> None:
    text = tomli_w.dumps(document, multiline_strings=several_lines).replace("\n", newline)
    places = scan(text)
    for path, value in leaves(tomllib.loads(text)):
        assert read_at(text, places[path]) == value, path


HARD = '''\
\ufeff# a comment = [ "not a value" ]
top = 1979-05-27 07:32:00  # with a space
"quoted key" . 'and.dotted' = 'C:\\Users'
text = """two quotes "" and at the end: """""
literal = \'\'\'it's
[[cameras]] # in a text
\'\'\'
escaped = "a \\" # b"

[ block . inner ]
list = [ # comment ]
  1, [ "]", 2 ], { x = 1, y.z = "}" },
]
[[cameras]]
fps = 1
[other]
[[cameras]]
  fps = 0b11
'''


@pytest.mark.parametrize(
    "path",
    [
        ("top",),
        ("quoted key", "and.dotted"),
        ("text",),
        ("literal",),
        ("escaped",),
        ("block", "inner", "list"),
        ("block", "inner", "list", 1),
        ("block", "inner", "list", 2, "y", "z"),
        ("cameras", 0, "fps"),
        ("cameras", 1, "fps"),
    ],
)
def test_unusual_writing_is_understood(path: KeyPath) -> None:
    wanted: Any = tomllib.loads(HARD.removeprefix("\ufeff"))
    for key in path:
        wanted = wanted[key]
    assert read_at(HARD, scan(HARD)[path]) == wanted


def test_lines_are_counted_from_one_and_fall_back_to_what_is_around() -> None:
    places = scan(HARD)
    assert line_of(HARD, places, ("cameras", 1, "fps")) == 18
    assert line_of(HARD, places, ("cameras", 1, "unique_id")) == 17
    assert line_of(HARD, places, ("nowhere",)) is None
