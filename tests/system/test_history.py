"""What a real engine keeps of its cameras over time, and `pmv-tui history`."""

import csv
import io
import json
import re
import shlex
import subprocess
from argparse import Namespace
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgpack
import numpy as np
import pytest
import zmq

from pmv_tui.cli.rig import request
from pmv_tui.wire.history import Rows, read_history
from pmv_tui.wire.status import COUNTED_TRENDS, TRENDS, Reply, local_time
from tests.support import (
    DEADLINE,
    STEADY_FPS,
    RigOnDisk,
    free_ports,
    rig_on_disk,
    shared,
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
            # Before anything is published: of their first moments cameras have no row.
            wait_for(lambda: all(len(rows(rig, each).times) for each in ("left", "right")), "rows")
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


def printed(rig: RigOnDisk, *options: str) -> str:
    """Run the command; return what it printed."""
    done = rig.run_here("history", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_second_says_what_arrived_what_was_published_and_what_was_answered(
    running: RigOnDisk,
) -> None:
    assert running.ask("plug", camera="left")["ok"]
    left = running.camera("left")
    with (
        zmq.Context[zmq.Socket[bytes]]() as context,
        context.socket(zmq.SUB) as client,
        context.socket(zmq.PUSH) as answers,
    ):
        client.subscribe(b"image")
        client.connect(left["pub_address"])
        answers.connect(left["pull_address"])

        def a_second() -> dict[str, float]:
            """Answer what has arrived; return the newest second if nothing held it up."""
            while client.poll(0):
                metadata = msgpack.unpackb(client.recv_multipart()[1])
                answers.send_json({"TIMESTAMP": metadata["timestamp"]})
            second = newest(running)
            good = min(second["answers"], second["published"]) >= STEADY_FPS - 1
            return second if good and second["state"] == 0 else {}

        second = wait_for(a_second, "a second of images and answers")
    assert set(second) == set(TRENDS)
    assert second["fps"] > 0
    assert second["clients"] == 1
    assert 0 < second["latency_p50_ms"] <= second["latency_p99_ms"]
    assert 0 < second["answer_p50_ms"] <= second["answer_p99_ms"]
    assert "ANSWER ms" in printed(running, "left")
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
    wait_for(lambda: len(rows(running, "right").times) >= 3, "three seconds")
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


def test_it_agrees_with_the_status_and_with_itself_in_each_form(running: RigOnDisk) -> None:
    assert running.run_here("set", "left", "put_rate=5").returncode == 0
    left = running.camera("left")
    before = left["published"], left["drops"]["put_rate"]
    running.ask("plug", camera="left")
    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.SUB) as client:
        client.subscribe(b"image")
        client.connect(left["pub_address"])
        wait_for(lambda: newest(running)["put_rate"] > 0, "a second of which images are left out")
        running.ask("pause", camera="left")
    wait_for(lambda: newest(running)["published"] == newest(running)["put_rate"] == 0, "the pause")
    status = json.loads(running.run_here("status", "--json").stdout)["cameras"][0]
    as_map = json.loads(printed(running, "all", "--json"))
    assert list(as_map) == ["left-simulated", "right-simulated"]
    kept = as_map["left-simulated"]
    assert kept.keys() == {"camera", "started", "step", "times", "known", "values"}
    assert (kept["camera"], kept["step"]) == ("left", 1)
    assert {len(each) for each in (kept["times"], *kept["values"].values())} == {len(kept["known"])}
    left_out = sum(filter(None, kept["values"]["put_rate"]))
    assert 0 < left_out == status["drops"]["put_rate"] >= before[1]
    published = sum(filter(None, kept["values"]["published"]))
    assert 0 < published <= status["published"]
    if all(kept["known"]):  # the machine left the engine the time to look
        assert published == status["published"]
    lines = list(csv.DictReader(io.StringIO(printed(running, "left", "right", "--csv"))))
    assert {line["camera"] for line in lines} == {"left", "right"}
    by_time = {int(each["time_ns"]): each for each in lines if each["camera"] == "left"}
    for place, time in enumerate(kept["times"]):
        line = by_time[time]
        assert datetime.fromisoformat(line["time"]).timestamp() == time / 1e9
        assert (line["unique_id"], line["step_s"]) == ("left-simulated", "1")
        for trend, values in kept["values"].items():
            title = f"{trend}_per_s" if trend in COUNTED_TRENDS and trend != "fps" else trend
            assert line[title] == ("" if values[place] is None else str(values[place]))


def test_people_see_what_happened_and_when(running: RigOnDisk) -> None:
    assert running.ask("plug", camera="right")["ok"]
    right = running.camera("right")["pub_address"]
    wait_for(lambda: len(rows(running, "right").times) >= 3, "three seconds")
    text = printed(running, "right")
    started = local_time(running.status()["engine"]["started"]).strftime("%Y-%m-%dT%H:%M:%S")
    note, head, titles, *lines = text.splitlines()
    assert note.startswith(f"right: the engine started at {started}")
    assert note.endswith("engine.log goes further back")
    assert head == "right: a row is 1 s, from TIME on"
    assert re.split("  +", titles) == [
        *("TIME", "FPS", "PUBLISHED", "LOST", "LATENCY ms", "CLIENTS", "STATE"),
    ]
    assert any(re.match(rf"  \d\d:\d\d:\d\d info +publishes at {right}", each) for each in lines)
    seconds = [each for each in lines if not each.startswith("  ")]
    assert len(seconds) >= 3
    assert all(re.match(r"\d\d:\d\d:\d\d +\d+\.\d +0\.0 +", each) for each in seconds)
    both = printed(running, "all")
    assert both.count("a row is") == 2


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["lfet"], 1, "there is no camera 'lfet'; there are: left, right"),
        (["left", "--since", "2099-01-31"], 2, "--since lies in the future"),
        (["left", "--until", "2099-01-31"], 2, "--until lies in the future"),
        (["left", "--since", "1m", "--until", "2m"], 2, "--until must be later than --since"),
        (["left", "--since", "soon"], 2, "10m (ago; s, m, h or d)"),
        (["left", "--csv", "--json"], 2, "not allowed with"),
        ([], 2, "NAME"),
    ],
)
def test_what_is_wrong_is_said(
    running: RigOnDisk, options: list[str], code: int, said: str
) -> None:
    done = running.run_here("history", *options)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


