"""Scripts that die, freeze and talk nonsense at the local road, and a rig that has no memory."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pmv_tui.client import subscribe
from pmv_tui.client.local import LocalStream, NoLocalRoad
from tests.faults.fault import fault
from tests.faults.many import TINY
from tests.faults.rig import FaultRig
from tests.faults.small_rig import small_rig
from tests.faults.stranger import freeze, run_stranger, stranger
from tests.support import DEADLINE, free_ports, simulated, wait_for

FEWER_BYTES = ("sh", "-c", 'ulimit -f 500 && exec "$@"', "sh")
"""Runs a program whose files, and what it shares, are a quarter of a MB long at most, or half."""


@fault("a local script is killed -9 with images in its hands, over and over")
def killed(rig: FaultRig) -> Iterator[str]:
    since = rig.last_event()
    run_stranger("local-killed", rig.pub["odd"], rig.times(100, 8))
    yield rig.event(since, " disconnected")
    wait_for(lambda: nobody_is_left(rig), "all of them to be let go")


@fault("500 local scripts come and go, each a process, and end in whatever way")
def come_and_go(rig: FaultRig) -> Iterator[str]:
    since, before = rig.last_event(), shared_memory(rig)
    with stranger("local-come-and-go", rig.pub["odd"], rig.times(500, 8), 2) as scripts:
        peak = before

        def through() -> bool:
            nonlocal peak
            peak = max(peak, shared_memory(rig))
            return scripts.poll() is not None

        wait_for(through, "all of them to have ended", 600)
        assert scripts.returncode == 0
    assert peak - before < 2e6, "no more than as many may hold as may come"
    wait_for(lambda: nobody_is_left(rig), "all of them to be let go")
    wait_for(lambda: shared_memory(rig) <= before, "the memory of the images to be given back")
    yield rig.event(since, " disconnected")


@fault("local scripts that want every image freeze, with images in their hands")
def frozen(rig: FaultRig) -> Iterator[str]:
    with ExitStack() as stack:
        for _ in range(rig.times(5, 2)):
            freeze(stack.enter_context(stranger("local-hoard", rig.pub["odd"])))

        def told() -> str:
            texts = [each["text"] for each in rig.now("odd")["client_list"]]
            return next((text for text in texts if "holds 7 images" in text), "")

        text = wait_for(told, "what they hold to be told")
        images_come(rig, "odd", rig.times(300, 10))
        yield text
    wait_for(lambda: nobody_is_left(rig), "all of them to be let go")


@fault("a local script writes nonsense into its claims, and talks on without end")
def nonsense(rig: FaultRig) -> Iterator[str]:
    since = rig.last_event()
    missed = rig.now("odd")["drops"]["clients"]
    with stranger("local-nonsense", rig.pub["odd"], rig.times(5000, 500)) as talker:
        told = rig.event(since, f"(pid {talker.pid})", "sends what no reader should")
        images_come(rig, "odd", 5)
        camera = rig.now("odd")
        assert missed <= camera["drops"]["clients"] <= missed + camera["captured"]
        yield told
    wait_for(lambda: nobody_is_left(rig), "it to be let go")


@fault("garbage, half greetings and silence come to the local road")
def garbage(rig: FaultRig) -> Iterator[str]:
    with stranger("local-garbage", rig.pub["odd"], rig.times(5000, 500)) as knocking:
        assert knocking.stdout is not None
        assert knocking.stdout.readline() == "done\n"
        images_come(rig, "odd", 5)
        clients = rig.now("odd")["local_clients"]
        assert clients == 0, "none of them counts as a client"
        yield f"local_clients: {clients}"


@fault("the system has no memory for images to be shared")
def no_memory(_rig: FaultRig) -> Iterator[str]:
    with small_rig() as other:
        pub, pull = free_ports(2)
        other.write_config(simulated("c0", pub, pull, fps=30, more=TINY))
        other.within = FEWER_BYTES
        with (
            other.serve("--plug-all"),
            subscribe(f"tcp://localhost:{pub}", timeout=DEADLINE) as frames,
        ):
            assert {next(frames).road for _ in range(40)} == {"tcp"}
            with suppress(NoLocalRoad):
                next(subscribe(f"tcp://localhost:{pub}", timeout=DEADLINE, road="local"))
                raise AssertionError("there is none")
            yield other.event(0, "get their images by tcp")


@contextmanager
def local_reader(rig: FaultRig, name: str) -> Iterator[LocalStream]:
    """Read a camera's images by the local road, while a block runs."""

    def connected() -> LocalStream | None:
        with suppress(NoLocalRoad):  # many may wait to be let in before it
            return LocalStream([f"127.0.0.1:{rig.pub[name]}"], newest=True)
        return None

    stream = wait_for(connected, "the local road")
    assert stream is not None
    try:
        yield stream
    finally:
        stream.close()


def images_come(rig: FaultRig, name: str, count: int) -> None:
    """See that a well-behaved script gets images by the local road."""
    with local_reader(rig, name) as stream:
        for _ in range(count):
            wait_for(stream.take, "an image by the local road")


def shared_memory(rig: FaultRig) -> int:
    """Return how many bytes of its shared memory the engine has touched."""
    status = Path(f"/proc/{rig.engine.pid}/status").read_text()
    (kilobytes,) = (line.split()[1] for line in status.splitlines() if "RssShmem" in line)
    return 1024 * int(kilobytes)


def nobody_is_left(rig: FaultRig) -> bool:
    """Whether the odd camera has no local reader any more."""
    return rig.now("odd")["local_clients"] == 0


FAULTS = (killed, come_and_go, frozen, nonsense, garbage, no_memory)
