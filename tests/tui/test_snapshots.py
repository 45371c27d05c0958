"""What the screens look like. After a wanted change: `pytest tests/tui --snapshot-update`."""

from collections.abc import Awaitable, Callable
from math import nan, sin
from types import SimpleNamespace

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from pmv_tui.cameras.simulated.scene import BlobScene
from pmv_tui.tui.widgets import figures as figures_pane
from pmv_tui.wire.status import LOSSES, Drops, DropTimes
from tests.tui.driving import app_for, screen, until, until_gone, until_shown
from tests.tui.rig_double import (
    LATE,
    NS_PER_S,
    Kept,
    ProcessDouble,
    RigDouble,
    a_box,
    a_camera,
    a_client,
    a_slow_client,
)

SnapCompare = Callable[..., bool]

SIZES = [(80, 24), (160, 40), (40, 20), (40, 12)]
SMALL = pytest.mark.parametrize("size", [(80, 24), (40, 12)], ids="{0[0]}x{0[1]}".format)


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch, utc: None) -> None:  # noqa: ARG001 - sets it
    """Keep the look free of what the person running the tests has set."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def a_rig() -> RigDouble:
    """Cameras in every state that looks different."""
    box = {"top_left": [212, 148], "bottom_right": [308, 244]}
    return RigDouble(
        a_camera(
            "left", 5555, plugged=True, clients=1, published=900, box=box, drawn=1, messages=12
        ),
        a_camera("right", 5557, plugged=True, paused=True, fps=41.2),
        a_camera("top", 5559, state="lost", reason="cable pulled", retry_in=2.0, fps=0.0),
        a_camera("nest", 5561, plug_error="tcp://localhost:5561 is in use by python3"),
        a_camera("door", 5563, pub_address="tcp://*:5563", exposed=True, listed=False),
    )


def shown(*keys: str, text: str = "") -> Callable[[Pilot[str]], Awaitable[None]]:
    """Press keys once the rig is on the screen, and wait for a text."""

    async def prepare(pilot: Pilot[str]) -> None:
        await until(pilot, lambda: pilot.app.state.snapshot)  # type: ignore[attr-defined]
        await until_shown(pilot, "q quit")
        await pilot.press(*keys)
        await until_shown(pilot, text)

    return prepare


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
def test_a_rig(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    prepare = shown(text="> left")
    assert snap_compare(app_for(a_rig()), terminal_size=size, run_before=prepare)


def test_an_empty_rig(snap_compare: SnapCompare) -> None:
    rig = RigDouble()
    rig.backends = [
        {
            "name": "basler",
            "available": False,
            "reason": "pypylon is missing",
            "remedy": "pip install pypylon",
        }
    ]
    assert snap_compare(app_for(rig), run_before=shown(text="No cameras yet"))


@SMALL
def test_the_address_dialog_with_an_error(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    prepare = shown("e", "backspace", "7", text="right has it as its pub")
    assert snap_compare(app_for(a_rig()), terminal_size=size, run_before=prepare)


@SMALL
def test_the_quit_dialog(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    prepare = shown("q", text="are plugged")
    assert snap_compare(app_for(a_rig()), terminal_size=size, run_before=prepare)


@SMALL
def test_the_unplug_dialog(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    rig = RigDouble(
        a_camera("left", 5555, plugged=True, clients=2), a_camera("right", 5557, plugged=True)
    )
    prepare = shown("P", text="Clients are connected to left (2).")
    assert snap_compare(app_for(rig), terminal_size=size, run_before=prepare)


@SMALL
def test_the_palette(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    async def prepare(pilot: Pilot[str]) -> None:
        await until_shown(pilot, "> left")
        await pilot.press("ctrl+p", *"log")
        await until_shown(pilot, "Log   l")
        await until_gone(pilot, "Pause   space")

    assert snap_compare(app_for(a_rig()), terminal_size=size, run_before=prepare)


@SMALL
def test_the_help(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    prepare = shown("question_mark", text="Keys")
    assert snap_compare(app_for(a_rig()), terminal_size=size, run_before=prepare)


def test_a_rig_in_ascii(snap_compare: SnapCompare) -> None:
    app = app_for(a_rig(), glyphs="ascii")
    assert snap_compare(app, run_before=shown(text="> left"))


@pytest.mark.parametrize("theme", ["textual-light", "ansi-dark"])
def test_a_rig_in_another_theme(snap_compare: SnapCompare, theme: str) -> None:
    app = app_for(a_rig(), theme=theme)
    assert snap_compare(app, run_before=shown(text="> left"))


def test_a_silent_engine(snap_compare: SnapCompare) -> None:
    rig = a_rig()

    async def fall_silent(pilot: Pilot[str]) -> None:
        await until_shown(pilot, "> left")
        rig.gone = True
        await until_shown(pilot, "The engine does not answer")

    assert snap_compare(app_for(rig), run_before=fall_silent)


@SMALL
def test_an_engine_that_died(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    rig, engine = a_rig(), ProcessDouble()

    async def die(pilot: Pilot[str]) -> None:
        await until_shown(pilot, "> left")
        rig.gone, engine.running = True, False
        await until_shown(pilot, "The engine has died")
        await until_shown(pilot, "Fatal Python error")

    app = app_for(rig, engine=engine)
    assert snap_compare(app, terminal_size=size, run_before=die)


def a_camera_to_look_at() -> RigDouble:
    """A camera that has something to say of everything."""
    last = 1_700_000_000_000_000_000
    rig = RigDouble(
        a_camera(
            plugged=True,
            clients=1,
            published=900,
            drops=Drops(missing=3, skipped=0, failed=1, put_rate=14, clients=2),
            drops_at=DropTimes(
                missing=last, skipped=None, failed=last, put_rate=last, clients=last
            ),
            clock_offset_ms=1727000000000.1,
            clock_drift_ppm=3.12,
            latency_p50_ms=0.31,
            latency_p99_ms=1.24,
            box={"top_left": [212, 148], "bottom_right": [308, 244]},
            drawn=1,
            messages=12,
            window="shown",
            window_reason="on :0",
        )
    )
    rig.log("the camera is open", camera="left-simulated")
    return rig


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 12)], ids="{0[0]}x{0[1]}".format)
def test_a_camera(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    prepare = shown("enter", text="▲ 50")
    assert snap_compare(app_for(a_camera_to_look_at()), terminal_size=size, run_before=prepare)


def test_the_setting_dialog_with_a_warning(snap_compare: SnapCompare) -> None:
    async def prepare(pilot: Pilot[str]) -> None:
        await until_shown(pilot, "> left")
        await pilot.press("enter")
        await until_shown(pilot, "the camera's maximum")
        await pilot.press("enter", *"90")
        await until_shown(pilot, "maximum is")

    assert snap_compare(app_for(a_camera_to_look_at()), run_before=prepare)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 20)], ids=["80x24", "120x40", "40x20"])
@pytest.mark.usefixtures("colours")
def test_a_picture(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    rig = a_rig()
    rig.images["left-simulated"] = BlobScene(640, 480).read(40)
    rig.overlays = [a_box(212, 148, 308, 244, label="nose")]
    prepare = shown("v", text="nose")
    assert snap_compare(app_for(rig), terminal_size=size, run_before=prepare)


@pytest.mark.parametrize("size", [(80, 24), (150, 45)], ids="{0[0]}x{0[1]}".format)
@pytest.mark.usefixtures("colours")
def test_a_full_picture_with_figures(
    snap_compare: SnapCompare, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures_pane, "time", SimpleNamespace(monotonic=lambda: 100.0))
    rig = a_rig()
    rig.images["left-simulated"] = BlobScene(640, 480).read(40)
    measured = shown("z", *("f" if size[0] == 80 else ""), text="100 %")

    async def prepare(pilot: Pilot[str]) -> None:
        await measured(pilot)
        await pilot.press("]")
        await until_shown(pilot, "*16000 µs")

    assert snap_compare(app_for(rig), terminal_size=size, run_before=prepare)


@SMALL
def test_the_clients_of_a_camera(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    remote = a_slow_client(3, name="alice: 192.168.1.7:51234", state="does not read")
    remote["text"] = "does not read: nothing taken for 12 s"
    clients = [a_client(1), a_slow_client(2), remote]
    rig = RigDouble(a_camera(plugged=True, clients=3, client_list=clients))
    prepare = shown("c", text="nothing taken")
    assert snap_compare(app_for(rig), terminal_size=size, run_before=prepare)


def a_rig_with_a_history() -> RigDouble:
    """Two cameras, of which one has lost frames, and whose answers are late."""
    rig = RigDouble(a_camera("left", plugged=True, clients=1, **LATE), a_camera("right", 5557))
    wave = [12.0 + 8 * sin(second / 9) for second in range(600)]
    rig.kept = {
        "left-simulated": Kept(
            {
                "fps": [60.0] * 560 + [35.0, 12.0, 0.0, 0.0, 48.0] + [60.0] * 35,
                **dict.fromkeys(LOSSES, [0.0] * 600),
                "skipped": [0.0] * 560 + [25.0, 48.0, 60.0, 60.0, 12.0] + [0.0] * 35,
                "answer_p50_ms": wave,
                "answer_p99_ms": [value * 1.5 for value in wave],
                "state": [0.0] * 600,
                "clients": [1.0] * 600,
            },
        ),
        "right-simulated": Kept({"fps": [nan] * 570 + [60.0] * 30}),
    }
    rig.log("lost: the cable was pulled", level="error", camera="left-simulated")
    rig.events[0]["time"] = 1_700_000_002 * NS_PER_S
    return rig


@pytest.mark.parametrize("size", [(80, 24), (160, 50), (40, 12)], ids="{0[0]}x{0[1]}".format)
def test_the_plots_of_a_camera(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    async def prepare(pilot: Pilot[str]) -> None:
        await until(pilot, lambda: pilot.app.state.events)  # type: ignore[attr-defined]
        await pilot.press("h")
        await until_shown(pilot, "at        ")
        await pilot.press("N")
        await until_shown(pilot, "at        11-14 22:13:2")

    app = app_for(a_rig_with_a_history())
    assert snap_compare(app, terminal_size=size, run_before=prepare)


def test_the_plots_of_a_camera_in_ascii(snap_compare: SnapCompare) -> None:
    app = app_for(a_rig_with_a_history(), glyphs="ascii", theme="ansi-dark")
    prepare = shown("h", "2", "j", "j", text="p50")
    assert snap_compare(app, run_before=prepare)


@pytest.mark.parametrize("size", [(80, 24), (160, 40)], ids="{0[0]}x{0[1]}".format)
def test_a_trend(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    prepare = shown("t", "home", "enter", text="███")
    app = app_for(a_rig_with_a_history())
    assert snap_compare(app, terminal_size=size, run_before=prepare)


@pytest.mark.parametrize("size", [(80, 24), (40, 20)], ids=["80x24", "40x20"])
def test_the_log_of_what_went_wrong(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    rig = RigDouble(a_camera("left", 5555), a_camera("right", 5557))
    rig.log("engine 1.0 started for /rigs/maze/config.toml")
    rig.log("lost: the cable was pulled", level="error", camera="right-simulated")
    rig.log(
        "a malformed message: DRAW_BOX: TOP_LEFT and BOTTOM_RIGHT are needed, each [x, y]",
        level="warning",
        camera="left-simulated",
    )
    rig.log("capturing again, after 11.5 s", camera="right-simulated")

    async def prepare(pilot: Pilot[str]) -> None:
        await until(pilot, lambda: pilot.app.state.events)  # type: ignore[attr-defined]
        await pilot.press("l", "e", "slash", "a")
        await until(pilot, lambda: [each.value for each in pilot.app.screen.query(Input)] == ["a"])
        await until_shown(pilot, "following  (2 of 4)")

    assert snap_compare(app_for(rig), terminal_size=size, run_before=prepare)


@pytest.mark.parametrize("size", [(80, 24), (160, 45)], ids=["80x24", "160x45"])
@pytest.mark.usefixtures("colours")
def test_all_pictures(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    rig = a_rig()
    rig.images = {
        f"{name}-simulated": BlobScene(640, 480).read(number)
        for name, number in (("left", 40), ("right", 90), ("nest", 150))
    }

    async def prepare(pilot: Pilot[str]) -> None:
        await until_shown(pilot, "> left")
        await pilot.press("V")
        await until_shown(pilot, "lost: cable pulled")
        await until(pilot, lambda: screen(pilot.app).count("▀") > 100)

    assert snap_compare(app_for(rig), terminal_size=size, run_before=prepare)


@pytest.mark.parametrize("size", [(80, 24), (150, 45)], ids=["80x24", "150x45"])
@pytest.mark.usefixtures("colours")
def test_a_magnified_picture(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    rig = a_rig()
    image = BlobScene(640, 480).read(40)
    image[np.hypot(*np.mgrid[-200:280, -330:310]) < 15] = 255
    rig.images = {"left-simulated": image}
    rig.overlays = [a_box(320, 190, 430, 280, label="mouse")]
    magnified = "zoom 1:4" if size[0] == 80 else "zoom 1:2"

    async def prepare(pilot: Pilot[str]) -> None:
        await until_shown(pilot, "> left")
        # Figures, which a wide terminal shows by itself, have a picture of their own.
        await pilot.press("z", *("f" if size[0] > 80 else ""), "plus", "plus", "C", "s", "l")
        await until_shown(pilot, magnified)
        await until_shown(pilot, "saturated red")
        await until_shown(pilot, "mouse")

    assert snap_compare(app_for(rig), terminal_size=size, run_before=prepare)