def test_an_engine_of_before_is_recognised(
    running: RigOnDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asking(options: Namespace, command: str, **arguments: Any) -> Reply:
        """Ask for what this engine does not have."""
        return request(options, "yore" if command == "history" else command, **arguments)

    monkeypatch.setattr("pmv_tui.cli.history.request", asking)
    done = running.run_here("history", "left")
    assert done.returncode == 1
    assert "the engine is of a version without 'yore': pmv-tui stop ends it" in done.stderr


def test_a_time_of_which_nothing_is_known(running: RigOnDisk) -> None:
    before = ("left", "--since", "2h", "--until", "1h")
    nothing = "left: nothing is known of that time; the engine started at "
    assert printed(running, *before).startswith(nothing)
    as_map = json.loads(printed(running, *before, "--json"))["left-simulated"]
    assert (as_map["times"], as_map["values"]["fps"]) == ([], [])
    assert as_map["started"] == running.status()["engine"]["started"]
    done = running.run_here("history", *before, "--csv")
    assert done.stdout.count("\n") == 1, "the columns' names"
    assert nothing in done.stderr


def test_who_reads_only_the_beginning_of_it(running: RigOnDisk) -> None:
    wait_for(lambda: len(rows(running).times) >= 3, "three seconds")
    line = shlex.join(running.command("history", "left", "--csv"))
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{line} | head -n 1"],
        env=running.environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        "camera,unique_id,time,time_ns,step_s,known_s,fps,published_per_s"
    )


def test_an_engine_that_was_started_again_knows_of_nothing_before(served: RigOnDisk) -> None:
    """The last test of this rig, whose engine it stops."""
    last = rows(served).times[-1]
    assert served.run_here("stop").returncode == 0
    assert "no engine runs" in served.run_here("history", "left").stderr
    with served.serve():
        wait_for(lambda: len(rows(served).times) >= 1, "a second")
        (history,) = served.ask("history", camera="left", since=86400, step=1)["histories"]
        assert history["started"] == served.status()["engine"]["started"] > last
        assert read_history(history).times[0] > history["started"]
        note = printed(served, "left").splitlines()[0]
        assert note.endswith("engine.log goes further back")
