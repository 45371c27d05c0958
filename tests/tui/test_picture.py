"""Pictures as cells: greys, boxes, points and words, whatever the terminal can show."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pmv_tui.tui.glyphs import NO_COLOUR, Look, look_of, style_of
from pmv_tui.tui.picture import (
    MAP_COLOUR,
    SEEN_COLOUR,
    Cells,
    Contrast,
    Drawing,
    Greys,
    Shown,
    shown_in,
)
from pmv_tui.wire.drawn import Overlay, PointsOverlay
from pmv_tui.wire.status import Region, Thumbnail
from tests.tui.rig_double import a_box

TRUE_COLOUR = look_of("truecolor", unicode=True)
RED = 0xFF0000


def some_points(*points: list[int]) -> PointsOverlay:
    return PointsOverlay(
        kind="points", points=list(points), label="", color=[255, 0, 0], opacity=1.0
    )


def drawn(
    pixels: NDArray[np.uint8],
    *overlays: Overlay,
    look: Look = TRUE_COLOUR,
    notice: str = "",
    scale: int = 10,
    contrast: bool = False,
) -> Cells:
    """Draw a thumbnail of an image `scale` times as large."""
    height, width = pixels.shape
    shown = Shown(pixels, (width * scale, height * scale))
    return Drawing(look).draw(shown, overlays, notice, contrast=contrast)


def a_part(region: Region, *overlays: Overlay, look: Look = TRUE_COLOUR) -> Cells:
    """Draw a part of a grey image of 640x480, on 48x32 pixels."""
    shown = Shown(a_grey(128, 48, 32), (640, 480), region)
    return Drawing(look).draw(shown, overlays, "")


def a_grey(grey: int = 128, width: int = 12, height: int = 8) -> NDArray[np.uint8]:
    return np.full((height, width), grey, np.uint8)


def text_of(cells: Cells) -> list[str]:
    return ["".join(row) for row in cells.glyphs.tolist()]


def test_a_cell_holds_two_pixels_one_above_the_other() -> None:
    pixels = np.array([[0, 255], [255, 255], [0, 0], [0, 255]], np.uint8)
    cells = drawn(pixels)
    assert text_of(cells) == ["▀ ", " ▀"]
    assert cells.ink.tolist() == [[0, 0xFFFFFF], [0, 0]]
    assert cells.paper.tolist() == [[0xFFFFFF, 0xFFFFFF], [0, 0xFFFFFF]]


def test_an_odd_last_row_fills_its_cell() -> None:
    cells = drawn(np.array([[0], [0], [255]], np.uint8))
    assert cells.paper.tolist() == [[0], [0xFFFFFF]]


def test_a_box_is_drawn_where_the_script_said_in_its_colour() -> None:
    cells = drawn(a_grey(), a_box(20, 20, 90, 59))
    # Columns 2 to 9, rows of pixels 2 to 5: cells of rows 1 and 2.
    assert (cells.ink[1, 2:10] == RED).all()
    assert (cells.paper[2, 2:10] == RED).all()
    assert (cells.paper[1, [2, 9]] == RED).all()
    inside = cells.paper[1, 3:9].tolist() + cells.ink[2, 3:9].tolist()
    assert set(inside) == {128 * 0x010101}
    assert not (cells.ink[0] == RED).any()
    assert not (cells.ink[3] == RED).any()


@pytest.mark.parametrize(
    "corners",
    [
        (-1000, -1000, -10, -10),
        (5000, 0, 6000, 10),
        (2**31 - 1, 2**31 - 1, -(2**31), 2**31 - 1),
    ],
)
def test_a_box_outside_the_image_leaves_it_alone(corners: tuple[int, int, int, int]) -> None:
    cells = drawn(a_grey(), a_box(*corners))
    assert not (cells.ink == RED).any()


def test_a_box_half_outside_shows_the_edges_that_are_inside() -> None:
    cells = drawn(a_grey(), a_box(60, -500, 5000, 5000))
    assert (cells.ink[:, 6] == RED).all()
    assert (cells.ink == RED).sum() == len(cells.ink)


def test_a_box_that_fades_takes_on_the_grey_below_it_in_few_steps() -> None:
    seen = [
        int(drawn(a_grey(128), a_box(20, 20, 90, 59, opacity=opacity / 100)).ink[1, 4])
        for opacity in range(0, 101)
    ]
    assert seen[0] == 128 * 0x010101
    assert seen[-1] == RED
    assert sorted(colour >> 16 for colour in seen) == [colour >> 16 for colour in seen]
    assert len(set(seen)) <= 9


def test_key_points_are_pixels_of_their_colour() -> None:
    points = PointsOverlay(
        kind="points",
        points=[[5, 5], [115, 75], [900, 900]],
        label="",
        color=[255, 0, 0],
        opacity=1,
    )
    cells = drawn(a_grey(), points)
    assert (cells.ink[0, 0], cells.paper[3, 11]) == (RED, RED)
    assert (cells.ink == RED).sum() + (cells.paper == RED).sum() == 2


def test_a_label_stands_above_its_box_and_where_there_is_no_room_below_the_edge() -> None:
    low = drawn(a_grey(), a_box(20, 45, 90, 79, label="nose"))
    assert text_of(low)[1][2:6] == "nose"
    assert (low.paper[1, 2:6] == RED).all()
    high = drawn(a_grey(), a_box(20, 0, 90, 79, label="nose"))
    assert text_of(high)[1][2:6] == "nose"


def test_a_label_at_the_right_edge_moves_in_and_one_that_is_too_long_is_cut() -> None:
    assert "nose" in text_of(drawn(a_grey(), a_box(110, 45, 119, 79, label="nose")))[1]
    cut = text_of(drawn(a_grey(), a_box(20, 45, 90, 79, label="a very long label")))[1]
    assert cut == "a very long "


def test_what_could_steer_the_terminal_in_a_label_is_not_drawn() -> None:
    cells = drawn(a_grey(width=20), a_box(20, 45, 90, 79, label="\x1b[2J漢a"))
    assert text_of(cells)[1][2:].strip(" ▀") == "[2J?a"


def test_an_image_that_is_not_live_is_dimmed_and_says_why() -> None:
    cells = drawn(a_grey(200, width=30), notice="stalled: no frame for 3 s")
    assert "stalled: no frame for 3 s" in "\n".join(text_of(cells))
    assert 60 <= (cells.ink[0, 0] & 0xFF) <= 80


@given(st.integers(1, 60), st.integers(1, 40), st.text(max_size=80), st.sampled_from(list("uasm")))
def test_whatever_the_size_and_the_words_it_is_drawn(
    width: int, height: int, words: str, kind: str
) -> None:
    look = {
        "u": TRUE_COLOUR,
        "a": look_of("256", unicode=False),
        "s": look_of("standard", unicode=True),
        "m": look_of(None, unicode=False),
    }[kind]
    box = a_box(0, 0, width * 10, height * 10, label=words)
    cells = drawn(a_grey(90, width, height), box, look=look, notice=words)
    assert cells.glyphs.shape == ((height + 1) // 2, width)
    for row in range(cells.rows):
        assert sum(len(text) for text, _, _ in cells.runs(row)) == width


def test_noise_does_not_change_a_cell_but_a_step_of_light_does() -> None:
    greys, random = Greys(TRUE_COLOUR), np.random.default_rng(1)
    first = greys.round(a_grey(130, 80, 48))
    for _ in range(50):
        noisy = (130 + random.normal(0, 1.5, (48, 80))).round().astype(np.uint8)
        assert (greys.round(noisy) == first).mean() > 0.999
    assert not (greys.round(a_grey(150, 80, 48)) == first).any()


def test_without_noise_every_grey_is_within_half_a_step() -> None:
    ramp = np.arange(256, dtype=np.uint8)[np.newaxis]
    assert np.abs(Greys(TRUE_COLOUR).round(ramp) - ramp).max() <= 9


def test_with_16_colours_a_grey_between_two_is_made_of_both() -> None:
    look = look_of("standard", unicode=True)
    cells = drawn(a_grey(128, 16, 16), look=look)
    assert {0x555555, 0xAAAAAA} == set(cells.ink.ravel().tolist())
    mean = np.concatenate([cells.ink, cells.paper]).mean() / 0x010101
    assert mean == pytest.approx(128, abs=6)


def test_without_colours_shades_show_the_image_and_marks_show_what_is_drawn_over_it() -> None:
    look = look_of(None, unicode=False)
    pixels = np.repeat(np.array([[0, 255]], np.uint8), 8, axis=0).repeat(6, axis=1)
    points = PointsOverlay(
        kind="points", points=[[115, 75]], label="", color=[0, 255, 0], opacity=1
    )
    cells = drawn(pixels, a_box(0, 0, 119, 79), points, look=look)
    assert text_of(cells) == ["++++++++++++", "+     @@@@@+", "+     @@@@@+", "+++++++++++o"]
    assert (cells.ink == NO_COLOUR).all()
    assert (cells.paper == NO_COLOUR).all()


def test_without_block_characters_cells_are_coloured_and_a_thin_edge_is_not_lost() -> None:
    cells = drawn(a_grey(), a_box(20, 20, 90, 59), look=look_of("256", unicode=False))
    assert set("".join(text_of(cells))) == {" "}
    assert (cells.paper[1, 2:10] == RED).all()
    assert (cells.paper[2, 2:10] == RED).all()


def test_only_what_differs_is_reported_as_changed() -> None:
    pixels = a_grey()
    before = drawn(pixels)
    pixels[4, 3] = pixels[5, 7] = 255
    assert drawn(pixels).changes(before) == [(2, 3, 5)]
    assert not drawn(pixels).changes(drawn(pixels))


def test_greys_are_the_terminals_own_and_other_colours_as_near_as_it_has() -> None:
    assert style_of(0x808080, 0, sixteen=False).color.number == 244  # type: ignore[union-attr]
    assert style_of(0x555555, 0, sixteen=True).color.number == 8  # type: ignore[union-attr]
    assert style_of(RED, NO_COLOUR, sixteen=False).bgcolor is None
    assert style_of(RED, 0, sixteen=False).color.triplet == (255, 0, 0)  # type: ignore[union-attr]


def test_boxes_and_points_lie_where_their_pixels_are_in_the_part_that_is_shown() -> None:
    region = (100, 200, 96, 64)
    inside = a_part(region, a_box(110, 220, 130, 240), some_points([190, 262]))
    # Two pixels of the image are one of the picture's.
    assert (inside.ink[5, 5:16] == RED).all()
    assert (inside.ink[10, 5:16] == RED).all()
    assert (inside.ink[6:10, [5, 15]] == RED).all()
    assert inside.paper[15, 45] == RED
    beside = a_part(region, a_box(300, 220, 330, 240), some_points([99, 200], [196, 200]))
    assert not (beside.ink == RED).any()
    around = a_part(region, a_box(-4000, 240, 90_000, 90_000))
    assert (around.ink[10] == RED).all()
    assert (around.ink == RED).sum() == 48


@pytest.mark.parametrize(
    ("region", "seen"),
    [
        ((0, 0, 320, 240), [(0, 40), (0, 43), (1, 40), (1, 43)]),
        ((320, 240, 320, 240), [(2, 44), (2, 47)]),
        ((630, 470, 10, 10), [(2, 47)]),
    ],
)
def test_a_map_shows_where_one_is(region: Region, seen: list[tuple[int, int]]) -> None:
    cells = a_part(region)
    both = np.stack([cells.ink, cells.paper])
    at = {(int(y), int(x)) for _, y, x in np.argwhere(both == SEEN_COLOUR)}
    assert at >= set(seen)
    width, height = region[2:]
    assert (both == SEEN_COLOUR).sum() == max(1, width // 80) * max(1, height // 80)
    on_map = np.argwhere(np.isin(both, (MAP_COLOUR, SEEN_COLOUR)).any(axis=0))
    assert (on_map.min(axis=0).tolist(), on_map.max(axis=0).tolist()) == ([0, 40], [2, 47])
    letters = text_of(a_part(region, look=look_of(None, unicode=False)))
    assert all(letters[y][x] == "#" for y, x in seen)
    assert {letter for row in letters[:3] for letter in row[40:]} == {"_", "#"}


def test_the_whole_image_has_no_map() -> None:
    assert not (drawn(a_grey(width=60, height=40)).paper == MAP_COLOUR).any()


def test_contrast_makes_the_darkest_black_and_the_brightest_white() -> None:
    ramp = np.linspace(100, 150, 1200).astype(np.uint8).reshape(30, 40)
    cells = drawn(ramp, contrast=True)
    greys = np.stack([cells.ink, cells.paper]) & 0xFF
    assert (greys.min(), greys.max()) == (0, 255)
    assert abs(int(np.median(greys)) - 128) <= 10
    contrast = Contrast()
    contrast.stretch(ramp)
    assert contrast.limits == (100, 149)


def test_contrast_is_steady_in_noise_and_follows_a_change_of_light() -> None:
    contrast, random = Contrast(), np.random.default_rng(2)
    ramp = np.linspace(40, 160, 1200).reshape(30, 40)
    seen = set()
    for _ in range(20):
        contrast.stretch((ramp + random.normal(0, 2, ramp.shape)).round().astype(np.uint8))
        seen.add(contrast.limits)
    assert len(seen) == 1
    contrast.stretch((ramp + 60).astype(np.uint8))
    assert contrast.limits == (101, 218)


@pytest.mark.parametrize("grey", [0, 3, 128, 255])
def test_contrast_makes_no_structure_of_a_flat_image(grey: int) -> None:
    contrast = Contrast()
    flat = a_grey(grey)
    flat[0, 0] = max(grey - 1, 0)
    stretched = contrast.stretch(flat).astype(int)
    assert np.ptp(stretched) <= 16
    low, high = contrast.limits or (0, 0)
    assert high - low == 16
    assert low >= 0
    assert high <= 255


def a_thumbnail(pixels: NDArray[np.uint8], region: Region, bright: bytes = b"") -> Thumbnail:
    height, width = pixels.shape
    return Thumbnail(
        unique_id="left-simulated",
        sequence=1,
        timestamp=0,
        image_size=(640, 480),
        region=region,
        size=(width, height),
        pixels=pixels.tobytes(),
        saturated=bright or None,
        notice="",
        overlays=[],
    )


def test_magnified_each_pixel_is_a_square_and_so_is_its_mark() -> None:
    pixels = np.array([[10, 200, 30], [40, 50, 255]], np.uint8)
    shown = shown_in(a_thumbnail(pixels, (5, 5, 3, 2), bytes([0b00000100])), 1 / 4, (12, 8))
    assert (shown.pixels == np.kron(pixels, np.ones((4, 4), np.uint8))).all()
    assert shown.saturated is not None
    assert np.argwhere(shown.saturated).min(axis=0).tolist() == [4, 8]
    assert shown.saturated.sum() == 16


def test_a_pixel_of_a_raw_image_is_a_square_of_four() -> None:
    # At 1:1 a region of 6x4 pixels comes as 3x2, for the engine shows four as one.
    shown = shown_in(a_thumbnail(a_grey(90, 3, 2), (4, 4, 6, 4)), 1.0, (80, 44))
    assert shown.pixels.shape == (4, 6)


@pytest.mark.parametrize("unicode", [True, False])
def test_saturated_pixels_are_red_and_letters_where_there_are_no_colours(*, unicode: bool) -> None:
    bright = np.zeros((8, 12), bool)
    bright[2, 3] = True
    shown = Shown(a_grey(), (120, 80), None, bright)
    cells = Drawing(look_of("256", unicode=unicode)).draw(shown, [], "")
    assert (cells.ink if unicode else cells.paper)[1, 3] == RED
    assert (cells.ink == RED).sum() + (cells.paper == RED).sum() == 1
    letters = text_of(Drawing(look_of(None, unicode=unicode)).draw(shown, [], ""))
    assert [row.count("X") for row in letters] == [0, 1, 0, 0]
