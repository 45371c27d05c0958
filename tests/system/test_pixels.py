"""A camera's picture in terminals that show pixels: the real TUI and engine; images are decoded."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pmv_tui.client import boxes
from tests.support import RigOnDisk, free_ports, rig_on_disk, shared, simulated, wait_for
from tests.system.graphic_terminal import (
    CELL,
    FEATURES,
    ITERM2,
    KITTY,
    NAME,
    PLAIN,
    SIXEL,
    GraphicTui,
    Shown,
)

HALF_BLOCK = "▀"

COUNTER = 0.12
"""Which share of the picture's height, from above, the camera writes its frames' numbers in."""

WAYS = {"kitty": KITTY, "iterm2": ITERM2, "sixel": SIXEL}

HALF_A_STEP = {"kitty": 3, "iterm2": 3, "sixel": 6}
"""How far a grey may be from the camera's: half a step of the palette, and what percents lose."""


@pytest.fixture(scope="module")
def pull() -> int:
    """The port at which the rig's one camera, which is plugged, receives boxes."""
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def served(pull: int) -> Iterator[RigOnDisk]:
    """A rig of one camera, which sees a picture that stands still; its engine runs."""
    with rig_on_disk() as rig:
        y, x = np.mgrid[:480, :640]
        still = 128 + 60 * np.sin(x / 23) + 60 * np.cos(y / 31)
        picture = rig.folder / "still.png"
        assert cv2.imwrite(str(picture), still.astype(np.uint8))
        more = f'source = "{picture}"'
        rig.write_config(simulated("left", free_ports(1)[0], pull, more=more))
        with rig.serve():
            yield rig


@pytest.fixture
def rig(served: RigOnDisk) -> Iterator[RigOnDisk]:
    """That rig, as the test before found it."""
    with shared(served):
        yield served


def of_the_camera(rig: RigOnDisk, width: int, height: int) -> NDArray[np.uint8]:
    """Return what the camera sees, so large at most, below its counter."""

    def newest() -> NDArray[np.uint8] | None:
        one = rig.ask("thumbnails", cameras={"left": 0}, width=width, height=height)
        (image,) = one["thumbnails"]
        if image["pixels"] is None:
            return None
        return np.frombuffer(image["pixels"], np.uint8).reshape(image["size"][::-1])

    found = wait_for(lambda: [newest()] if newest() is not None else [], "an image")[0]
    assert found is not None
    return found


