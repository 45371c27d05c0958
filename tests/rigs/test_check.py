"""How rigs are compared, and what people see of it."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from pmv_tui.cli.check_rigs import _lines, _row, _twice, _worst
from pmv_tui.config.schema import CameraConfig, RigConfig
from pmv_tui.config.values import flat
from pmv_tui.rigs.check import Checked, Clock, differences, examine
from pmv_tui.rigs.connection import Where
from pmv_tui.rigs.listed import ListedRig
from pmv_tui.rigs.process import Finished
from pmv_tui.rigs.ssh import Hosts
from pmv_tui.rigs.trouble import LOCAL, HostTrouble

WHERE = Where("/s", "/c", "/l", 5, 2, "1.0", "pc")


def checked(*cameras: CameraConfig, **more: Any) -> Checked:
    settings = flat(RigConfig(cameras=cameras).model_dump(mode="json"))
    return Checked(WHERE, Clock(-3.25, 0.5), 71_000_000_000, settings=settings, **more)


def finding(level: str, found: str) -> dict[str, str]:
    return {"level": level, "check": "usb", "found": found, "remedy": "another port"}


def test_settings_of_rigs_of_a_group_are_compared_and_no_others() -> None:
    left = CameraConfig(unique_id="1-basler", name="left", fps=60)
    other = CameraConfig(unique_id="2-basler", name="left", fps=50, pub_address="tcp://*:7000")
    top = CameraConfig(unique_id="3-basler", name="top")
    rigs = {
        ListedRig("maze", "a", group="g"): checked(left, top),
        ListedRig("wheel", "b", group="g"): checked(other),
        ListedRig("arena", "c", group="g"): checked(left, top),
        ListedRig("alone", "d", group="h"): checked(),
        ListedRig("none", "e"): checked(),
        ListedRig("broken", "f", group="g"): Checked(WHERE, None, None),
    }
    assert _lines(differences(rigs)) == [
        "",
        "g: cameras[left].fps: 60 on maze, arena; 50 on wheel",
        "g: cameras[top]: true on maze, arena; false on wheel",
    ]


def test_of_many_differences_some_are_shown() -> None:
    cameras = [CameraConfig(unique_id=f"{number}-basler") for number in range(50)]
    rigs = {
        ListedRig("a", "a", group="g"): checked(*cameras),
        ListedRig("b", "b", group="g"): checked(),
    }
    lines = _lines(differences(rigs))
    assert len(lines) == 32
    assert lines[-1] == "and 20 more settings: --json has them all"


def test_a_rig_is_a_line_and_its_worst_finding_another() -> None:
    bad = checked(findings=[finding("ok", "x"), finding("warning", "slow"), finding("error", "no")])
    assert _row(bad) == ("1.0", "pid 5", "-3.2 ± 0.5 ms", "71.0 GB", "1 error, 1 warning")
    assert _worst({ListedRig("maze", "a"): bad}) == ["", "maze: usb: no → another port"]
    equal = replace(bad, clock=Clock(387.4, 400.1))
    assert _row(equal)[2] == "± 787.5 ms", "nobody can say which is ahead"
    silent = Checked(WHERE._replace(pid=None), None, None)
    assert _row(silent) == ("1.0", "none runs", "not known", "-", "no answer")
    fine = checked(findings=[finding("ok", "x")])
    assert _row(fine)[-1] == "all well"
    assert _worst({ListedRig("maze", "a"): fine}) == []


def test_rigs_that_are_one_engine_are_named() -> None:
    rigs = [ListedRig(name, name) for name in ("maze", "lab", "idle", "off")]
    others = [replace(checked(), where=WHERE._replace(pid=None)) for _ in range(2)]
    (_, line) = _twice(dict(zip(rigs, [checked(), checked(), *others], strict=True)))
    assert line.startswith("maze, lab: one engine")


async def _examined(answers: dict[str, Any]) -> Checked:
    """Look at a rig that answers its commands with these."""

    class There(Hosts):
        async def call(self, *arguments: Any, **_: Any) -> Finished:
            _host, words, _command = arguments
            return Finished(0, json.dumps(answers[words[-2]]).encode(), b"")

    return await examine(There(), ListedRig("maze", LOCAL))


def test_whatever_a_rig_answers_is_a_short_line_or_nothing() -> None:
    deep: Any = 1
    for _ in range(600):
        deep = [deep]
    answers = {
        "where": WHERE._asdict(),
        "doctor": {"findings": [finding("error", "\x1b[2J" + "x" * 900_000), {"level": 5}]},
        "show": {"settings": {"display": deep}},
    }
    found = asyncio.run(_examined(answers))
    assert found.settings == {}
    [_, line] = _worst({ListedRig("maze", "a"): found})
    assert len(line) < 400
    assert line.isprintable()
    json.dumps(found.as_map())


@pytest.mark.parametrize("about", [{"pid": 10**4000}, {"pid": True}, {"protocol": -(10**4000)}])
def test_numbers_that_no_machine_has_are_said_to_be_none(about: dict[str, Any]) -> None:
    with pytest.raises(HostTrouble, match="does not say where its engine is"):
        asyncio.run(_examined({"where": {**WHERE._asdict(), **about}}))


@pytest.mark.parametrize("path", ["/run/\ud800", "/run/\0x", ""])
def test_a_path_that_no_socket_can_have_is_a_trouble_of_that_rig(path: str) -> None:
    with pytest.raises(HostTrouble, match="is no path that a socket can have"):
        asyncio.run(Hosts().forward(LOCAL, path))
    assert asyncio.run(Hosts().forward(LOCAL, "/run/\udcff")) == "/run/\udcff"


def test_passwords_are_no_part_of_what_is_compared() -> None:
    camera = CameraConfig(unique_id="a-opencv", source="rtsp://me:secret@pc/x")
    settings = flat(RigConfig(cameras=(camera,)).model_dump(mode="json"))
    assert settings["cameras[a].source"] == "rtsp://me:...@pc/x"
