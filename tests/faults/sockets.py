"""Addresses that cannot be bound, and ports that somebody else has."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.fault import Fault, fault
from tests.faults.hanging import silent_name_server
from tests.faults.rig import FaultRig, Unavailable
from tests.faults.small_rig import small_rig
from tests.faults.stranger import stranger
from tests.support import NUMBERED, SMALL, free_ports, has_ipv6, simulated, steady, wait_for
from tests.system.counting import counting
from tests.system.sockets import port_is_free, receive_image

REFUSED = {
    "port 0": ("tcp://localhost:0", "port 0 is not between 1 and 65535"),
    "port 65536": ("tcp://localhost:65536", "port 65536 is not between 1 and 65535"),
    "no port": ("tcp://localhost", "is not an address; one looks like tcp://localhost:5555"),
    "not tcp": ("udp://localhost:{free}", "is not an address"),
    "ipc, not a whole path": ("ipc://left", "is not the whole path of a file"),
    "ipc, a folder that is not there": ("ipc:///no/such/left", "there is no folder /no/such"),
    "ipc, a file that is no socket": ("ipc:///etc/passwd", "no socket, and is left as it is"),
    "a host that is not known": ("tcp://no-such-host.invalid:{free}", "'no-such-host.invalid'"),
    "an address of another machine": ("tcp://192.0.2.1:{free}", "no interface '192.0.2.1'"),
    "a broken IPv6 address": ("tcp://[::g]:{free}", "is not an IPv6 address"),
    "the port of another camera": ("tcp://localhost:{left}", "belongs to left"),
    "a port that is taken": ("tcp://localhost:{taken}", "in use by"),
}
"""Pub addresses that a camera is given while it publishes, and what is said of each."""


@contextmanager
def taken_port() -> Iterator[int]:
    """Listen on a port, as another program does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        yield port


def refused(name: str, form: str, words: str) -> Fault:
    """Make the fault of an address that is refused while the camera goes on at its old one."""

    @fault(f"address: {name}")
    def steps(rig: FaultRig) -> Iterator[str]:
        with taken_port() as taken:
            free = free_ports(1)[0]
            pub = form.format(free=free, left=rig.pub["left"], taken=taken)
            report = rig.answer("addresses", camera="odd", pub=pub, pull=f"tcp://localhost:{free}")
            assert words in report, report
            assert "not changed" in report
            yield report
        assert str(rig.pub["odd"]) in rig.now("odd")["pub_address"]

    return steps


@fault("address: pub = pull")
def same(rig: FaultRig) -> Iterator[str]:
    address = f"tcp://localhost:{free_ports(1)[0]}"
    report = rig.answer("addresses", camera="odd", pub=address, pull=address)
    assert "cannot be both" in report
    yield report


@fault("address: every interface, and IPv6", troubles=["odd"])
def open_to_others(rig: FaultRig) -> Iterator[str]:
    if not has_ipv6():
        raise Unavailable("this machine has no IPv6 loopback")
    pub, pull = free_ports(2)
    old = rig.now("odd")
    report = rig.answer("addresses", camera="odd", pub=f"tcp://*:{pub}", pull=f"tcp://[::1]:{pull}")
    camera = rig.now("odd")
    assert camera["plugged"]
    assert camera["exposed"]
    assert receive_image(pub)["unique_id"] == "odd-fake"
    with socket.create_connection(("::1", pull), timeout=5):
        yield f"{report}; exposed"
    addresses = {"pub": old["pub_address"], "pull": old["pull_address"]}
    assert rig.ask("addresses", camera="odd", **addresses)["ok"]
    assert not rig.now("odd")["exposed"]


