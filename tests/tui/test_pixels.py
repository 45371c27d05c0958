"""Images as terminals take them, decoded again; and what a terminal is thought to show."""

from base64 import b64decode

import numpy as np
import pytest

from pmv_tui.image_file import png_of_few
from pmv_tui.tui.graphics import (
    ANSWER_PATIENCE,
    FIRST_QUESTIONS,
    HAS_READ,
    KITTY_QUESTION,
    LATE,
    REST,
    Ability,
    Graphics,
    PictureWanted,
    hindrance_of,
)
from pmv_tui.tui.picture import Canvas, Shown
from pmv_tui.tui.pixels import Indexed, PixelDrawing, indexed, sixel
from tests.system.graphic_terminal import png, sixels

DA1 = "\x1b[?62;22c"
SIXEL_DA1 = "\x1b[?62;4;22c"


@pytest.mark.parametrize("shape", [(1, 1), (6, 5), (7, 300), (100, 3), (61, 47)])
def test_what_is_encoded_is_decoded_to_the_same(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(sum(shape))
    palette = random.integers(0, 6, (40, 3)).astype(np.uint8) * 51  # whole percents
    noise = random.integers(0, 40, shape).astype(np.uint8)
    for pixels in (noise, np.sort(noise, axis=1), np.full(shape, 39, np.uint8)):
        image = Indexed(pixels, palette)
        assert (sixels(sixel(image)[2:-2])[..., :3] == palette[pixels]).all()
        assert (png(png_of_few(*image))[..., :3] == palette[pixels]).all()


def test_greys_are_rounded_to_the_nearest_and_colours_are_kept_as_far_as_there_are_any() -> None:
    greys = np.tile(np.arange(256, dtype=np.int32), (8, 1))
    for colours in (8, 16, 88):
        image = indexed(Canvas(greys, (256, 8)), colours)
        off = np.abs(image.palette[image.pixels][..., 0].astype(int) - greys)
        assert off.max() <= 255 / (colours * 0.72 - 1) / 2 + 1
        canvas = Canvas(greys, (256, 8))
        for row in range(8):
            canvas.draw(
                [
                    {
                        "kind": "points",
                        "points": [[x, row] for x in range(9)],
                        "label": "",
                        "color": [255, 20 * row, 0],
                        "opacity": 1.0,
                    }
                ]
            )
        image = indexed(canvas, colours)
        assert len(image.palette) <= colours
        assert (image.palette[image.pixels[:, :9]][..., 0] == 255).all()


CELL = 9, 19


@pytest.mark.parametrize("shape", [(480, 640), (640, 480), (30, 40), (1, 800)])
@pytest.mark.parametrize("way", ["kitty", "iterm2", "sixel"])
def test_an_image_fills_the_room_and_keeps_its_shape(way: str, shape: tuple[int, int]) -> None:
    drawing = PixelDrawing(Ability(way, CELL, 256, (2000, 2000)), 7)  # type: ignore[arg-type]
    pixels = np.full(shape, 90, np.uint8)
    cells, image = drawing.draw(Shown(pixels, shape[::-1]), [], "", (60, 20))
    assert cells.columns <= 60
    assert cells.rows <= 20
    assert cells.columns == 60 or cells.rows == 20
    if way == "sixel":
        height, width = sixels(image()[2:-2]).shape[:2]
        assert cells.columns == -(-width // CELL[0])
        assert cells.rows == -(-height // CELL[1])
        assert abs(width / height / (shape[1] / shape[0]) - 1) < 0.03 or height == 1


def test_an_image_is_no_larger_than_the_terminal_takes() -> None:
    drawing = PixelDrawing(Ability("sixel", (10, 20), 256, (300, 250)), 7)
    _, image = drawing.draw(Shown(np.zeros((480, 640), np.uint8), (640, 480)), [], "", (80, 24))
    assert sixels(image()[2:-2]).shape[:2] == (225, 300)


def test_an_image_is_no_larger_than_a_screen_whatever_the_terminal_says() -> None:
    terminal = asked("\x1b[6;128;128t", "\x1b[?2;0;99999;99999S", SIXEL_DA1)
    can = terminal.can()
    assert can
    assert can.largest == (10_000, 10_000)
    # Of 300 columns and 100 rows: without a limit 56 million pixels.
    cells, _ = PixelDrawing(can, 7).draw(
        Shown(np.zeros((300, 400), np.uint8), (400, 300)), [], "", (300, 100)
    )
    assert 7_500_000 < cells.columns * cells.rows * 128 * 128 < 9_000_000


def test_kitty_shows_words_through_the_image_and_forgets_the_image_before() -> None:
    drawing = PixelDrawing(Ability("kitty", (8, 16), 256, (2000, 2000)), 7)
    pixels = np.full((160, 160), 90, np.uint8)
    images = [drawing.draw(Shown(pixels, (160, 160)), [], "gone", (20, 10)) for _ in range(2)]
    first, second = (each.image() for each in images)
    begun, deleted = (f"i={first.split('i=')[1].split(',')[0]},", "a=d,d=I,")
    assert begun in second.split(deleted)[1]
    data = "".join(part.split(";")[1] for part in first.split(deleted)[0].split("\x1b\\")[:-1])
    solid = png(b64decode(data))[..., 3]
    seen = {(y // 16, x // 8) for y, x in np.argwhere(solid[8::16, 4::8] == 0) * (16, 8)}
    assert seen == {(row, column) for row, column in np.argwhere(images[0].cells.paper == 0)}
    assert seen


class Terminal:
    """One that takes everything, and what was sent to it."""

    def __init__(self, wanted: PictureWanted = "auto", hindrance: str = "") -> None:
        self.sent: list[str] = []
        self.takes = True
        self.graphics = Graphics(
            wanted,
            hindrance,
            self.write,
            lambda: (800, 480),
            lambda: (80, 24),
        )

    def can(self) -> Ability | None:
        """Return how it shows pixels now."""
        return self.graphics.can

    def write(self, text: str) -> bool:
        if self.takes:
            self.sent.append(text)
        return self.takes

    def hear(self, *answers: str, now: float = 0.0) -> None:
        for answer in answers:
            self.graphics.hear(answer, now)


def asked(*answers: str, wanted: PictureWanted = "auto") -> Terminal:
    terminal = Terminal(wanted)
    terminal.graphics.attend(0.0)
    assert terminal.sent == [FIRST_QUESTIONS]
    terminal.hear(*answers)
    return terminal


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([DA1], None),
        ([SIXEL_DA1], Ability("sixel", (10, 20), 16, (1000, 1000))),
        (
            ["\x1b[6;17;7t", "\x1b[?1;0;256S", "\x1b[?2;0;900;600S", SIXEL_DA1],
            Ability("sixel", (7, 17), 256, (900, 600)),
        ),
        (
            ["\x1b[6;0;99999t", "\x1b[4;360;640t", SIXEL_DA1],
            Ability("sixel", (10, 20), 16, (1000, 1000)),
        ),
        (
            ["\x1b]1337;ReportCellSize=16.5;8.0;2.0\x1b\\", DA1],
            Ability("iterm2", (10, 20), 1 << 24, (10_000, 10_000)),
        ),
        (["\x1bP>|tmux 3.5\x1b\\", DA1], None),
    ],
)
def test_what_is_answered_decides(answers: list[str], expected: Ability | None) -> None:
    terminal = asked(*answers)
    assert terminal.can() == expected
    assert terminal.sent == [FIRST_QUESTIONS]


def test_one_that_has_a_name_is_asked_for_kittys_graphics_too_and_no_multiplexer_is() -> None:
    terminal = asked("\x1bP>|ghostty 1.2\x1b\\", DA1)
    assert terminal.sent == [FIRST_QUESTIONS, KITTY_QUESTION]
    assert terminal.can() is None
    terminal.hear("\x1b_Gi=31;OK\x1b\\", DA1)
    assert terminal.can() == Ability("kitty", (10, 20), 1 << 24, (10_000, 10_000))
    refused = asked("\x1bP>|x\x1b\\", DA1)
    refused.hear("\x1b_Gi=31;ENOTSUPPORTED\x1b\\", DA1)
    assert refused.can() is None


def test_in_another_size_it_is_asked_again_and_shows_what_it_did_until_it_answers() -> None:
    terminal = asked(SIXEL_DA1)
    terminal.graphics.attend(1.0)
    terminal.graphics.ask_again()
    terminal.graphics.attend(2.0)
    terminal.graphics.attend(3.0)
    assert terminal.sent == [FIRST_QUESTIONS] * 2
    assert terminal.can() == Ability("sixel", (10, 20), 16, (1000, 1000))
    terminal.hear("\x1b[6;24;12t", SIXEL_DA1, now=3.0)
    assert terminal.can() == Ability("sixel", (12, 24), 16, (1000, 1000))


def test_answers_that_nobody_waits_for_do_nothing() -> None:
    terminal = Terminal()
    terminal.hear(SIXEL_DA1, HAS_READ)
    assert terminal.can() is None
    terminal.graphics.attend(0.0)
    terminal.graphics.attend(ANSWER_PATIENCE + 1)
    terminal.hear(SIXEL_DA1, now=ANSWER_PATIENCE + 2)  # too late
    assert terminal.can() is None
    assert "does not answer" in terminal.graphics.described
    terminal.graphics.attend(ANSWER_PATIENCE + 2 + REST)
    assert terminal.sent == [FIRST_QUESTIONS] * 2


@pytest.mark.parametrize(
    ("wanted", "hindrance"), [("blocks", ""), ("auto", "no"), ("pixels", "no")]
)
def test_nothing_is_asked_where_there_can_be_no_pixels(
    wanted: PictureWanted, hindrance: str
) -> None:
    terminal = Terminal(wanted, hindrance)
    terminal.graphics.attend(0.0)
    assert terminal.sent == []
    assert terminal.graphics.described.startswith("Blocks: ")


def test_consoles_and_few_colours_and_ascii_are_hindrances() -> None:
    assert "linux" in hindrance_of({"TERM": "linux"}, colours=True, ascii_only=False)
    assert hindrance_of({"TERM": "xterm"}, colours=False, ascii_only=False)
    assert hindrance_of({"TERM": "xterm"}, colours=True, ascii_only=True)
    assert not hindrance_of({}, colours=True, ascii_only=False)


def send(terminal: Terminal, took: float, now: float) -> float:
    """Send an image that is read so many seconds later; return when."""
    ready = [terminal.graphics.is_ready]
    assert terminal.graphics.send("x" * 100_000, now)
    assert [*ready, terminal.graphics.is_ready] == [True, False]
    terminal.graphics.attend(now + took)
    terminal.hear(HAS_READ, now=now + took)
    return now + took


def test_images_become_finer_on_a_fast_line_and_coarser_on_a_slow_one_and_then_blocks() -> None:
    terminal = asked(SIXEL_DA1)
    graphics, now = terminal.graphics, 1.0
    coarse = [graphics.coarse]  # until the line is known
    for took in (0.01, LATE * 1.1):
        for _ in range(4):
            now = send(terminal, took, now)
        coarse.append(graphics.coarse)
    assert coarse == [2, 1, 4]
    now = send(terminal, LATE * 0.9, now)
    assert terminal.can()
    for _ in range(2):
        now = send(terminal, LATE * 1.1, now)
    assert terminal.can() is None
    assert "slow" in graphics.described
    graphics.attend(now + REST + 1)
    terminal.hear(SIXEL_DA1, now=now + REST + 1)
    assert terminal.can()


def test_a_way_as_long_as_the_questions_is_not_held_against_images() -> None:
    terminal = Terminal()
    terminal.graphics.attend(0.0)
    terminal.hear(SIXEL_DA1, now=0.3)
    now = 1.0
    for _ in range(4):
        now = send(terminal, 0.31, now)
    assert terminal.graphics.coarse == 1


def test_one_that_wants_pixels_gets_them_however_slow_the_line_but_not_without_answers() -> None:
    terminal = asked(SIXEL_DA1, wanted="pixels")
    graphics, now = terminal.graphics, 1.0
    for _ in range(9):
        now = send(terminal, 1.0, now)
    assert terminal.can()
    assert graphics.coarse == 1
    assert graphics.send("x", now)
    graphics.attend(now + 2 * ANSWER_PATIENCE + 1)
    assert terminal.can() is None


def test_nothing_is_sent_to_a_terminal_that_is_behind() -> None:
    terminal = asked(SIXEL_DA1)
    terminal.takes = False
    assert not terminal.graphics.send("x", 0.0)
    assert terminal.graphics.is_ready
