"""Machines by ssh: what runs there, what is forwarded, what is said where one cannot be reached."""

import asyncio
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from pmv_tui.control.client import ControlClient
from pmv_tui.rigs.process import Finished
from pmv_tui.rigs.ssh import Hosts
from pmv_tui.rigs.trouble import LOCAL, HostTrouble
from tests.support import DEADLINE, RigOnDisk, free_ports, has_ended, simulated, wait_for
from tests.system.sshd import Machines, machines, with_hosts
from tests.system.terminal import TerminalTui

ODD = [
    "a b",
    "it's",
    "$HOME",
    "x\\y",
    "\\",
    'q"q',
    "*",
    "",
    "!x",
    "~",
    "-n",
    "ä",
    "; false",
    "`id`",
]
"""Words that a shell would make something else of."""

ENDLESS = ["sh", "-c", "while sleep 0.2; do echo; done"]
"""A command that ends when nobody reads what it prints."""


@pytest.fixture(scope="module")
def room() -> Iterator[Machines]:
    """One machine, and names that lead to it or nowhere."""
    with machines() as room:
        left = room.add("left")
        room.name_host("wrong-key", left, key=room.another_key())
        room.name_host("not-known", left, "UserKnownHostsFile none\n")
        room.name_host("refused", left, "IdentityFile none\nUser nobody\n")
        room.name_host("closed", left, f"Port {free_ports(1)[0]}\n")
        room.name_host("behind-left", left, "ProxyJump left\n")
        yield room


def run(host: str, *words: str, **limits: Any) -> Finished:
    return with_hosts(lambda hosts: hosts.run(host, words, **limits))


def why(host: str, *words: str, **limits: Any) -> str:
    """Return why a command was not carried out."""
    with pytest.raises(HostTrouble) as trouble:
        run(host, *(words or ["true"]), **limits)
    return str(trouble.value)


