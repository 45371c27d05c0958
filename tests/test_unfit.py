"""What another machine answers is looked at before it is used: by its form, however deep."""

import copy
from typing import Any

import msgpack
import pytest

from pmv_tui.wire.status import Reply
from pmv_tui.wire.unfit import LONGEST_TEXT, why_cut_off, why_no_figures, why_no_image, why_unfit
from tests.tui.rig_double import (
    Kept,
    RigDouble,
    a_box,
    a_camera,
    a_client,
    a_setting,
    settings_of_a_camera,
)


def over_a_line(reply: Any) -> Any:
    """Return an answer as it arrives."""
    return msgpack.unpackb(msgpack.packb(reply))


def a_snapshot() -> Any:
    box = {"top_left": [1, 2], "bottom_right": [3, 4]}
    rig = RigDouble(a_camera("left", client_list=[a_client()], box=box))
    return over_a_line({"ok": True, "snapshot": rig._snapshot()})


def changed(path: list[Any], value: Any) -> Any:
    """Return a snapshot of which one value is another, or missing where it is `missing`."""
    reply = a_snapshot()
    place = reply
    for key in path[:-1]:
        place = place[key]
    if value is MISSING:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return reply


MISSING = object()
LEFT = ["snapshot", "cameras", 0]


def test_what_an_engine_answers_is_let_through() -> None:
    thumbnail = {
        **{"unique_id": "left-simulated", "sequence": 1, "timestamp": 2, "image_size": (640, 480)},
        **{"size": (1, 1), "pixels": b"x", "notice": "", "overlays": [a_box(1, 2, 3, 4)]},
    }
    settings = {"camera": "left", "pending": False, "settings": settings_of_a_camera()}
    for reply in (
        a_snapshot(),
        {"ok": False, "error": "no"},
        {"ok": True, "results": [{"camera": "left", "ok": True, "text": ""}]},
        {"ok": True, "thumbnails": [thumbnail], "settings": settings},
    ):
        assert why_unfit(over_a_line(reply), Reply) == ""


def test_what_only_a_later_version_has_is_let_through() -> None:
    for reply in (
        changed([*LEFT, "mood"], {"good": [1]}),
        changed([*LEFT, "state"], "asleep"),
        changed([*LEFT, "client_list", 0, "road"], "pigeon"),
    ):
        assert why_unfit(reply, Reply) == ""


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (["ok"], 1, ".ok is int, not bool"),
        (["snapshot"], [], ".snapshot is no map"),
        (["snapshot", "engine", "pid"], True, ".snapshot.engine.pid is bool, not int"),
        (["snapshot", "cameras"], {}, ".snapshot.cameras is no list"),
        ([*LEFT, "name"], 5, ".snapshot.cameras[0].name is no text"),
        ([*LEFT, "name"], MISSING, ".snapshot.cameras[0].name is missing"),
        (
            [*LEFT, "name"],
            "x" * (LONGEST_TEXT + 1),
            ".snapshot.cameras[0].name has 4097 characters",
        ),
        ([*LEFT, "state"], "x" * 25, ".snapshot.cameras[0].state is no word that is known"),
        ([*LEFT, "fps"], float("nan"), ".snapshot.cameras[0].fps is no number that is measured"),
        ([*LEFT, "fps"], 1e300, ".snapshot.cameras[0].fps is no number that is measured"),
        ([*LEFT, "box", "top_left"], [1], ".snapshot.cameras[0].box.top_left is no list of 2"),
        ([*LEFT, "client_list", 0], "me", ".snapshot.cameras[0].client_list[0] is no map"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(path: list[Any], value: Any, why: str) -> None:
    assert why_unfit(changed(path, value), Reply) == why


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({}, True),
        ({"lowest": 1, "step": 0.5, "saved": 5}, True),
        ({"wanted": None, "saved": None, "highest": None}, True),
        ({"actual": [0, 0, 64, 48], "wanted": None, "highest": [0, 0, 640, 480]}, True),
        ({"actual": "Mono8", "wanted": "Mono8", "highest": None}, True),
        *(({key: "x"}, False) for key in ("lowest", "highest", "step", "saved", "wanted")),
        *(({key: [1, 2]}, False) for key in ("lowest", "highest", "step", "saved", "wanted")),
        ({"actual": "Mono8", "wanted": "Mono8"}, False),
        ({"lowest": False}, False),
    ],
)
def test_the_range_of_a_setting_is_of_the_kind_of_its_value(
    changes: dict[str, Any], fits: bool
) -> None:
    setting: Any = {**a_setting("exposure_time", 5.0, highest=9.0), **changes}
    reply = {"ok": True, "settings": {"camera": "left", "pending": False, "settings": [setting]}}
    assert (why_unfit(over_a_line(reply), Reply) == "") is fits


def test_no_value_of_another_type_passes_anywhere_in_a_snapshot() -> None:
    whole = a_snapshot()

    def places(value: Any, path: list[Any]) -> Any:
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in inner:
            yield [*path, key]
            if isinstance(each, dict | list):
                yield from places(each, [*path, key])

    # A list of lists is no value of any key.
    found = list(places(copy.deepcopy(whole), []))
    assert len(found) > 80
    passed = [path for path in found if not why_unfit(changed(path, [[[]]]), Reply)]
    assert passed == []


def test_an_image_that_is_cut_off_is_noticed() -> None:
    image: Any = {"size": [2, 3], "pixels": b"123456"}
    assert why_no_image(image) == ""
    none_yet: Any = {**image, "pixels": None}
    assert why_no_image(none_yet) == ""
    cuts: list[Any] = [{"pixels": b"12345"}, {"size": [0, 3], "pixels": b""}, {"size": [-2, -3]}]
    for each in cuts:
        cut: Any = {**image, **each}
        assert why_no_image(cut)


def test_figures_that_are_cut_off_are_noticed() -> None:
    figures: Any = {"histogram": [0] * 256, "percentiles": [0] * 5}
    assert why_no_figures(figures) == ""
    others: list[Any] = [{"histogram": [0]}, {"histogram": [-1] * 256}, {"percentiles": [1]}]
    for each in others:
        cut: Any = {**figures, **each}
        assert why_no_figures(cut)


def test_a_history_that_is_cut_off_is_noticed() -> None:
    camera = a_camera("left")
    history = Kept({"fps": [1.0] * 60}).history(camera, ["fps"], 60, 1)
    assert why_cut_off(history, ["fps"]) == ""
    assert why_cut_off(history, ["fps", "clients"])
    for part in ("times", "known"):
        cut: Any = {**history, part: history[part][:-1]}
        assert why_cut_off(cut, ["fps"])
    history["values"]["fps"] = history["values"]["fps"][:-4]
    assert why_cut_off(history, ["fps"])
