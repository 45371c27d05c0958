"""The figures beside a picture: exact, computed only while they are seen, and a peak to find."""

from math import isnan

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from textual.pilot import Pilot

from pmv_tui.figures import figures
from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.screens.picture import PictureScreen
from pmv_tui.tui.text.figures import Focus, Pane, bar, figure_lines, histogram_lines, share_text
from pmv_tui.tui.text.lines import Line
from pmv_tui.tui.text.trends import BLOCKS, LETTERS
from pmv_tui.wire.status import Region, Thumbnail
from tests.tui.driving import drive, row_of, until, until_gone, until_shown
from tests.tui.rig_double import RigDouble, a_camera

pytestmark = pytest.mark.usefixtures("colours")

LEFT = {"left-simulated"}


def an_image(saturated: int, black: int) -> NDArray[np.uint8]:
    """Make one of 100x100 grey pixels, of which so many are too bright and too dark."""
    values = np.full(10_000, 90, np.uint8)
    values[:saturated], values[saturated : saturated + black] = 255, 0
    return values.reshape(100, 100)


def stripes(blur: float) -> NDArray[np.uint8]:
    """Make an image that is the sharper the less it is blurred."""
    image = np.zeros((120, 160), np.uint8)
    image[:, ::20] = image[:, 1::20] = image[:, 2::20] = image[:, 3::20] = 200
    return cv2.GaussianBlur(image, (0, 0), blur).astype(np.uint8) if blur else image


def measured(image: NDArray[np.uint8], region: Region = (0, 0, 160, 120)) -> Thumbnail:
    """Describe an answer with figures, as far as they are read."""
    return Thumbnail(
        unique_id="left-simulated",
        sequence=1,
        timestamp=0,
        image_size=(image.shape[1], image.shape[0]),
        region=region,
        size=(0, 0),
        pixels=b"",
        figures=figures(image, "Mono8"),
        notice="",
        overlays=[],
    )


def text_of(lines: list[Line]) -> str:
    return "\n".join("".join(cell.text for cell in line.cells) for line in lines)


@pytest.mark.parametrize("size", [(80, 24), (150, 45)])
def test_what_the_screen_says_of_saturated_and_black_pixels_is_exact(size: tuple[int, int]) -> None:
    rig = RigDouble(a_camera(width=100, height=100))
    rig.images["left-simulated"] = an_image(137, 1)

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("z", *([] if size[0] > 100 else ["f"]))
        await until(pilot, lambda: row_of(app, "saturated").endswith(" 1.37 %"))
        assert row_of(app, "black").endswith(" 0.01 %")
        mean = (137 * 255 + (10_000 - 138) * 90) / 10_000
        assert row_of(app, "mean").endswith(f" {mean:.1f}")
        assert row_of(app, "50, 99 %").endswith(" 90 90 255")
        rig.images["left-simulated"] = an_image(0, 2500)
        await until(pilot, lambda: row_of(app, "saturated").endswith(" 0.00 %"))
        assert row_of(app, "black").endswith(" 25.00 %")

    drive(rig, scenario, size)


def test_they_are_asked_for_only_while_they_are_seen() -> None:
    rig = RigDouble(a_camera(), a_camera("right", 5557))
    rig.images = {"left-simulated": stripes(0), "right-simulated": stripes(2)}

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        await pilot.press("z")
        await until(pilot, lambda: len(rig.measured) > 2)
        assert not any(rig.measured)
        await pilot.press("f")
        await until(pilot, lambda: rig.measured[-1] == LEFT)
        await until_shown(pilot, "sharpness")
        await pilot.press("n")
        await until(pilot, lambda: rig.measured[-1] == {"right-simulated"})
        await pilot.press("f")
        await until(pilot, lambda: rig.measured[-1] == set())
        await until_gone(pilot, "sharpness")
        await pilot.press("f", "q")
        await until(pilot, lambda: not isinstance(app.screen, PictureScreen))
        await pilot.press("v")
        asked = len(rig.measured)
        await until(pilot, lambda: len(rig.measured) > asked + 1)
        assert rig.measured[-1] == set()

    drive(rig, scenario)


def test_the_best_is_kept_until_one_begins_anew() -> None:
    rig = RigDouble(a_camera(width=160, height=120))
    best = figures(stripes(0), "Mono8")["sharpness"]
    less = figures(stripes(2), "Mono8")["sharpness"]
    assert best
    assert less

    async def scenario(pilot: Pilot[str], app: PmvApp) -> None:
        rig.images["left-simulated"] = stripes(0)
        await pilot.press("z", "f")
        await until(pilot, lambda: row_of(app, " best ").endswith(f" {best:.3f}  100 %"))
        rig.images["left-simulated"] = stripes(2)
        await until(pilot, lambda: row_of(app, "sharpness").endswith(f" {less:.3f}"))
        assert row_of(app, " best ").endswith(f" {best:.3f}  {100 * less / best:3.0f} %")
        await pilot.press("b")
        await until(pilot, lambda: row_of(app, " best ").endswith(f" {less:.3f}  100 %"))

    drive(rig, scenario)


