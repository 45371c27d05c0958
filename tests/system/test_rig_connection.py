"""The connection to one rig: found, kept, made again, and what is said where there is none."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from typing import Any

import psutil
import pytest

from pmv_tui.control.async_client import AsyncControlClient
from pmv_tui.control.client import EngineGone
from pmv_tui.rigs import connection, line
from pmv_tui.rigs.check import examine
from pmv_tui.rigs.connection import RigConnection
from pmv_tui.rigs.forward import Forward
from pmv_tui.rigs.listed import ListedRig
from pmv_tui.rigs.ssh import Hosts
from pmv_tui.rigs.trouble import LOCAL
from tests.support import DEADLINE, NUMBERED, free_ports, rig_on_disk, steady
from tests.system.counting import counting
from tests.system.sshd import Machine, Machines, machines, with_hosts

GOOD: dict[str, Any] = {
    **{"socket": "/nowhere/control", "config": "", "log": "", "pid": 1, "protocol": 2},
    **{"version": "9", "host": "left"},
}


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


async def until(condition: Callable[[], object], what: Callable[[], str] | str) -> None:
    """Wait until a condition is true."""
    try:
        async with asyncio.timeout(DEADLINE):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        text = what if isinstance(what, str) else what()
        raise AssertionError(f"not within {DEADLINE:g} s: {text}") from None


async def connected(rig: RigConnection) -> None:
    """Wait until a rig is connected."""
    await until(
        lambda: rig.state == "connected", lambda: f"{rig.rig.name} is {rig.state}: {rig.why}"
    )


def why(rig: ListedRig) -> str:
    """Return why there is no connection."""

    async def work(hosts: Hosts) -> str:
        async with connecting(rig, hosts) as connection:
            await until(lambda: connection.state == "waiting", "it to be given up")
            assert not connection.endpoint
            return connection.why

    return with_hosts(work)


async def cameras_of(rig: RigConnection) -> list[str]:
    """Ask the engine, by whatever connection there is."""
    for _ in range(int(DEADLINE)):
        client = AsyncControlClient(rig.endpoint)
        try:
            reply = await client.request("snapshot", timeout=1)
            return [camera["name"] for camera in reply["snapshot"]["cameras"]]
        except EngineGone:
            pass  # a busy machine's connection may be taken for lost at any time
        finally:
            client.close()
    raise AssertionError(f"{rig.rig.name} does not answer; {rig.state} {rig.why}")


def test_what_happens_to_one_rig_or_its_line_is_noticed_by_no_other_and_no_client(
    room: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "FIRST_DELAY", 0.1)
    monkeypatch.setattr(connection, "ASKING", 1.0)
    monkeypatch.setitem(line.OPTIONS, "ServerAliveInterval", "1")
    names = ["cut", "stopped", "behind"]
    ports = {name: free_ports(2) for name in names}
    for name in names:
        machine = room.add(name, "ProxyJump cut\n" if name == "behind" else "")
        machine.write_config(NUMBERED + steady(name, *ports[name]))
    room.name_host("wrong-key", room["cut"], key=room.another_key())
    room.add("other-version").install(f"echo '{json.dumps(GOOD | {'protocol': 99})}'")
    (room.add("bare").folder / ".local/bin/pmv-tui").unlink()
    troubled = {
        "wrong-key": "host key has changed",
        "other-version": "of version 9",
        "bare": "no pmv-tui",
    }

    async def work(hosts: Hosts) -> None:
        async with AsyncExitStack() as held:
            rigs = {
                name: await held.enter_async_context(connecting(ListedRig(name, name), hosts))
                for name in (*names, *troubled)
            }
            await until(
                lambda: all(rig.state == "waiting" for rig in rigs.values()), "six troubles"
            )
            for name in names:
                assert (rigs[name].why, rigs[name].no_engine) == ("no engine runs there", True)
                rigs[name].start_engine()
            await asyncio.gather(*(connected(rigs[name]) for name in names))
            for name, words in troubled.items():
                assert words in rigs[name].why
                assert not rigs[name].endpoint
            with ExitStack() as counted:
                for name in names:
                    assert room[name].ask("plug", camera=name)["ok"]
                    counted.enter_context(counting(ports[name][0]))
                await disturb(rigs)
            room["cut"].ask("stop")
            rigs["cut"].hurry()
            await until(lambda: rigs["cut"].no_engine, "the engine's end to be seen")

    async def disturb(rigs: dict[str, RigConnection]) -> None:
        before = {name: rigs[name].endpoint for name in names}
        for process in room["stopped"].logins():
            process.suspend()
        asked = asyncio.create_task(cameras_of(rigs["stopped"]))
        for process in room["cut"].logins():
            process.kill()
        # The one behind it was cut, too; the one that hangs comes last.
        for name in ("cut", "behind", "stopped"):
            await another_line(rigs[name], before[name])
            assert await cameras_of(rigs[name]) == [name]
            if name == "behind":
                asked.cancel()

    async def another_line(rig: RigConnection, before: str) -> None:
        await until(lambda: rig.endpoint not in ("", before), "another connection")

    with_hosts(work)
    assert not [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(room.folder / "ssh_config") in (process.info["cmdline"] or ())
    ]


def test_a_key_may_be_for_one_rig_alone(room: Machines) -> None:
    machine = room.add("restricted")
    machine.write_config(steady("cam", *free_ports(2)))

    async def work(hosts: Hosts) -> None:
        another = ListedRig("rig", "restricted", "/etc/another.toml")
        async with connecting(another, hosts) as rig:
            await connected(rig)
            assert await cameras_of(rig) == ["cam"]
        status = await hosts.call("restricted", ["status", "--json"])
        assert json.loads(status.stdout)["cameras"][0]["name"] == "cam"
        for words in (["plug", "cam"], ["--config", "/etc/passwd", "check"], []):
            refused = await hosts.call("restricted", words)
            assert (refused.code, refused.stdout) == (2, b""), words
            assert b"your ssh key may not run" in refused.stderr, words
        for command in (["id"], ["sh", "-c", "id", "sh", "id", "pmv-tui", ";id", "", "where"]):
            refused = await hosts.run("restricted", command)
            assert (refused.code, refused.stdout) == (2, b""), command
            assert b"for pmv-tui on another machine alone" in refused.stderr, command
        line = await hosts.line("restricted")
        path = await line.forward(f"localhost:{machine.port}")
        assert await said(*await asyncio.open_unix_connection(path)) == b""
        checked = await examine(hosts, another)
        assert "may not run doctor there" in checked.unanswered["doctor"]
        told = list[str]()
        assert machine.ask("plug", camera="cam")["ok"]
        at = (machine.camera("cam")["pub_address"], machine.camera("cam")["pull_address"])
        rig_there = ListedRig("rig", "restricted")
        forward = Forward(rig_there, "cam", (0, 0), hosts, told.append)
        await forward.open()
        await forward.close()
        for address in at:
            assert f'permitopen="127.0.0.1:{address.rpartition(":")[2]}"' in told[0]
        path = await line.forward(f"{machine.folder}/other")
        assert await said(*await asyncio.open_unix_connection(path)) == b""

    async def said(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        try:
            return await reader.read(4)
        finally:
            writer.close()

    with machine.serve(), socket.socket(socket.AF_UNIX) as other:
        other.bind(f"{machine.folder}/other")  # it would take a connection, and say nothing
        other.listen()
        door = f"{machine.folder}/.local/bin/pmv-tui rig-door --config {machine.config_path}"
        machine.restrict_key(
            f'restrict,port-forwarding,permitopen="[{machine.control_path()}]:*",'
            f'permitlisten="localhost:1",command="{door} status"'
        )
        with_hosts(work)


def test_an_ssh_server_that_forwards_no_sockets_is_named(
    room: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "ASKING", 0.5)
    machine = room.add("closed")
    machine.restrict_key("restrict")
    machine.install(f"echo '{json.dumps(GOOD)}'")
    assert "does not switch AllowStreamLocalForwarding off" in why(ListedRig("rig", "closed"))


def test_a_rig_of_this_machine_needs_no_ssh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with rig_on_disk() as rig:
        rig.write_config(steady("cam", *free_ports(2)))
        for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "PYTHONPATH"):
            monkeypatch.setenv(name, rig.environment[name])

        async def work(hosts: Hosts) -> list[str]:
            async with connecting(ListedRig("here", LOCAL, str(rig.config_path)), hosts) as here:
                await connected(here)
                return await cameras_of(here)

        with rig.serve():
            assert with_hosts(work) == ["cam"]


ODD_ANSWERS: dict[str, tuple[Any, str]] = {
    "of another version": (GOOD | {"protocol": 99}, "its pmv-tui is of version 9"),
    "no json": ("nonsense\x1b[2J", "does not say where its engine is"),
    "deep": ("[" * 50_000, "does not say where its engine is"),
    "no map": ([1], "does not say where its engine is"),
    "other types": (GOOD | {"socket": 1}, "does not say where its engine is"),
    "another path": (GOOD | {"socket": "/x\n-oProxyCommand=x"}, "no path that a socket"),
    "a variable": (GOOD | {"socket": "/${HOME}"}, "no path that a socket"),
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
