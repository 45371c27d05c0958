"""What must hold for any bytes: of an overlay message, of a config file, of a control request."""

import atexit
import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgpack

from pmv_tui.config.load import LoadedConfig, check_text, load_config
from pmv_tui.config.locate import ConfigError
from pmv_tui.config.save import SaveError, plan_change
from pmv_tui.control.rig import Rig
from pmv_tui.engine.engine import Engine
from pmv_tui.engine.errands import Errands
from pmv_tui.engine.server import ControlServer, Linger
from pmv_tui.engine.stream.answers import LONGEST, Answers, Arrival, Images
from pmv_tui.wire.overlay import (
    MAX_COORDINATE,
    MAX_LABEL,
    MAX_POINTS,
    MAX_SHAPES,
    Box,
    MessageError,
    Points,
    parse_overlay,
)


def overlay(data: bytes) -> None:
    """A message is refused in one line, or holds no more than a window can draw; in msgpack too."""
    _overlay(data)
    with contextlib.suppress(ValueError, OverflowError, RecursionError, TypeError):
        _overlay(msgpack.packb(json.loads(data)))


def _overlay(data: bytes) -> None:
    try:
        read = parse_overlay(data)
    except MessageError as error:
        assert_line(str(error))
        return
    if read.timestamp is not None:
        _answer(read.timestamp)
    shapes: tuple[Box | Points, ...] = (*(read.boxes or ()), *(read.points or ()))
    assert len(shapes) <= 2 * MAX_SHAPES
    for shape in shapes:
        assert len(shape.label) <= MAX_LABEL
        assert shape.label.isprintable()
        assert all(0 <= value <= 255 for value in shape.color)
    groups = [group.points for group in read.points or ()]
    assert sum(map(len, groups)) <= MAX_POINTS
    corners = [corner for box in read.boxes or () for corner in (box.top_left, box.bottom_right)]
    for x, y in (*corners, *(point for group in groups for point in group)):
        assert abs(x) <= MAX_COORDINATE
        assert abs(y) <= MAX_COORDINATE


def _answer(timestamp: int) -> None:
    """An answer is refused or remarked in one line, or it is one to an image of the last minute."""
    answers, now = _answers(), time.monotonic_ns()
    before = answers.tally(now)
    try:
        remark = answers.take(timestamp, Arrival(now))
    except MessageError as error:
        assert_line(str(error))
        return
    if remark:
        assert_line(remark)
        assert answers.tally(now) == before
    assert answers.tally(now).worst <= LONGEST


def config(data: bytes) -> None:
    """A text is refused with lines that can be shown; or it can be changed and read again."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    path = _folder() / "config.toml"
    try:
        loaded = check_text(path, text)
    except ConfigError as error:
        assert_lines(error)
        return
    path.write_bytes(data)
    assert load_config(path) == loaded
    for camera in loaded.config.cameras[:1]:
        _change(loaded, camera.unique_id)
    _change(loaded, "another-simulated")


def _change(loaded: LoadedConfig, unique_id: str) -> None:
    """Change a camera's setting: it is, and nothing else; or the reason is reported."""
    try:
        after = plan_change(loaded, unique_id, {"fps": 12.5}).after
    except SaveError as error:
        assert_line(str(error), longest=5000)
        return
    changed = {camera.unique_id: camera for camera in after.config.cameras}
    assert changed.pop(unique_id).fps == 12.5
    others = {camera.unique_id: camera for camera in loaded.config.cameras}
    others.pop(unique_id, None)
    assert changed == others


def control(data: bytes) -> None:
    """A request is answered with a map that says whether it was carried out, and if not, why."""
    reply = msgpack.unpackb(_server().answer(data).result(0))
    assert isinstance(reply["ok"], bool)
    assert reply["ok"] or reply.get("error") or reply["results"]
    assert not reply.get("error", "").startswith("unexpected ")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "overlay": overlay,
    "config": config,
    "control": control,
}


def assert_lines(error: ConfigError) -> None:
    """Check that each problem is reported in a line."""
    lines = str(error).split("\n")
    assert len(lines) == len(error.problems)
    for line in lines:
        assert_line(line, longest=5000)


def assert_line(text: str, longest: int = 200) -> None:
    """See that a text can stand in a row of a table."""
    assert text
    assert text.isprintable()
    assert len(text) <= longest


@cache
def _folder() -> Path:
    """Make a folder for this process; in memory, where there is such a file system."""
    parent = "/dev/shm"  # noqa: S108 - a folder of its own is made in it
    folder = tempfile.mkdtemp(prefix="pmv", dir=parent if Path(parent).is_dir() else None)
    atexit.register(shutil.rmtree, folder)
    return Path(folder)


@cache
def _answers() -> Answers:
    """Make those to a camera that published 100 images just now."""
    images = Images()
    for number in range(100):
        images.note(time.time_ns() + number * 1_000_000, time.monotonic_ns())
    return Answers(images)


@cache
def _server() -> ControlServer:
    """Make a server whose engine has no camera and is never started."""
    rig = Rig(_folder() / "control.toml", _folder())
    engine = Engine(rig, load_config(rig.config_path), lambda: None, Errands(lambda: None))
    return ControlServer(engine, stop=lambda: None, linger=Linger(0))