def test_a_narrow_terminal_keeps_the_picture_and_says_why() -> None:
    rig = RigDouble(a_camera())
    rig.images["left-simulated"] = stripes(0)

    async def scenario(pilot: Pilot[str], _: PmvApp) -> None:
        await pilot.press("z", "f")
        await until_shown(pilot, "too narrow for")
        assert not any(rig.measured)

    drive(rig, scenario, (50, 20))


def test_the_sharpness_of_another_region_camera_or_kind_of_image_is_not_compared() -> None:
    camera, focus = a_camera(), Focus()
    focus.look(camera, measured(stripes(0)), 1.0)
    peak = focus.best
    focus.look(camera, measured(stripes(2)), 2.0)
    assert focus.best == peak
    for other, shown in (
        (camera, measured(stripes(2), (0, 0, 80, 60))),
        (a_camera(pixel_format="BayerRG8"), measured(stripes(2))),
        (a_camera("right"), measured(stripes(2))),
        (camera, measured(stripes(2)[:100])),
    ):
        focus.look(camera, measured(stripes(0)), 3.0)
        assert focus.best == peak
        focus.look(other, shown, 4.0)
        assert focus.best == focus.now
        assert focus.best is not None
        assert peak is not None
        assert focus.best < peak


def test_its_trend_has_the_last_30_seconds() -> None:
    focus = Focus()
    for second in range(100, 140):
        focus.look(a_camera(), measured(stripes(0 if second == 120 else 2)), second + 0.5)
    kept = focus.seconds(139.9)
    assert (kept.last, len(kept.values)) == (139, 30)
    assert max(kept.values) == kept.values[30 - 1 - 19] == focus.best
    drawn = text_of(figure_lines(Pane(None, focus, 139.9, BLOCKS), 30, 20))
    assert "waiting for an image" in drawn
    shown = figures(stripes(2), "Mono8")
    drawn = text_of(figure_lines(Pane(shown, focus, 139.9, BLOCKS), 30, 20))
    assert drawn.splitlines()[3].count("█") == 1
    later = focus.seconds(155.0)
    assert sum(map(isnan, later.values)) == 16


def test_where_nothing_has_structure_there_is_no_sharpness_and_no_best() -> None:
    focus = Focus()
    focus.look(a_camera(), measured(np.full((120, 160), 7, np.uint8)), 1.0)
    assert (focus.now, focus.best) == (None, None)
    shown = figures(np.full((120, 160), 7, np.uint8), "Mono8")
    assert "no structure" in text_of(figure_lines(Pane(shown, focus, 1.0, LETTERS), 26, 22))


@given(
    st.lists(st.integers(0, 10**7), min_size=256, max_size=256),
    st.integers(1, 60),
    st.integers(1, 12),
    st.sampled_from([BLOCKS, LETTERS]),
)
def test_a_histogram_is_as_large_as_its_pane_and_shows_every_value_that_there_is(
    histogram: list[int], width: int, rows: int, blocks: str
) -> None:
    *drawn, axis = text_of(histogram_lines(histogram, width, rows, blocks)).splitlines()
    assert len(drawn) == rows
    assert all(len(row) == width for row in drawn)
    assert axis.endswith("255")
    for column in range(width):
        first, end = 256 * column // width, 256 * (column + 1) // width
        assert (drawn[-1][column] != " ") == any(histogram[first:end])
    if any(histogram):
        assert blocks[-1] in drawn[0]


@given(st.floats(0, 1), st.integers(1, 60), st.sampled_from([BLOCKS, LETTERS]))
def test_a_bar_is_as_long_as_its_share(share: float, width: int, blocks: str) -> None:
    drawn = bar(share, width, blocks)
    assert len(drawn) == width
    assert abs(len(drawn.rstrip()) - share * width) <= 1
    assert not blocks.isascii() or drawn.isascii()


def test_one_pixel_among_millions_is_not_said_to_be_none() -> None:
    assert share_text(0.0) == "0.00 %"
    assert share_text(1 / 5_000_000) == "< 0.01 %"
    assert share_text(1.0) == "100.00 %"


@pytest.mark.parametrize("height", range(1, 40))
def test_any_pane_is_filled_and_no_more(height: int) -> None:
    shown = figures(stripes(0), "Mono8")
    focus = Focus()
    focus.look(a_camera(), measured(stripes(0)), 1.0)
    lines = figure_lines(Pane(shown, focus, 1.0, BLOCKS, lambda _: [Line(), Line()]), 26, height)
    assert len(lines) <= height
    assert all(len(text) <= 26 for text in text_of(lines).splitlines())
