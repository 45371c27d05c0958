"""What a real engine keeps of its cameras over time, and `pmv-tui history`."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import zmq

from pmv_tui.wire.history import Rows, read_history
from pmv_tui.wire.status import STATES_BY_TREND, TRENDS
from tests.support import (
    SMALL,
    STEADY_FPS,
    RigOnDisk,
    free_ports,
    rig_on_disk,
    shared,
    simulated,
    steady,
    wait_for,
)


@pytest.fixture(scope="module")
def served() -> Iterator[RigOnDisk]:
    """A rig of two cameras that runs."""
    with rig_on_disk() as rig:
        ports = free_ports(4)
        rig.write_config(steady("left", *ports[:2]) + steady("right", *ports[2:]))
        with rig.serve():
            yield rig


@pytest.fixture
def running(served: RigOnDisk) -> Iterator[RigOnDisk]:
    """That rig, as the test before found it."""
    with shared(served):
        yield served


def rows(rig: RigOnDisk, camera: str = "left", **asked: Any) -> Rows:
    """Ask for what was kept of one camera."""
    reply = rig.ask("history", camera=camera, **asked)
    assert reply["ok"], reply
    (history,) = reply["histories"]
    return read_history(history)


def newest(rig: RigOnDisk) -> dict[str, float]:
    """Return the left camera's newest second."""
    kept = rows(rig, since=1)
    return {trend: each[-1, 0] if len(each) else np.nan for trend, each in kept.values.items()}


def test_each_second_says_what_arrived_and_what_was_published(running: RigOnDisk) -> None:
    assert running.ask("plug", camera="left")["ok"]
    address = running.camera("left")["pub_address"]
    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.SUB) as client:
        client.subscribe(b"image")
        client.connect(address)
        wait_for(lambda: newest(running)["published"] >= STEADY_FPS - 1, "a second of images")
        second = newest(running)
        assert set(second) == set(TRENDS)
        assert second["clients"] == 1
        assert STATES_BY_TREND[int(second["state"])] == "capturing"
        assert 0 < second["latency_p50_ms"] <= second["latency_p99_ms"] < 1000
    assert running.ask("unplug", camera="left")["ok"]
    wait_for(lambda: newest(running)["published"] == 0, "a second without images")
    wait_for(lambda: newest(running)["clients"] == 0, "the client to have gone")
    wait_for(lambda: newest(running)["fps"] >= STEADY_FPS - 1, "a second of frames all the same")
    kept = rows(running)
    assert np.nanmax(kept.values["published"]) >= STEADY_FPS - 1, "what was before it was unplugged"
    status = running.camera("left")
    assert np.nansum(kept.totals["fps"]) <= status["captured"]
    assert np.nansum(kept.totals["published"]) <= status["published"]
    assert set(np.diff(kept.times)) == {10**9}


def test_what_is_asked_for_is_answered(running: RigOnDisk) -> None:
    wait_for(lambda: len(rows(running).times) >= 3, "three seconds")
    both = running.ask("history", camera="all", fields=["state", "fps"], since=2)["histories"]
    assert [each["camera"] for each in both] == ["left", "right"]
    started = running.status()["engine"]["started"]
    for each in both:
        assert list(each["values"]) == ["state", "fps"]
        assert (each["step"], each["started"]) == (1, started)
        assert len(each["times"]) == 2 * 8
        assert read_history(each).times[0] > started
    times = [set(read_history(each).times.tolist()) for each in both]
    assert times[0] & times[1], "cameras' seconds are the same"
    assert all(time % 10**9 == 0 for time in times[0])
    (long,) = running.ask("history", camera=["right"], since=3601)["histories"]
    assert long["step"] == 60
    assert long["values"].keys() == set(TRENDS)
    assert set(long["totals"]) == {*TRENDS} - {"clients", "state"} - {
        trend for trend in TRENDS if trend.endswith("_ms")
    }


def test_a_removed_camera_begins_anew_and_a_changed_one_goes_on(running: RigOnDisk) -> None:
    wait_for(lambda: len(rows(running, "right").times) >= 3, "three seconds")
    before = rows(running).times[0], rows(running, "right").times[-1]
    text = running.config_path.read_text()
    left = text.split("[[cameras]]")[1].replace("fps = 10", "fps = 20")
    running.write_config(f"[[cameras]]{left}")
    assert running.ask("reload")["ok"]
    running.write_config(text)
    assert running.ask("reload")["ok"]
    wait_for(lambda: len(rows(running, "right").times) > 0, "a second of the camera that is back")
    assert rows(running).times[0] == before[0]
    assert rows(running, "right").times[0] > before[1]


def test_an_engine_that_was_started_again_knows_of_nothing_before(rig: RigOnDisk) -> None:
    rig.write_config(simulated("left", *free_ports(2), more=SMALL))
    known = []
    for _ in range(2):
        with rig.serve():
            wait_for(lambda: len(rows(rig).times) >= 2, "two seconds")
            (history,) = rig.ask("history", camera="left", since=86400, step=1)["histories"]
            kept = read_history(history)
            assert kept.times[0] > history["started"] == rig.status()["engine"]["started"]
            known.append((history["started"], kept.times[-1]))
    (_, last), (started, _) = known
    assert started > last
