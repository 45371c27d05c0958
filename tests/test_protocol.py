"""The wire format: held to its documentation from a client's side."""

import io
import json
import math
import pickle
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from pmv_tui.protocol import (
    MAX_COORDINATE,
    MAX_MESSAGE_BYTES,
    Box,
    MessageError,
    Overlay,
    Points,
    pack_image,
    parse_overlay,
)

coordinates = st.integers(-MAX_COORDINATE, MAX_COORDINATE)
corners = st.tuples(coordinates, coordinates)
images = arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40)))
messages = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["DRAW_BOX", "TOP_LEFT", "BOTTOM_RIGHT", "DRAW_POINTS", "POINTS", "LABEL", "x\n"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=9,
)


def message(top_left: Any, bottom_right: Any, **more: Any) -> dict[str, Any]:
    """Write a box as the documentation does; `more` is beyond it."""
    corners = {"TOP_LEFT": list(top_left), "BOTTOM_RIGHT": list(bottom_right)}
    return {"DRAW_BOX": {**corners, **more}}


def reason(data: bytes) -> str:
    with pytest.raises(MessageError) as caught:
        parse_overlay(data)
    return str(caught.value)


def assert_box_or_reason(data: bytes) -> None:
    """See that the bytes are a box, or refused in one line that can be shown in a table."""
    try:
        overlay = parse_overlay(data)
    except MessageError as error:
        text = str(error)
        assert text
        assert text.isprintable()
        assert len(text) < 200
    else:
        assert overlay.boxes is not None or overlay.points is not None
        for box in overlay.boxes or ():
            assert all(type(value) is int for value in (*box.top_left, *box.bottom_right))
        for group in overlay.points or ():
            assert all(math.isfinite(value) for point in group.points for value in point)


@given(images, st.integers(0, 2**63 - 1), st.text(max_size=20))
def test_a_client_written_from_the_documentation_gets_the_image(
    image: NDArray[np.uint8], timestamp: int, unique_id: str
) -> None:
    topic, metadata_packed, image_bytes = map(bytes, pack_image(unique_id, timestamp, image))
    assert topic.decode("utf-8") == "image"
    metadata = msgpack.unpackb(metadata_packed)
    height, width = image.shape
    assert metadata == {
        "unique_id": unique_id,
        "timestamp": timestamp,
        "height": height,
        "width": width,
    }
    frame = np.frombuffer(image_bytes, dtype=np.uint8).reshape(
        (metadata["height"], metadata["width"])
    )
    np.testing.assert_array_equal(frame, image)


def test_extended_metadata_adds_its_keys_and_no_others() -> None:
    image = np.zeros((2, 3), np.uint8)
    extended = {"sequence": 7, "device_timestamp": None, "pixel_format": "Mono8"}
    plain = msgpack.unpackb(pack_image("a-b", 1, image)[1])
    assert msgpack.unpackb(pack_image("a-b", 1, image, extended)[1]) == {**plain, **extended}


def test_an_image_is_not_copied() -> None:
    image = np.zeros((480, 640), np.uint8)
    part = pack_image("a-b", 1, image)[2]
    assert np.shares_memory(np.frombuffer(part, np.uint8), image)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.uint16),
        np.zeros((4, 4), np.int8),
        np.zeros((4, 4, 3), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((4, 8), np.uint8)[:, ::2],
        np.zeros((4, 8), np.uint8).T,
    ],
)
def test_what_no_client_could_read_is_refused(image: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="contiguous uint8"):
        pack_image("a-b", 1, image)


@given(corners, corners)
def test_a_documented_box_is_read_from_json_and_from_msgpack(
    top_left: tuple[int, int], bottom_right: tuple[int, int]
) -> None:
    documented = message(top_left, bottom_right)
    overlay = Overlay(boxes=(Box(top_left, bottom_right),), points=None)
    assert parse_overlay(json.dumps(documented).encode()) == overlay
    assert parse_overlay(json.dumps(documented, indent=2).encode()) == overlay
    assert parse_overlay(msgpack.packb(documented)) == overlay


