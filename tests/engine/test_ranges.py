"""Which values are refused before they are saved: those that the camera surely does not take."""

from typing import Any

import pytest

from pmv_tui.cameras.base import Setting
from pmv_tui.cameras.readback import absent, choice, number
from pmv_tui.engine.stream.camera import why_not_taken

REPORTED = (
    number("fps", 60, 50, lowest=1, highest=50),
    number("exposure_time", 20000, 20000, lowest=10, highest=1e6),
    number("gain", 0, 0, lowest=-24, highest=24),
    choice("pixel_format", "Mono", "Mono", ("Mono",)),
    Setting(
        "roi",
        None,
        (16, 8, 640, 480),
        lowest=(0, 0, 32, 1),
        highest=(656, 552, 1264, 1016),
        step=(16, 2, 16, 2),
    ),
)
"""Of a sensor of 1280x1024."""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gain": 99}, "gain: 99 is out of the camera's range; it takes -24 to 24 dB now"),
        ({"gain": -24.1}, "it takes -24 to 24 dB now"),
        ({"fps": 60.0}, "fps: 60 is out of the camera's range; it takes 1 to 50 1/s now"),
        ({"pixel_format": "Colour"}, '"Colour" is not offered by the camera; it has Mono'),
        ({"roi": [700, 0, 640, 480]}, "of the 1280 pixels of the sensor that way, 700 + 640 are"),
        ({"roi": (0, 0, 16, 480)}, "16 are wanted, and 32 at least"),
        ({"exposure_time": 5, "gain": 99}, "gain: 99 is out"),
    ],
)
def test_what_the_camera_does_not_take_is_refused_with_what_it_does(
    changes: dict[str, Any], words: str
) -> None:
    assert words in why_not_taken(REPORTED, changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"gain": 24, "fps": 50, "roi": [640, 0, 640, 1024]},
        {"fps": 60, "exposure_time": 5000},
        {"gain": "loud", "roi": [0, "x"], "name": "x"},
        {"gain": None},
    ],
)
def test_what_may_be_allowed_is_left_to_the_camera_and_what_is_no_value_to_the_config(
    changes: dict[str, Any],
) -> None:
    assert why_not_taken(REPORTED, changes) == ""


def test_a_range_that_a_pending_change_may_move_refuses_nothing() -> None:
    assert why_not_taken(REPORTED, {"fps": 60}, pending=True) == ""
    assert why_not_taken(REPORTED, {"gain": 99}, pending=True) != ""


def test_a_setting_that_the_camera_does_not_have_has_no_range() -> None:
    assert why_not_taken([absent("gain", 0.0)], {"gain": 99}) == ""
