"""What must hold for any bytes, on what once broke it, what is nearly right, and what is built."""

from pathlib import Path
from typing import Any

import msgpack
import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from pmv_tui.config.schema import CameraConfig, RigConfig
from tests.fuzz.targets import TARGETS, config, control, overlay

SEEDS = sorted((Path(__file__).parent / "corpus").glob("*/*"))

edits = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 9), st.binary(max_size=9)))
values = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.dates() | st.times(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
ids = st.sampled_from(["left-simulated", "0-opencv", "left", "\x1b-x", "a\n-b"])
addresses = st.sampled_from(["tcp://localhost:5555", "tcp://*:5555", "tcp://[::1]:0", "ipc://x"])


def tables(known: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Write a section of a config: its own keys and others, with values right and wrong."""
    keys = st.sampled_from(sorted(known)) | st.text(max_size=5)
    return st.dictionaries(keys, values | ids | addresses, max_size=5)


files = st.fixed_dictionaries(
    {"cameras": st.lists(tables(CameraConfig.model_fields), max_size=3) | values},
    optional={
        key: tables(["put_rate", "hold", "rate", "theme"])
        for key in RigConfig.model_fields
        if key != "cameras"
    },
)
requests = st.dictionaries(
    st.sampled_from(
        [
            *("command", "camera", "changes", "pub", "pull", "since", "close", "display"),
            *("fields", "step"),
        ]
    )
    | st.binary(max_size=3)
    | st.none(),
    st.sampled_from(["plug", "set", "addresses", "events", "window", "snapshot", "all", "left"])
    | st.sampled_from(["history", ["fps", "state"], [[]], 1, 60, 1e9, float("nan"), float("inf")])
    | st.integers(-(2**63), 2**63)
    | st.binary(max_size=5)
    | st.dictionaries(st.text(max_size=5), st.none(), max_size=2),
    max_size=5,
)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_is_kept_holds(seed: Path) -> None:
    TARGETS[seed.parent.name](seed.read_bytes())


@given(st.sampled_from(SEEDS), edits)
@settings(max_examples=400)
def test_what_is_nearly_right_holds(seed: Path, changes: list[tuple[int, int, bytes]]) -> None:
    data = seed.read_bytes()
    for number, length, other in changes:
        place = number % (len(data) + 1)
        data = data[:place] + other + data[place + length :]
    TARGETS[seed.parent.name](data)


@given(files)
@settings(max_examples=300)
def test_a_config_of_any_values_is_read_or_refused(
    content: dict[str, Any],
) -> None:
    config(tomli_w.dumps(content).encode(errors="replace"))


@given(requests)
def test_a_request_of_any_values_is_answered(content: dict[Any, Any]) -> None:
    control(msgpack.packb(content))


@given(st.binary(max_size=300))
def test_any_bytes_hold(data: bytes) -> None:
    for target in (overlay, config, control):
        target(data)
