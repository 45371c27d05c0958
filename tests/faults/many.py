"""More cameras than a machine has room for, and many at once."""

from collections.abc import Iterator

from tests.faults.fault import fault
from tests.faults.rig import FaultRig
from tests.faults.small_rig import SmallRig, small_rig
from tests.support import free_ports, simulated, wait_for
from tests.system.sockets import port_is_free, receive_image

TINY = "width = 32\nheight = 32"


@fault("40 files may be open, then 96, with ten cameras")
def few_files(_rig: FaultRig) -> Iterator[str]:
    with small_rig() as other:
        ports = free_ports(20)
        other.write_config(sections(ports, fps=5))
        other.files = 40
        done = other.run("serve")
        assert done.returncode == 1, done
        assert "only 40 files may be open here (ulimit -n): an engine needs 64" in done.stderr
        other.files = 96
        with other.serve("--plug-all"):
            cameras = other.status()["cameras"]
            plugged = [camera["name"] for camera in cameras if camera["plugged"]]
            refused = [camera for camera in cameras if not camera["plugged"]]
            assert plugged, "what fits is kept"
            assert all("96 files may be open" in camera["plug_error"] for camera in refused)
            assert all(port_is_free(port_of(camera["pub_address"])) for camera in refused)
            receive_image(ports[0])
            yield refused[0]["plug_error"]
            assert other.run_here("unplug", "all").returncode == 0
            assert other.run_here("plug", refused[0]["name"]).returncode == 0
            receive_image(port_of(refused[0]["pub_address"]))


@fault("175 cameras are plugged, unplugged and plugged again")
def many_cameras(rig: FaultRig) -> Iterator[str]:
    with small_rig() as other:
        count = rig.times(175, 24)
        ports = free_ports(2 * count)
        other.write_config(sections(ports, fps=2))
        with other.serve("--plug-all"):
            wait_for(lambda: plugged(other) == count, "all of them to be plugged", 60)
            receive_image(ports[-2])
            done = other.run_here("unplug", "all")
            assert done.returncode == 0, done
            assert done.stdout.count("unplugged") == count
            assert all(map(port_is_free, ports))
            done = other.run_here("plug", "all")
            assert done.returncode == 0, done
            receive_image(ports[0])
            receive_image(ports[-2])
            yield f"{plugged(other)} of {count} plugged"


def plugged(rig: SmallRig) -> int:
    """Count the cameras that are plugged."""
    return sum(camera["plugged"] for camera in rig.snapshot()["cameras"])


def sections(ports: list[int], *, fps: int) -> str:
    """Write a camera for each pair of ports, c0 the first."""
    return "".join(
        simulated(f"c{index}", *ports[2 * index : 2 * index + 2], fps=fps, more=TINY)
        for index in range(len(ports) // 2)
    )


def port_of(address: str) -> int:
    """Return the port of an address."""
    return int(address.rpartition(":")[2])


FAULTS = (few_files, many_cameras)
