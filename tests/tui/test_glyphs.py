"""Characters that the terminal has: ASCII where it has no more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.pilot import Pilot

from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.glyphs import choose_glyphs, in_ascii
from tests.tui.driving import drive, screen, until_shown
from tests.tui.rig_double import RigDouble, a_camera


@given(st.text(st.characters(exclude_categories=["C"])))
def test_a_text_in_ascii_is_as_wide_as_it_was(text: str) -> None:
    written = in_ascii(text)
    assert written.isascii()
    assert len(written) == cell_len(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("● plugged", "* plugged"),
        ("café", "cafe"),
        ("鼠1", "??1"),
        ("╭──╮", "+--+"),
        ("15000 µs", "15000 us"),
        ("👨‍👩‍👧 x", "?? x"),
    ],
)
def test_each_glyph_has_a_likeness(text: str, written: str) -> None:
    assert in_ascii(text) == written


def test_the_kernels_console_is_sent_ascii_unless_the_config_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONUTF8", "1")
    monkeypatch.setattr("locale.getencoding", lambda: "UTF-8")  # whatever the test runs in
    monkeypatch.setenv("TERM", "xterm-256color")
    assert choose_glyphs("auto") == "unicode"
    monkeypatch.setenv("TERM", "linux")
    assert choose_glyphs("auto") == "ascii"
    assert choose_glyphs("unicode") == "unicode"


def test_every_screen_is_drawn_in_ascii_alone() -> None:
    rig = RigDouble(
        a_camera("鼠窩", 5555, plugged=True, paused=True),
        a_camera("café", 5557, state="lost", retry_in=2.0, fps=0.0, plug_error="taken"),
        *(a_camera(f"side{number}", 5559 + 2 * number) for number in range(20)),
    )

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await until_shown(pilot, "cafe")
        assert screen(app).isascii()
        for opening, text in (
            ("question_mark", "Keys"),
            ("l", "Log"),
            ("e", "Addresses of"),
            ("q", "Detach"),
            ("enter", "allowed"),
            ("ctrl+p", "Search for commands"),
        ):
            await pilot.press(opening)
            await until_shown(pilot, text)
            assert screen(app).isascii(), opening
            await pilot.press("escape")
            await until_shown(pilot, "cafe")

    drive(rig, scenario, glyphs="ascii")