@fault("address: ipc, and a message that has no end there", troubles=["odd"])
def over_ipc(rig: FaultRig) -> Iterator[str]:
    old, pub, pull = rig.now("odd"), rig.folder / "images", rig.folder / "boxes"
    report = rig.answer("addresses", camera="odd", pub=f"ipc://{pub}", pull=f"ipc://{pull}")
    assert not rig.now("odd")["exposed"]
    assert receive_image(f"ipc://{pub}")["unique_id"] == "odd-fake"
    with stranger("unfinished", 1000, 0, str(pull), "PUSH") as client:
        wait_for(lambda: client.poll() is not None, "it to be cut")
        me = f"(pid {client.pid}) kept sending without finishing a message"
        wait_for(lambda: me in rig.now("odd")["refused_reason"], "it to be named")
    yield f"{report}; {rig.now('odd')['refused_reason']}"
    pub.unlink()
    wait_for(
        lambda: f"{pub}: its file is gone" in rig.now("odd")["plug_error"], "it to be reported"
    )
    addresses = {"pub": old["pub_address"], "pull": old["pull_address"]}
    assert rig.ask("addresses", camera="odd", **addresses)["ok"]
    assert not any(each.exists() for each in (pub, pull)), "no file is left"


@fault("a killed engine leaves the files of its ipc sockets, and two others want them")
def left_behind(_rig: FaultRig) -> Iterator[str]:
    with small_rig() as first, small_rig() as second:
        pub, pull = first.folder / "images", first.folder / "boxes"
        for rig, name in ((first, "one"), (second, "two")):
            rig.write_config(
                steady(name, 5555, 5556).replace("tcp://localhost:5555", f"ipc://{pub}")
            )
            text = rig.config_path.read_text()
            rig.write_config(text.replace("tcp://localhost:5556", f"ipc://{pull}"))
        with first.serve("--plug-all") as engine:
            receive_image(f"ipc://{pub}")
            engine.kill()
            engine.wait()
        assert pub.is_socket()
        with second.serve("--plug-all"), first.serve("--plug-all"):
            assert receive_image(f"ipc://{pub}")["unique_id"] == "two-simulated"
            owner = f"is in use by camera two of the engine of {second.config_path}"
            wait_for(lambda: owner in first.now("one")["plug_error"], "who has it to be told")
            yield first.now("one")["plug_error"]
        assert not any(each.exists() for each in (pub, pull)), "no file is left"


@fault("a port is taken before the start")
def taken_before(_rig: FaultRig) -> Iterator[str]:
    with small_rig() as other:
        pub, pull = free_ports(2)
        other.write_config(simulated("lone", pub, pull))
        with socket.create_server(("127.0.0.1", pull)) as holder, other.serve("--plug-all"):
            me = f"pid {os.getpid()}"  # found out after it was refused
            wait_for(lambda: me in other.now("lone")["plug_error"], "who has it to be reported")
            camera = other.now("lone")
            assert not camera["plugged"]
            assert port_is_free(pub), "none of the two is bound alone"
            yield camera["plug_error"]
            holder.close()
            wait_for(lambda: port_is_free(pull), "the port to be free")
            assert other.run_here("plug", "lone").returncode == 0
            receive_image(pub)


@fault("a name server that never answers")
def silent_names(_rig: FaultRig) -> Iterator[str]:
    with small_rig() as other, silent_name_server(other.folder) as other.within:
        pub, *ports, named = free_ports(4)
        other.write_config(
            NUMBERED
            + steady("lone", pub, ports[0])
            + simulated("named", named, ports[1], more=SMALL).replace("localhost", "rig-pc", 1)
        )
        # The system would give up only after minutes.
        with other.serve("--plug-all"), counting(pub, gaps=True) as images:
            unplugged = "tcp://rig-pc:{}: the name server did not answer within"
            other.event(0, "not plugged", unplugged.format(named))
            before = len(images)
            report = other.answer(
                "addresses",
                camera="lone",
                pub=f"tcp://rig-pc:{pub}",
                pull=f"tcp://localhost:{ports[0]}",
            )
            assert len(images) > before + 5, "images go on while a name is looked up"
            assert unplugged.format(pub) in report
            assert "the old addresses stay in use" in report
            yield report
            probed = other.run("probe", f"tcp://rig-pc:{pub}", "--seconds", "0.1")
            assert (probed.returncode, "did not answer" in probed.stderr) == (1, True), probed


FAULTS = (
    *(refused(name, *form_and_words) for name, form_and_words in REFUSED.items()),
    *(same, open_to_others, over_ipc, left_behind, taken_before, silent_names),
)
