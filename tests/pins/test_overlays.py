"""Overlay messages: what the client library sends, and what is made of whatever arrives."""

import io
import json
import math
import pickle
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import zmq

from pmv_tui.client import Box, Boxes, Points
from pmv_tui.wire.overlay import MessageError, parse_overlay
from tests.pins.pin import Pins
from tests.support import DEADLINE, wait_for

RED = (255, 0, 0)

BOX = {"TOP_LEFT": [1, 2], "BOTTOM_RIGHT": [3, 4]}

TIMESTAMP = 1_700_000_000_123_456_789

DOCUMENTED: list[Any] = [
    {"DRAW_BOX": BOX},
    {"DRAW_BOX": [BOX, {**BOX, "LABEL": "\x1b[31mmouse", "COLOR": [255, 0, 9]}]},
    {"DRAW_BOX": {**BOX, "LABEL": "x" * 65}},
    {"DRAW_BOX": []},
    {"DRAW_POINTS": []},
    {"DRAW_BOX": [], "DRAW_POINTS": []},
    {"DRAW_POINTS": {"POINTS": [[31.5, 40.2], [52.0, 44.8]], "LABEL": "paws"}},
    {"DRAW_POINTS": [{"POINTS": [[1, 2]], "COLOR": [1, 2, 3]}, {"POINTS": []}]},
    {"DRAW_BOX": BOX, "DRAW_POINTS": {"POINTS": [[1, 2.5], [3, 4]], "LABEL": "paw"}},
    {"DRAW_BOX": {**BOX, "THICK": 3}, "FRAME": 1},
    {"DRAW_BOX": {"TOP_LEFT": [-(2**31) + 1, 0], "BOTTOM_RIGHT": [2**31 - 1, 0]}},
    {"DRAW_BOX": [BOX, {**BOX, "TOP_LEFT": None}, {**BOX, "TOP_LEFT": [None, 2]}]},
    {"DRAW_BOX": [BOX, {**BOX, "BOTTOM_RIGHT": [math.nan, 4]}]},
    {"DRAW_POINTS": {"POINTS": [[1, 2.5], [None, None], [3, math.nan], None, [4, 5]]}},
    {"TIMESTAMP": TIMESTAMP},
    {"DRAW_BOX": BOX, "TIMESTAMP": TIMESTAMP},
    {"DRAW_POINTS": [], "TIMESTAMP": TIMESTAMP},
]
"""What docs/protocol.md says can be sent."""

MALFORMED: list[Any] = [
    [],
    5,
    "image",
    None,
    {},
    {"draw_box": 1},
    {"a": 1, "b": 2, "c": 3, "d": 4},
    {"DRAW_BOX": None},
    {"DRAW_BOX": [1, 2, 3, 4]},
    {"DRAW_BOX": [{}] * 1001},
    {"DRAW_BOX": {**BOX, "LABEL": 7}},
    {"DRAW_BOX": {**BOX, "COLOR": [0, 0, 256]}},
    {"DRAW_BOX": {**BOX, "COLOR": [0, 0, True]}},
    {"DRAW_BOX": {**BOX, "COLOR": "red"}},
    {"DRAW_BOX": {"TOP_LEFT": [1, 2]}},
    {"DRAW_BOX": {**BOX, "TOP_LEFT": [1.5, 2]}},
    {"DRAW_BOX": {**BOX, "BOTTOM_RIGHT": [3, 4, 5]}},
    {"DRAW_BOX": {**BOX, "TOP_LEFT": [True, 2]}},
    {"DRAW_BOX": {**BOX, "TOP_LEFT": [1, "2"]}},
    {"DRAW_BOX": {**BOX, "TOP_LEFT": [2**31, 2]}},
    {"DRAW_POINTS": {}},
    {"DRAW_POINTS": {"POINTS": 1}},
    {"DRAW_POINTS": {"POINTS": [[1]]}},
    {"DRAW_POINTS": {"POINTS": [[True, 1]]}},
    {"DRAW_POINTS": {"POINTS": [[1, math.inf]]}},
    {"DRAW_POINTS": {"POINTS": [[1, 1e300]]}},
    {"DRAW_POINTS": {"POINTS": [[math.nan]]}},
    {"DRAW_POINTS": {"POINTS": [[1, 2]] * 1001}},
    {"DRAW_BOX": BOX, "TIMESTAMP": 1.7e18},
    {"TIMESTAMP": None},
    {"TIMESTAMP": True},
    {"TIMESTAMP": str(TIMESTAMP)},
]

ARRAY = np.array([[1.5, 2], [3, 4]])
NPY = io.BytesIO()
np.save(NPY, ARRAY)

