"""Settings as people type them, and as the table compares them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmv_tui.config.values import short
from pmv_tui.tui.text.settings import (
    allowed,
    as_typed,
    deviation,
    is_editable,
    options,
    read_value,
)
from tests.tui.rig_double import a_setting

FPS = a_setting("fps", 60.0, lowest=1.0, highest=120.0, unit="1/s")
ROI = a_setting(
    "roi", None, actual=[0, 0, 640, 480], lowest=[0, 0, 16, 16], highest=[624, 464, 640, 480]
)


@pytest.mark.parametrize(
    ("wanted", "typed", "value"),
    [
        (60.0, " 30 ", 30.0),
        (60.0, "1e3", 1000.0),
        (2, "4", 4),
        (True, "false", False),
        ("Mono", "Colour", "Colour"),
        ("left", "left eye", "left eye"),
        ([0, 0, 640, 480], "8, 8,320,240", [8, 8, 320, 240]),
    ],
)
def test_what_is_typed_becomes_a_value_of_the_settings_type(
    wanted: Any, typed: str, value: Any
) -> None:
    reading = read_value(a_setting("any", wanted), typed)
    assert (reading.value, type(reading.value)) == (value, type(value))
    assert not reading.error


@pytest.mark.parametrize(
    ("typed", "value"), [("2", 2), ("/dev/video2", "/dev/video2"), (" ", None)]
)
def test_a_source_is_a_number_or_a_text(typed: str, value: Any) -> None:
    assert read_value(a_setting("source", 0), typed).value == value
    assert read_value(a_setting("source", "film.avi"), typed).value == value


@pytest.mark.parametrize(
    ("wanted", "typed", "error"),
    [
        (60.0, "fast", "'fast' is not a number"),
        (60.0, "", "'' is not a number"),
        (60.0, "nan", "'nan' is not a number"),
        (2, "1.5", "'1.5' is not a whole number"),
        ([0, 0, 640, 480], "0,0,640", "'0,0,640' is not 4 whole numbers with commas between them"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(wanted: Any, typed: str, error: str) -> None:
    assert read_value(a_setting("any", wanted), typed).error == error


@given(st.floats(min_value=-1e6, max_value=1e6, allow_nan=False).map(lambda x: round(x, 5)))
def test_a_number_as_it_is_prefilled_reads_as_itself(value: float) -> None:
    setting = a_setting("gain", value)
    assert read_value(setting, as_typed(value)).value == pytest.approx(value)


def test_a_value_outside_the_range_is_read_with_a_warning() -> None:
    assert read_value(FPS, "120").warning == ""
    too_high, too_low = read_value(FPS, "200"), read_value(FPS, "0.5")
    assert (too_high.value, too_high.error) == (200.0, "")
    assert "maximum is 120 now;" in too_high.warning
    assert "minimum is 1 now;" in too_low.warning
    assert "maximum is" in read_value(ROI, "0,0,800,480").warning


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        (FPS, "1 to 120 1/s"),
        (ROI, "16x16 to 640x480"),
        (a_setting("fps", 60.0, highest=500.0, unit="1/s"), "to 500 1/s"),
        (a_setting("gain", 0.0, lowest=-6.0), "from -6"),
        (a_setting("pixel_format", "Mono", choices=["Mono", "Colour"]), "Mono, Colour"),
        (a_setting("external_trigger", True), "false, true"),
        (a_setting("gain", 0.0, unit="dB"), "dB"),
    ],
)
def test_the_allowed_range_has_its_unit(setting: Any, text: str) -> None:
    assert allowed(setting) == text


def test_in_full_the_range_says_every_bound_and_the_steps() -> None:
    stepped = a_setting("fps", 60.0, lowest=1.0, highest=120.0, step=0.5, unit="1/s")
    assert allowed(stepped, full=True) == "1 to 120 1/s in steps of 0.5"
    assert allowed(ROI, full=True) == "0, 0, 16, 16 to 624, 464, 640, 480"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (60.0, "60"),
        (59.94005994, "59.94"),
        (1_000_000.0, "1000000"),
        (0.00001, "1e-05"),
        (0.0, "0"),
        (True, "true"),
        (None, "-"),
        ((0, 0, 640, 480), "0,0,640,480"),
    ],
)
def test_a_value_in_the_table_is_short(value: Any, shown: str) -> None:
    assert short(value) == shown


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        (a_setting("fps", 60.0), ""),
        (a_setting("fps", 60.0, actual=60.0001), ""),
        (a_setting("fps", 60.0, actual=50.0, note="its highest"), "its highest"),
        (a_setting("fps", 60.0, actual=50.0), "changed by the camera"),
        (a_setting("gain", 0.0, actual=None, note="this camera has none"), ""),
        (ROI, ""),
        (a_setting("roi", [0, 0, 8, 8], actual=(0, 0, 16, 16)), "changed by the camera"),
    ],
)
def test_a_value_that_the_camera_changed_is_reported_even_without_a_note(
    setting: Any, why: str
) -> None:
    assert deviation(setting) == why


def test_what_the_camera_lacks_or_has_no_choice_of_cannot_be_edited() -> None:
    assert not is_editable(a_setting("roi", None))
    assert not is_editable(a_setting("gain", 0.0, actual=None))
    assert not is_editable(a_setting("pixel_format", "Mono", choices=["Mono"]))
    assert is_editable(a_setting("pixel_format", "Colour", actual="Mono", choices=["Mono"]))
    assert is_editable(ROI)
    assert is_editable(a_setting("external_trigger", False))


def test_a_choice_keeps_the_type_of_what_it_replaces() -> None:
    downsampling = a_setting("downsampling", 1, choices=["1", "2", "4"])
    assert options(downsampling) == ["1", "2", "4"]
    assert read_value(downsampling, "4").value == 4
