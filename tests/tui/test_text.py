"""Text from outside never steers the terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmv_tui.tui.text.lines import plain, short_path


@given(st.text())
def test_whatever_comes_in_one_printable_line_comes_out(text: str) -> None:
    assert plain(text).isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("left", "left"),
        ("Käfig 3 上", "Käfig 3 上"),
        ("a\x1b]0;title\x07b", "a ]0;title b"),
        ("one\r\ntwo", "one two"),
        ("\u202egnirts", "gnirts"),
        ("[bold]kept[/bold]", "[bold]kept[/bold]"),
    ],
)
def test_only_what_cannot_be_shown_is_taken_out(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_long_path_keeps_its_end() -> None:
    assert short_path("/data/rigs/maze/config.toml", 20) == "…/maze/config.toml"
    assert short_path("/data/config.toml", 20) == "/data/config.toml"


def test_the_home_folder_is_a_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert short_path("/home/me/rig/config.toml", 80) == "~/rig/config.toml"
