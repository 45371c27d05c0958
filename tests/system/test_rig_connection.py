"""The connection to one rig: found, kept, made again, and what is said where there is none."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from pmv_tui.control.async_client import AsyncControlClient
from pmv_tui.rigs import connection
from pmv_tui.rigs.connection import RigConnection
from pmv_tui.rigs.listed import ListedRig
from pmv_tui.rigs.ssh import Hosts
from pmv_tui.rigs.trouble import LOCAL
from tests.support import DEADLINE, NUMBERED, free_ports, rig_on_disk, steady
from tests.system.counting import counting
from tests.system.sshd import Machine, Machines, machines, with_hosts


@pytest.fixture(scope="module")
def room() -> Iterator[Machines]:
    with machines() as room:
        yield room


@pytest.fixture(scope="module")
def left(room: Machines) -> Machine:
    """A machine without an engine."""
    return room.add("left")


@asynccontextmanager
async def connecting(rig: ListedRig, hosts: Hosts) -> AsyncIterator[RigConnection]:
    """Keep a rig connected for the length of a block."""
    connection = RigConnection(rig, hosts)
    running = asyncio.create_task(connection.run())
    try:
        yield connection
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait until a condition is true."""
    try:
        async with asyncio.timeout(DEADLINE):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {DEADLINE:g} s: {what}") from None


def why(rig: ListedRig) -> str:
    """Return why there is no connection."""

    async def work(hosts: Hosts) -> str:
        async with connecting(rig, hosts) as connection:
            await until(lambda: connection.state == "waiting", "it to be given up")
            assert not connection.endpoint
            return connection.why

    return with_hosts(work)


async def cameras_of(connection: RigConnection) -> list[str]:
    client = AsyncControlClient(connection.endpoint)
    try:
        reply = await client.request("snapshot", timeout=DEADLINE)
    finally:
        client.close()
    return [camera["name"] for camera in reply["snapshot"]["cameras"]]


def test_an_engine_is_found_started_where_that_is_asked_for_and_found_again(
    room: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = room.add("started")
    pub, pull = free_ports(2)
    machine.write_config(NUMBERED + steady("cam", pub, pull))
    monkeypatch.setattr(connection, "FIRST_DELAY", 0.1)
    monkeypatch.setattr(connection, "ASKING", 1.0)

    async def work(hosts: Hosts) -> None:
        async with connecting(ListedRig("rig", "started"), hosts) as rig:
            await until(lambda: rig.state == "waiting", "it to be seen that no engine runs")
            assert (rig.why, rig.no_engine) == ("no engine runs there", True)
            rig.start_engine()
            await until(lambda: rig.state == "connected", "an engine to be started")
            assert (rig.why, rig.no_engine) == ("", False)
            assert await cameras_of(rig) == ["cam"]
            assert machine.ask("plug", camera="cam")["ok"]
            with counting(pub):
                first = rig.endpoint
                for process in machine.logins():
                    process.kill()
                await until(lambda: rig.endpoint not in ("", first), "another connection")
                assert await cameras_of(rig) == ["cam"]
            assert machine.run_here("stop").returncode == 0
            rig.hurry()
            await until(lambda: rig.no_engine, "the engine's end to be seen")

    with_hosts(work)


def test_a_rig_of_this_machine_needs_no_ssh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with rig_on_disk() as rig:
        rig.write_config(steady("cam", *free_ports(2)))
        for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "PYTHONPATH"):
            monkeypatch.setenv(name, rig.environment[name])

        async def work(hosts: Hosts) -> list[str]:
            async with connecting(ListedRig("here", LOCAL, str(rig.config_path)), hosts) as here:
                await until(lambda: here.state == "connected", here.why)
                return await cameras_of(here)

        with rig.serve():
            assert with_hosts(work) == ["cam"]


GOOD: dict[str, Any] = {
    **{"socket": "/nowhere/control", "config": "", "log": "", "pid": 1, "protocol": 2},
    **{"version": "9", "host": "left"},
}

ODD_ANSWERS: dict[str, tuple[Any, str]] = {
    "of another version": (GOOD | {"protocol": 99}, "its pmv-tui is of version 9"),
    "no json": ("nonsense\x1b[2J", "does not say where its engine is"),
    "deep": ("[" * 50_000, "does not say where its engine is"),
    "no map": ([1], "does not say where its engine is"),
    "other types": (GOOD | {"socket": 1}, "does not say where its engine is"),
    "another path": (GOOD | {"socket": "/x\n-oProxyCommand=x"}, "no path that a control socket"),
    "a variable": (GOOD | {"socket": "/${HOME}"}, "no path that a control socket"),
    "nobody there": (GOOD, "its engine cannot be asked"),
    "without end": ("yes", "prints more than"),
    "an error": (
        "echo 'pmv-tui: no \x1b[31mway' >&2; exit 1",
        "no \N{REPLACEMENT CHARACTER}[31mway",
    ),
}


@pytest.mark.parametrize("odd", ODD_ANSWERS)
def test_whatever_a_machine_answers_is_said_in_words(
    left: Machine, odd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, words = ODD_ANSWERS[odd]
    if odd in ("without end", "an error"):
        left.install(str(answer))
    else:
        (left.folder / "answer").write_text(answer if odd == "deep" else json.dumps(answer))
        left.install(f"cat {left.folder}/answer")
    monkeypatch.setattr(connection, "ASKING", 0.5)
    said = why(ListedRig("rig", "left"))
    assert words in said
    assert said.isprintable()