@given(st.binary(max_size=200))
def test_any_bytes_are_a_box_or_refused_with_a_reason(data: bytes) -> None:
    assert_box_or_reason(data)


@given(st.binary(max_size=60))
def test_any_broken_map_is_a_box_or_refused_with_a_reason(data: bytes) -> None:
    for first in (b"\x81", b"\x82\xa8DRAW_BOX", b"\xde", b"\xdf", b'{"DRAW_BOX":', b"["):
        assert_box_or_reason(first + data)


@given(messages)
def test_any_decodable_message_is_a_box_or_refused_with_a_reason(content: Any) -> None:
    assert_box_or_reason(json.dumps(content).encode())
    try:
        packed = msgpack.packb(content)
    except OverflowError:  # An integer beyond 64 bits has no msgpack form.
        return
    assert_box_or_reason(packed)


@given(corners, corners, st.data())
def test_a_box_cut_short_is_refused(
    top_left: tuple[int, int], bottom_right: tuple[int, int], data: st.DataObject
) -> None:
    for whole in (
        json.dumps(message(top_left, bottom_right)).encode(),
        msgpack.packb(message(top_left, bottom_right)),
    ):
        assert reason(whole[: data.draw(st.integers(0, len(whole) - 1))])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "a map with the key DRAW_BOX is needed, not a list"),
        ({}, "neither DRAW_BOX nor DRAW_POINTS; found no keys"),
        ({"draw_box": 1}, "found 'draw_box'"),
        ({"DRAW_BOX": [1, 2, 3, 4]}, "DRAW_BOX must be a map or a list of maps, not a number"),
        ({"DRAW_BOX": [{}] * 1001}, "DRAW_BOX: 1001 of them; at most 1000"),
        (message([1, 2], [3, 4], LABEL=7), "LABEL must be a string, not a number"),
        (message([1, 2], [3, 4], COLOR=[0, 0, 256]), "COLOR must be .red, green, blue."),
        (message([1, 2], [3, 4], COLOR="red"), "COLOR must be"),
        ({"DRAW_POINTS": {}}, "DRAW_POINTS has no POINTS; found no keys"),
        ({"DRAW_POINTS": {"POINTS": 1}}, "POINTS must be a list"),
        ({"DRAW_POINTS": {"POINTS": [[1]]}}, "POINTS: each must be"),
        ({"DRAW_POINTS": {"POINTS": [[1, math.inf]]}}, "POINTS: a coordinate is beyond"),
        ({"DRAW_POINTS": {"POINTS": [[1, 1e300]]}}, "POINTS: a coordinate is beyond"),
        ({"DRAW_POINTS": {"POINTS": [[math.nan]]}}, "POINTS: each must be"),
        ({"DRAW_BOX": {"TOP_LEFT": [1, 2]}}, "has no BOTTOM_RIGHT; found 'TOP_LEFT'"),
        (message([1.5, 2], [3, 4]), r"TOP_LEFT: whole numbers are needed; send \[int"),
        (message([1, 2], [3, 4, 5]), r"BOTTOM_RIGHT must be \[x, y\], not a list of 3"),
        (message([True, 2], [3, 4]), "TOP_LEFT"),
        (message([1, "2"], [3, 4]), "TOP_LEFT"),
        (message([2**31, 2], [3, 4]), "TOP_LEFT: a coordinate is beyond"),
    ],
)
def test_the_reason_says_what_is_wrong(content: Any, words: str) -> None:
    with pytest.raises(MessageError, match=words):
        parse_overlay(json.dumps(content).encode())
    with pytest.raises(MessageError, match=words):
        parse_overlay(msgpack.packb(content))


