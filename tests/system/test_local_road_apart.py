"""Who is not to have a rig's shared memory, or cannot: other users, other network namespaces."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from tests.support import DEADLINE, RigOnDisk, free_ports, plain_environment, simulated

OTHER = 54321
"""A user that nobody is."""

AS_OTHER = (
    *("setpriv", f"--reuid={OTHER}", "--clear-groups"),
    # Python and this code may lie where only root reads.
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
)

SCRIPT = """
import json, sys
from pmv_tui.client import NoLocalRoad, subscribe

for address in sys.argv[1:]:
    why = ""
    with subscribe(address, timeout=60) as frames:
        roads = sorted({next(frames).road for _ in range(10)})
    try:
        subscribe(address, road="local", timeout=60).close()
    except NoLocalRoad as reason:
        why = str(reason)
    print(json.dumps([roads, why]))
"""


class Answer(NamedTuple):
    """What a script that may take either road takes, and why one that insists gets nothing."""

    roads: list[str]
    why: str


def ask(within: Sequence[str], *addresses: str) -> list[Answer]:
    """Have a script subscribe at addresses, in surroundings that a command makes."""
    done = subprocess.run(
        [*within, sys.executable, "-c", SCRIPT, *addresses],
        env=plain_environment(),
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [Answer(*json.loads(line)) for line in done.stdout.splitlines()]


class RigWithin(RigOnDisk):
    """A rig whose programs run in surroundings that a command makes."""

    within: Sequence[str] = ()

    def command(self, *arguments: str) -> list[str]:
        return [*self.within, *super().command(*arguments)]

    def serving(self) -> bool:
        return self.run("status").returncode == 0  # another user's engine answers nobody else


@pytest.fixture
def within(rig: RigOnDisk) -> RigWithin:
    return RigWithin(rig.folder)


@pytest.fixture
def as_other() -> None:
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root with setpriv can become another user")


@pytest.mark.usefixtures("as_other")
def test_images_of_another_users_engine_come_by_tcp(within: RigWithin) -> None:
    pub, pull = free_ports(2)
    within.write_config(simulated("left", pub, pull))
    os.chown(within.folder, OTHER, -1)
    within.within = AS_OTHER
    address = f"tcp://localhost:{pub}"
    with within.serve("--plug-all"):
        (ours,), (theirs,) = ask((), address), ask(AS_OTHER, address)
    assert theirs == (["local"], "")
    assert ours.roads == ["tcp"]
    assert f"127.0.0.1:{pub} is served by another user" in ours.why


@pytest.mark.usefixtures("as_other")
def test_a_script_of_another_user_gets_its_images_by_tcp(rig: RigOnDisk) -> None:
    pub, pull = free_ports(2)
    rig.write_config(simulated("left", pub, pull))
    with rig.serve("--plug-all"):
        (theirs,) = ask(AS_OTHER, f"tcp://localhost:{pub}")
        assert rig.camera("left")["local_clients"] == 0
    assert theirs.roads == ["tcp"]
    assert f"127.0.0.1:{pub} is served by another user" in theirs.why


def in_namespace(process: "subprocess.Popen[str]") -> Sequence[str]:
    """Return the command that runs another one in a process' network namespace."""
    return "nsenter", f"--net=/proc/{process.pid}/ns/net"


@contextmanager
def network() -> Iterator["subprocess.Popen[str]"]:
    """Make a network namespace, which lasts as long as a process in it."""
    with subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline() != "up\n":
                pytest.skip(f"no network namespace can be made: {process.communicate()[1].strip()}")
            yield process
        finally:
            process.kill()


@contextmanager
def joined() -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Make two network namespaces, as those of containers, with a cable between them.

    Yields
    ------
    The command that runs another one in the first, at `NEAR`, and in the second, at `FAR`.
    """
    if os.getuid() != 0 or not (shutil.which("unshare") and shutil.which("ip")):
        pytest.skip("only root with unshare and ip can make network namespaces")
    with network() as near, network() as far:
        cable = f"ip link add near type veth peer name far netns {far.pid}"
        connect(near, f"{cable} && ip address add {NEAR}/24 dev near && ip link set near up")
        connect(far, f"ip address add {FAR}/24 dev far && ip link set far up")
        yield in_namespace(near), in_namespace(far)


def connect(process: "subprocess.Popen[str]", commands: str) -> None:
    """Change the network that a process is in."""
    done = subprocess.run(
        [*in_namespace(process), "sh", "-c", commands], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"the namespaces cannot be connected: {done.stderr.strip()}")


NEAR, FAR = "10.211.77.1", "10.211.77.2"


def test_scripts_in_another_network_namespace_get_their_images_by_the_documented_road(
    within: RigWithin,
) -> None:
    (tcp, *pulls), images = free_ports(3), f"ipc://{within.folder}/images"
    with joined() as (near, far):
        within.write_config(
            simulated("cable", tcp, pulls[0]).replace(f"localhost:{tcp}", f"{NEAR}:{tcp}")
            + simulated("file", 1, pulls[1]).replace("tcp://localhost:1", images)
        )
        within.within = near
        addresses = f"tcp://{NEAR}:{tcp}", images
        with within.serve("--plug-all"):
            assert ask(near, *addresses) == [(["local"], "")] * 2
            by_cable, by_file = ask(far, *addresses)
    assert by_cable.roads == ["tcp"]
    assert f"{NEAR} is not known to be this machine" in by_cable.why
    assert by_file.roads == ["ipc"]
    assert "in the same container or network namespace" in by_file.why