def is_what_the_camera_sees(rig: RigOnDisk, image: Shown, step: int) -> bool:
    """Return whether an image is the camera's, but for its counter and the fewer greys."""
    height, width = image.solid.shape[:2]
    seen = of_the_camera(rig, width, height)
    down = np.arange(height) * len(seen) // height
    expected = seen[down[:, None], np.arange(width) * seen.shape[1] // width].astype(int)
    below = slice(int(height * COUNTER), None)
    off = np.abs(image.solid[below, :, :3].astype(int) - expected[below, :, None])
    return bool(off.max() <= step)


def write(rig: RigOnDisk, settings: str) -> None:
    """Set how the TUI looks."""
    with rig.config_path.open("a") as config:
        config.write(f"[tui]\n{settings}\n")


@pytest.mark.parametrize("way", WAYS)
def test_the_image_is_the_cameras_and_goes_where_a_dialog_or_another_screen_comes(
    rig: RigOnDisk, pull: int, way: str
) -> None:
    # However slowly this terminal reads.
    write(rig, 'picture = "pixels"')
    with GraphicTui(rig, WAYS[way]) as tui:
        tui.shows("capturing")
        assert NAME not in tui.sent
        tui.press("v")
        step = HALF_A_STEP[way]
        wait_for(lambda: is_what_the_camera_sees(rig, tui.image(), step), "the camera's image")
        assert HALF_BLOCK not in tui.text()
        tui.press("p")
        tui.shows("1 of 1 plugged")
        with boxes(f"tcp://localhost:{pull}") as marks:

            def found() -> bool:
                marks.send(((100, 100), (500, 400)), label="mouse", color=(255, 0, 0))
                shown = list(tui.images.values()) if "mouse" in tui.text() else []
                return any((each.pixels == [255, 0, 0, 255]).all(axis=2).any() for each in shown)

            wait_for(found, "the box with its label")
        tui.press("e")
        tui.shows("pub: images", HALF_BLOCK)
        assert all(image.overwritten for image in tui.images.values())
        assert way != "kitty" or not tui.images
        tui.press("\x1b")
        tui.hides("pub: images")
        tui.image()
        tui.press("v")
        wait_for(lambda: bool(tui.text()) and not seen(tui), "the picture to go")
        tui.press("v")
        tui.image()
        tui.press("q")
        tui.shows("Detach")
        tui.press("d")
        wait_for(tui.over, "the TUI to end")
        assert tui.restored()
        assert way != "kitty" or not tui.images


def seen(tui: GraphicTui) -> list[Shown]:
    """Return the images of which anything is left."""
    images = tui.images.values()
    return [each for each in images if len(each.overwritten) < each.columns * each.rows]


@pytest.mark.parametrize(
    "answers",
    [
        {},
        PLAIN,
        {**SIXEL, FEATURES: "\x1b[?4;999999999999999999999;44c\x1b[?;;c"},
        {**SIXEL, "\x1b[16t": "\x1b[6;0;0t\x1b[6;99999;1t\x1b[;t"},
        {**KITTY, NAME: "\x1bP>|\x00\xff\x1b\\", FEATURES: "\x1b[c\x1b_Gi=31;\x00\x1b\\"},
    ],
    ids=["nothing", "no pixels", "no features", "no cells", "nonsense"],
)
def test_without_a_usable_answer_there_are_blocks_and_the_keys_go_on(
    rig: RigOnDisk, answers: dict[str, str]
) -> None:
    with GraphicTui(rig, answers) as tui:
        tui.shows("capturing")
        tui.press("v")
        tui.shows(HALF_BLOCK)
        wait_for(lambda: bool(tui.text()) and NAME in tui.sent, "the question")
        tui.press("?")
        tui.shows("Keys")
        tui.press("\x1b")
        tui.shows(HALF_BLOCK)
        assert not tui.received


def test_where_blocks_are_wanted_nothing_is_asked(rig: RigOnDisk) -> None:
    write(rig, 'picture = "blocks"')
    with GraphicTui(rig, KITTY) as tui:
        tui.shows("capturing")
        tui.press("v")
        tui.shows(HALF_BLOCK)
        tui.press("?")
        tui.shows("Keys")
        tui.press("/asks for blocks\r")
        tui.shows("Blocks: the config file asks for blocks")
        assert NAME not in tui.sent


@pytest.mark.parametrize(
    ("way", "columns", "rows", "most"),
    [
        ("kitty", 80, 24, 30),
        ("sixel", 80, 24, 100),
        ("kitty", 200, 50, 250),
        ("sixel", 200, 50, 500),
    ],
)
def test_an_image_takes_no_more_bytes_than_it_may(
    rig: RigOnDisk, way: str, columns: int, rows: int, most: int
) -> None:
    write(rig, 'picture = "pixels"')
    with GraphicTui(rig, WAYS[way], columns, rows) as tui:
        tui.shows("capturing")
        tui.press("v")
        image = tui.image()
        assert image.size[0] >= columns / 3 * CELL[0] / 2
        wait_for(lambda: bool(tui.text()) and len(tui.received) > 2, "more images")
        assert max(tui.received) < most * 1000, tui.received


def test_a_terminal_that_stops_reading_gets_whole_images_when_it_goes_on(rig: RigOnDisk) -> None:
    write(rig, 'picture = "pixels"\npreview_rate = 10')
    with GraphicTui(rig, SIXEL) as tui:
        tui.shows("capturing")
        tui.press("v")
        tui.image()
        for command in ("plug", "unplug") * 20 + ("plug",):  # Meanwhile nobody reads.
            assert rig.ask(command, camera="left")["ok"]
        tui.shows("1 of 1 plugged")  # The decoder refuses what is cut.
        assert is_what_the_camera_sees(rig, tui.image(), HALF_A_STEP["sixel"])
        tui.press("p")
        tui.shows("0 of 1 plugged")