@pytest.mark.parametrize("nothing", [math.nan, None])
@pytest.mark.parametrize("pack", [lambda content: json.dumps(content).encode(), msgpack.packb])
def test_what_was_not_seen_is_left_out_and_the_rest_is_read(nothing: Any, pack: Any) -> None:
    points = [[1, 2.5], [nothing, nothing], [3, nothing], None, [4, 5]]
    boxes = [message([1, 2], [3, 4]), message([nothing, 2], [3, 4]), message([1, 2], [nothing] * 2)]
    content = {
        "DRAW_BOX": [each["DRAW_BOX"] for each in boxes],
        "DRAW_POINTS": [{"POINTS": points}, {"POINTS": [[nothing, nothing]]}],
    }
    assert parse_overlay(pack(content)) == Overlay(
        (Box((1, 2), (3, 4)),), (Points(((1, 2.5), (4, 5))), Points(()))
    )


ARRAY = np.array([[1.5, 2], [3, 4]])
NPY = io.BytesIO()
np.save(NPY, ARRAY)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        *((pickle.dumps({"DRAW_BOX": 1}, version), "a pickle: send JSON") for version in range(6)),
        *((pickle.dumps(ARRAY, version), "a pickle: send JSON") for version in range(6)),
        (json.dumps({}).encode("utf-8-sig"), "JSON with a byte order mark: send it as plain UTF-8"),
        (json.dumps({}).encode("utf-16"), "UTF-16 text"),
        (NPY.getvalue(), "a numpy file"),
        *((text.encode(), "the text of a numpy array") for text in (str(ARRAY), repr(ARRAY))),
        (str({"DRAW_POINTS": {"POINTS": ARRAY}}).encode(), "the text of a numpy array"),
        (str({"DRAW_BOX": {"TOP_LEFT": [np.int64(5), 1]}}).encode(), "the text of a numpy array"),
        (str(message([1, 2], [3, 4])).encode(), "the text of a Python dict"),
        (b"hello.", "not JSON"),
        (b'{"DRAW_BOX": np.', "not JSON"),
        (b"\x80\x80", "not msgpack"),
    ],
)
def test_what_is_often_sent_instead_is_named(data: bytes, words: str) -> None:
    assert reason(data).startswith(words)


def test_beyond_the_documentation_lists_labels_colours_and_points_are_read() -> None:
    content = {
        "DRAW_BOX": [
            message([1, 2], [3, 4])["DRAW_BOX"],
            message([5, 6], [7, 8], LABEL="\x1b[31mmouse", COLOR=[255, 0, 9])["DRAW_BOX"],
        ],
        "DRAW_POINTS": {"POINTS": [[1, 2.5], [3, 4]], "LABEL": "paw"},
    }
    assert parse_overlay(json.dumps(content).encode()) == Overlay(
        boxes=(
            Box((1, 2), (3, 4)),
            Box((5, 6), (7, 8), "\N{REPLACEMENT CHARACTER}[31mmouse", (255, 0, 9)),
        ),
        points=(Points(((1, 2.5), (3, 4)), "paw"),),
    )


def test_unknown_keys_are_named_and_what_is_known_is_read() -> None:
    content = {**message([1, 2], [3, 4], THICK=3), "FRAME": 1}
    overlay = parse_overlay(json.dumps(content).encode())
    assert overlay.boxes == (Box((1, 2), (3, 4)),)
    assert overlay.unknown_keys == ("'FRAME'", "'THICK'")


def test_a_message_that_is_too_long_is_refused_unread() -> None:
    padded = json.dumps(message([1, 2], [3, 4])).encode().ljust(MAX_MESSAGE_BYTES)
    assert parse_overlay(padded).boxes == (Box((1, 2), (3, 4)),)
    assert "at most 65536" in reason(padded + b" ")


def test_points_are_counted_over_all_groups() -> None:
    most = [{"POINTS": [[1, 2]] * 1000}] * 10
    assert parse_overlay(msgpack.packb({"DRAW_POINTS": most})).points is not None
    assert "10001 points; at most 10000" in reason(
        msgpack.packb({"DRAW_POINTS": [*most, {"POINTS": [[1, 2]]}]})
    )


@pytest.mark.parametrize("data", [b"", b"[" * 60_000, b"\x91" * 60_000, b"\xdf\xff\xff\xff\xff"])
def test_what_decoders_stumble_over_is_refused(data: bytes) -> None:
    assert_box_or_reason(data)
    assert reason(data)
