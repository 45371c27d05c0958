"""The wire format: held to its documentation from a client's side. Its words: tests/pins."""

import dataclasses
import json
import math
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from pmv_tui.cameras.base import Setting
from pmv_tui.wire.image import pack_image
from pmv_tui.wire.overlay import (
    MAX_COORDINATE,
    MAX_MESSAGE_BYTES,
    Box,
    MessageError,
    OverlayMessage,
    parse_overlay,
)
from pmv_tui.wire.status import SettingStatus

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
    overlay = OverlayMessage(boxes=(Box(top_left, bottom_right),), points=None)
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


def test_a_message_that_is_too_long_is_refused_unread() -> None:
    padded = json.dumps(message([1, 2], [3, 4])).encode().ljust(MAX_MESSAGE_BYTES)
    assert parse_overlay(padded).boxes == (Box((1, 2), (3, 4)),)
    assert "at most 65536" in reason(padded + b" ")


@pytest.mark.parametrize("data", [b"", b"[" * 60_000, b"\x91" * 60_000, b"\xdf\xff\xff\xff\xff"])
def test_what_decoders_stumble_over_is_refused(data: bytes) -> None:
    assert_box_or_reason(data)
    assert reason(data)


def test_a_setting_goes_over_the_control_socket_with_the_documented_fields() -> None:
    names = [each.name for each in dataclasses.fields(Setting)]
    assert [*names, "saved"] == list(SettingStatus.__annotations__)