MISTAKEN = {
    **{f"pickle {version}": pickle.dumps({"DRAW_BOX": 1}, version) for version in range(6)},
    **{f"pickled array {version}": pickle.dumps(ARRAY, version) for version in range(6)},
    "byte order mark": json.dumps({}).encode("utf-8-sig"),
    "UTF-16": json.dumps({}).encode("utf-16"),
    "numpy file": NPY.getvalue(),
    "str(array)": str(ARRAY).encode(),
    "repr(array)": repr(ARRAY).encode(),
    "str of a map with an array": str({"DRAW_POINTS": {"POINTS": ARRAY}}).encode(),
    "str of a map with a number of numpy's": str({"TOP_LEFT": [np.int64(5), 1]}).encode(),
    "str of a map": str({"DRAW_BOX": BOX}).encode(),
    "nothing": b"",
    "a word": b"hello.",
    "an array cut short": b'{"DRAW_BOX": np.',
    "no msgpack": b"\x80\x80",
    "msgpack cut short": b"\xdf\xff\xff\xff\xff",
    "too many points": msgpack.packb(
        {"DRAW_POINTS": [*[{"POINTS": [[1, 2]] * 1000}] * 10, {"POINTS": [[1, 2]]}]}
    ),
    "too long": json.dumps({"DRAW_BOX": BOX}).encode().ljust(2**16 + 1),
}
"""What is often sent instead."""

CORPUS = Path(__file__).parents[1] / "fuzz" / "corpus" / "overlay"


def read(data: bytes) -> dict[str, Any]:
    """Read a message, or the words in which it is refused."""
    try:
        overlay = parse_overlay(data)
    except MessageError as error:
        return {"refused": str(error)}
    boxes, points = overlay.boxes, overlay.points
    return {
        "boxes": boxes and [[b.top_left, b.bottom_right, b.label, b.color] for b in boxes],
        "points": points and [[p.points, p.label, p.color] for p in points],
        "unknown_keys": overlay.unknown_keys,
        **({} if overlay.timestamp is None else {"timestamp": overlay.timestamp}),
    }


def short(text: str) -> str:
    return text if len(text) < 200 else f"{text[:40]}… {len(text)} characters"


def test_what_is_made_of_a_message(pins: Pins) -> None:
    lines: list[str] = []
    for message in (*DOCUMENTED, *MALFORMED):
        text = json.dumps(message)
        meant = read(text.encode())
        if isinstance(message, dict):
            assert read(msgpack.packb(message)) == meant, "JSON and msgpack mean the same"
        lines += [f"> {short(text)}", short(json.dumps(meant)), ""]
    named = MISTAKEN | {path.name: path.read_bytes() for path in sorted(CORPUS.iterdir())}
    for name, data in named.items():
        lines += [f"> ({name})", short(json.dumps(read(data))), ""]
    pins.check("overlays_read.txt", "\n".join(lines))


MOUSE, PAWS = {"label": "mouse", "color": RED}, {"label": "paws", "color": RED}

SENT: list[tuple[Any, dict[str, Any]]] = [
    (((1, 2), (3, 4)), {}),
    ([[1.6, 2], [3, 3.7]], MOUSE),
    ([((1, 2), (3, 4)), Box((5, 6), (7, 8), "näse", (1, 2, 3))], {}),
    ([((1, 2), (math.nan, 4)), ((1, 2), (3, 4))], {}),
    ([], {}),
    (((1, 2), (3, 4)), {"frame": TIMESTAMP}),
]

SENT_POINTS: list[tuple[Any, dict[str, Any]]] = [
    ([(1.5, 2), (3, 4.25)], PAWS),
    ([Points(((1, 2),), "left", RED), Points(((3, 4), (5, 6)))], {}),
    ([(math.nan, 1), (2, 3)], {}),
    ([(1, 2)], {"frame": TIMESTAMP}),
]


def received(camera: "zmq.Socket[bytes]") -> str:
    assert camera.poll(int(DEADLINE * 1000)), "no message"
    return camera.recv().decode("ascii")


def test_what_the_client_library_sends(pins: Pins) -> None:
    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.PULL) as camera:
        port = camera.bind_to_random_port("tcp://127.0.0.1")
        with Boxes(f"tcp://localhost:{port}") as boxes:
            wait_for(boxes.clear, "the connection")
            sent = [received(camera)]
            for shapes, style in SENT:
                assert boxes.send(shapes, **style)
                sent.append(received(camera))
            for points, style in SENT_POINTS:
                assert boxes.send_points(points, **style)
                sent.append(received(camera))
            assert boxes.clear(frame=TIMESTAMP)
            sent.append(received(camera))
            assert boxes.answer(TIMESTAMP)
            sent.append(received(camera))
    pins.check("overlays_sent.txt", "\n".join([*sent, ""]))
