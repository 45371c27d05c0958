"""Settings changed on a camera's screen, in the real TUI: what clients and viewers get of it."""

from pmv_tui.client import boxes, subscribe
from pmv_tui.wire.status import SettingStatus
from tests.support import DEADLINE, EXAMPLES, RigOnDisk, free_ports, steady, wait_for
from tests.system.terminal import TerminalTui

PICTURE = EXAMPLES / "astronaut.jpg"

ENTER, DOWN, ERASE = "\r", "\x1b[B", "\x15"


def test_what_is_set_on_the_screen_holds_for_clients_at_once(rig: RigOnDisk) -> None:
    pub, pull, *others = free_ports(4)
    rig.write_config(
        "[overlay]\nhold = 3600\nfade = 0\n"
        + steady("left", pub, pull)
        + f'source = "{PICTURE}"  # a face\n'
        + steady("door", *others).replace("-simulated", "-opencv")
        + 'source = "rtsp://me:secret@127.0.0.1:1/door"\n'
    )

    def drawn() -> int:
        return int(rig.camera("left")["drawn"])

    def source() -> SettingStatus:
        settings = rig.ask("settings", camera="left")["settings"]["settings"]
        return next(setting for setting in settings if setting["name"] == "source")

    with (
        rig.serve("--plug", "left"),
        TerminalTui(rig, rows=45) as tui,
        subscribe(f"tcp://localhost:{pub}", timeout=DEADLINE, road="tcp") as frames,
        boxes(f"tcp://localhost:{pull}") as marks,
    ):
        tui.shows("left", "1 of 2 plugged")
        assert next(frames).sequence is None
        wait_for(lambda: marks.send(((1, 2), (30, 40))) and drawn(), "the box to be drawn")

        def change(key: str, rows_above_the_name: int, typed: str) -> None:
            tui.press(f"G{'k' * rows_above_the_name}{ENTER}")
            tui.shows(f"{key} of left", "now ")
            tui.press(f"{typed}{ENTER}")
            tui.hides(f"{key} of left")

        tui.press(ENTER)
        tui.shows("extended_metadata", "source", "name")
        change("extended_metadata", 3, DOWN)
        wait_for(lambda: next(frames).sequence, "the numbers of images")
        change("hold", 2, f"{ERASE}0")
        wait_for(lambda: not drawn(), "the box to go")
        change("hold", 2, f"{ERASE}3600")
        wait_for(lambda: marks.send(((1, 2), (30, 40))) and drawn(), "the next box to stay")
        change("source", 5, ERASE)
        wait_for(lambda: source()["wanted"] is None, "the built-in scene")
        wait_for(lambda: rig.camera("left")["state"] == "capturing", "images of it")
        assert "astronaut" not in rig.config_path.read_text()

        tui.press(f"q{DOWN}{ENTER}")
        tui.shows("door-opencv", "rtsp://me:", "holds a password")
        tui.press(f"Gkkkkk{ENTER}")
        tui.shows("source: holds a password")
        assert "secret" not in tui.sent