@pytest.fixture(autouse=True)
def folders(room: Machines, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which connections have theirs."""
    folder = room.folder / "tmp"
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("host", ["left", "behind-left", LOCAL])
def test_a_command_is_given_its_words_and_its_input_as_they_are(host: str) -> None:
    script = "import sys; print(sys.argv[1:], sys.stdin.buffer.read()); sys.exit(255)"
    done = run(host, sys.executable, "-c", script, *ODD, given=b"\0\xff")
    assert done == Finished(255, f"{ODD} ".encode() + rb"b'\x00\xff'" + b"\n", b"")


@pytest.mark.parametrize("shell", ["/bin/bash", "/bin/dash", "/usr/bin/zsh", "/usr/bin/fish"])
def test_pmv_tui_is_found_whatever_shells_print_before_it(room: Machines, shell: str) -> None:
    if not Path(shell).exists():
        pytest.skip(f"no {shell} here")
    name = Path(shell).name
    machine = room.add(name, shell=shell)
    machine.install('echo called with "$@"; echo trouble >&2\n')
    talk = "echo welcome; echo; seq 5; echo trouble >&2\n"
    for file in (".bashrc", ".profile", ".zshrc", ".zprofile", ".config/fish/config.fish"):
        (machine.folder / file).parent.mkdir(parents=True, exist_ok=True)
        (machine.folder / file).write_text(talk)

    done = with_hosts(lambda hosts: hosts.call(name, ["x", *ODD]))

    assert done == Finished(0, f"called with x {' '.join(ODD)}\n".encode(), b"trouble\n")


def test_pmv_tui_is_found_in_the_path_of_who_logs_in_or_where_its_command_says(
    room: Machines,
) -> None:
    home = room["left"].folder
    (home / "bin").mkdir()
    (home / "bin" / "pmv-tui").write_text("#!/bin/sh\necho from the PATH, $VARIABLE\n")
    (home / "bin" / "pmv-tui").chmod(0o755)
    (home / ".profile").write_text("PATH=$HOME/bin:$PATH; export VARIABLE=set at log-in\n")

    async def work(hosts: Hosts) -> None:
        assert (await hosts.call("left", [])).stdout == b"from the PATH, set\n"
        for command in ("~/.local/bin/pmv-tui", "env A=1 ~/.local/bin/pmv-tui"):
            assert b"pmv-tui " in (await hosts.call("left", ["--version"], command)).stdout
        assert b"pmv-tui " in (await hosts.call(LOCAL, ["--version"])).stdout
        (home / ".profile").write_text("PATH=/usr/bin:/bin\n")
        assert b"pmv-tui " in (await hosts.call("left", ["--version"])).stdout
        (home / ".local" / "bin" / "pmv-tui").unlink()
        with pytest.raises(HostTrouble, match="there is no pmv-tui there"):
            await hosts.call("left", ["--version"])
        with pytest.raises(HostTrouble, match="~/nowhere is not to be run there"):
            await hosts.call("left", ["--version"], "~/nowhere")
        (home / ".profile").write_text("echo go away >&2; exit 3\n")
        with pytest.raises(HostTrouble, match=r"no shell that runs a command \(go away"):
            await hosts.call("left", ["--version"])

    try:
        with_hosts(work)
    finally:
        (home / ".profile").unlink()
        room["left"].install()


def test_why_a_machine_cannot_be_reached_is_said_in_words(folders: Path) -> None:
    assert "its host key has changed" in why("wrong-key")
    assert "log in once by ssh not-known" in why("not-known")
    assert "log-in refused: ssh refused must log in without asking" in why("refused")
    assert "unreachable: no ssh server listens there" in why("closed")
    assert "no such host" in why("no-such-host.invalid")
    assert "no answer within 0.2 s" in why("left", *ENDLESS, timeout=0.2)
    assert "prints more than 1000 bytes" in why("left", "cat", "/dev/zero", most=1000)
    assert "prints more than 1000 bytes" in why(LOCAL, "sh", "-c", "yes >&2", most=1000)
    assert "control character" in why("left", "echo", "\x1b]0;")
    assert "cannot be started: No such file" in why(LOCAL, "no-such-program")
    assert not list(folders.iterdir())


def test_a_machine_without_ssh_says_so(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = folders / "bin"
    few.mkdir()
    for tool in ("sh", "mkdir", "rm"):
        (few / tool).symlink_to(str(shutil.which(tool)))
    monkeypatch.setenv("PATH", str(few))
    assert "there is no ssh on this machine" in why("left")
    shutil.rmtree(few)
    assert not list(folders.iterdir())


def test_a_host_can_be_no_option_of_ssh(folders: Path) -> None:
    why(f"-oProxyCommand=touch {folders}/touched")
    assert not list(folders.iterdir())


def test_a_control_socket_and_a_port_are_reached_by_this_user_alone(room: Machines) -> None:
    left = room["left"]
    pub, pull = free_ports(2)
    left.write_config(simulated("cam", pub, pull))

    async def work(hosts: Hosts) -> None:
        theirs = str(left.control_path())
        path = await hosts.forward("behind-left", theirs)
        assert await hosts.forward("behind-left", theirs) == path, "one is enough"
        with ControlClient(f"ipc://{path}") as client:
            (camera,) = client.request("snapshot")["snapshot"]["cameras"]
        assert camera["name"] == "cam"
        modes = {
            each.name: stat.S_IMODE(each.stat().st_mode) for each in Path(path).parent.iterdir()
        }
        assert modes == {"control": 0o600, "s0": 0o600}
        assert stat.S_IMODE(Path(path).parent.stat().st_mode) == 0o700
        path = str(await (await hosts.line("left")).forward(f"localhost:{left.port}"))
        reader, writer = await asyncio.open_unix_connection(path)
        assert (await reader.read(4)) == b"SSH-"
        writer.close()

    with left.serve():
        with_hosts(work)


@pytest.mark.parametrize("path", ["control", "-x", "/a\n/b", "/${HOME}/x", "/\x1b[2J"])
def test_no_path_but_a_plain_one_is_forwarded(path: str) -> None:
    with pytest.raises(HostTrouble, match="is no path that a socket can have"):
        with_hosts(lambda hosts: hosts.forward("left", path))


def test_a_forwarded_path_is_taken_as_it_is(room: Machines) -> None:
    path = room["left"].folder / "a:b\\c%d $x"

    async def work(hosts: Hosts) -> bytes:
        here = await hosts.forward("left", str(path))
        with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
            server.bind(str(path))
            server.listen()
            server.settimeout(DEADLINE)
            client.connect(here)
            with server.accept()[0] as accepted:
                accepted.sendall(b"here")
            return client.recv(4)

    assert with_hosts(work) == b"here"


def test_sockets_that_are_forwarded_at_the_same_time_are_not_mixed_up() -> None:
    async def work(hosts: Hosts) -> list[str]:
        await hosts.line("left")
        return await asyncio.gather(*(hosts.forward("left", path) for path in ("/a", "/b")))

    one, other = with_hosts(work)
    assert one != other


def test_a_lost_connection_is_made_again_by_who_needs_it(room: Machines) -> None:
    async def work(hosts: Hosts) -> None:
        waiting = asyncio.create_task(hosts.run("left", ENDLESS))
        first = await hosts.line("left")
        wait_for(room["left"].logins, "somebody to be logged in")
        for process in room["left"].logins():
            process.kill()
        await first.ended.wait()
        with pytest.raises(HostTrouble):
            await waiting
        assert (await hosts.run("left", ["echo", "again"])).stdout == b"again\n"

    with_hosts(work)


def test_a_connection_whose_folder_was_removed_is_given_up_for_another(
    folders: Path,
) -> None:
    async def work(hosts: Hosts) -> None:
        first = await hosts.line("left")
        for folder in folders.iterdir():
            shutil.rmtree(folder)
        with pytest.raises(HostTrouble, match="cannot be used any more"):
            await hosts.run("left", ["true"])
        await first.ended.wait()
        assert (await hosts.run("left", ["echo", "again"])).stdout == b"again\n"

    with_hosts(work)


def test_no_connection_is_made_once_all_are_closed() -> None:
    async def work(hosts: Hosts) -> None:
        await hosts.close()
        with pytest.raises(HostTrouble, match="no connections"):
            await hosts.run("left", ["true"])

    with_hosts(work)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
def test_no_other_user_can_look_at_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(hosts: Hosts) -> list[int]:
        path = Path(await hosts.forward("left", "/nowhere/control"))
        assert path.parent.parent == folder
        return [
            subprocess.run(
                ["ls", place], user="nobody", capture_output=True, check=False
            ).returncode
            for place in (folder, path.parent, path)
        ]

    with tempfile.TemporaryDirectory(prefix="pmv", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o777)
        monkeypatch.setattr(tempfile, "tempdir", name)
        assert with_hosts(work) == [0, 2, 2]


HOLDS = f"""\
ENDLESS = {ENDLESS}
import asyncio, sys
from pmv_tui.rigs.ssh import Hosts
async def hold():
    hosts = Hosts()
    names = sys.argv[1:]
    held = [asyncio.create_task(hosts.run(name, ENDLESS, timeout=999)) for name in names]
    await asyncio.gather(*map(hosts.line, names))
    print("connected", flush=True)
    await asyncio.gather(*held)
asyncio.run(hold())
"""


@pytest.mark.parametrize("stopped", [False, True], ids=["", "ssh is stopped"])
def test_nothing_is_left_of_connections_when_their_program_is_killed(
    folders: Path, *, stopped: bool
) -> None:
    holding = subprocess.Popen(
        [sys.executable, "-c", HOLDS, "left", "behind-left"], stdout=subprocess.PIPE
    )
    assert holding.stdout
    with holding.stdout:
        assert holding.stdout.readline() == b"connected\n"
    started = psutil.Process(holding.pid).children(recursive=True)
    connecting = [each for each in started if each.name() == "ssh" and "-N" in each.cmdline()]
    assert len(connecting) == 2, started
    assert len(list(folders.iterdir())) == 2, list(folders.iterdir())
    for process in connecting if stopped else ():
        process.suspend()

    holding.send_signal(signal.SIGKILL)
    holding.wait(DEADLINE)

    wait_for(lambda: all(map(has_ended, started)), "all processes to end")
    wait_for(lambda: not list(folders.iterdir()), "the folders to be gone")


ENDS: dict[str, Callable[[TerminalTui], object]] = {
    "q is pressed": lambda tui: tui.press("q"),
    "its terminal is closed": TerminalTui.hang_up,
    "it is killed": lambda tui: tui.process.kill(signal.SIGKILL),
}


@pytest.mark.parametrize("end", ENDS)
def test_nothing_is_left_of_the_connections_of_a_terminal_when(
    room: Machines, rig: RigOnDisk, folders: Path, end: str
) -> None:
    surroundings = {"PATH": room.path, "TMPDIR": str(folders)}
    words = ["--rig", "left", "--rig", "behind-left"]
    with TerminalTui(rig, environment=surroundings, words=words) as tui:
        tui.shows("left         no engine runs there", "behind-left  no engine runs there")
        assert len(list(folders.glob("pmv-tui-*"))) == 2
        started = psutil.Process(tui.process.pid).children(recursive=True)
        ENDS[end](tui)
        wait_for(lambda: not list(folders.glob("pmv-tui-*")), "the folders to be gone")
        wait_for(lambda: all(map(has_ended, started)), "all processes to end")
