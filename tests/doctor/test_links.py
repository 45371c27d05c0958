"""USB, network and the sum of bandwidth, on machines that are files."""

from pathlib import Path

import pytest

from pmv_tui.doctor.links import USBFS_MEMORY, check_bandwidth, check_network, check_usb
from tests.doctor.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def plug_usb_camera(machine: Machine, name: str = "2-1", speed: int = 5000, bus: int = 2) -> None:
    folder = f"sys/bus/usb/devices/{name}"
    for path, text in {
        f"{folder}:1.0/bInterfaceClass": "ef",
        f"{folder}:1.0/bInterfaceSubClass": "05",
        f"{folder}/product": "acA1300",
        f"{folder}/speed": str(speed),
        f"{folder}/busnum": str(bus),
        f"{folder}/devnum": "7",
        f"dev/bus/usb/{bus:03}/007": "",
    }.items():
        machine.write_file(path, text)


def allow_usb_memory(machine: Machine, megabytes: int) -> None:
    machine.write_file(USBFS_MEMORY, str(megabytes))


def wire(machine: Machine, name: str, speed: int, mtu: int) -> None:
    for key, text in {"operstate": "up", "speed": str(speed), "mtu": str(mtu)}.items():
        machine.write_file(f"sys/class/net/{name}/{key}", text)
    (machine.folder / f"sys/class/net/{name}/device").mkdir()


def test_without_usb_cameras_nothing_is_asked_of_usb(machine: Machine) -> None:
    allow_usb_memory(machine, 16)
    assert machine.ask(check_usb).levels == {"ok"}


@pytest.mark.parametrize(("megabytes", "level"), [(16, "warning"), (0, "ok"), (1000, "ok")])
def test_the_kernels_default_of_usb_memory_is_warned_of(
    machine: Machine, megabytes: int, level: str
) -> None:
    plug_usb_camera(machine)
    allow_usb_memory(machine, megabytes)
    report = machine.ask(check_usb)
    assert report.levels == {level}
    assert level == "ok" or "usbcore.usbfs_memory_mb=1000" in report.at(level)


def test_usb_memory_is_compared_with_the_images_where_their_size_is_known(machine: Machine) -> None:
    plug_usb_camera(machine)
    machine.add("1-basler", "USB3", roi=(0, 0, 2000, 1000))
    allow_usb_memory(machine, 64)
    assert "64 MB, of which 20 MB are needed" in machine.ask(check_usb).at("ok")
    allow_usb_memory(machine, 24)
    assert "20 MB are needed" in machine.ask(check_usb).at("warning")


def test_a_camera_on_usb_2_is_reported(machine: Machine) -> None:
    plug_usb_camera(machine, speed=480)
    allow_usb_memory(machine, 1000)
    assert "acA1300 is connected with 480 Mbit/s" in machine.ask(check_usb).at("warning")


def test_a_camera_that_may_not_be_opened_is_an_error(machine: Machine) -> None:
    plug_usb_camera(machine)
    (machine.folder / "dev/bus/usb/002/007").unlink()
    assert "udev rules" in machine.ask(check_usb).at("error")


def test_without_gige_cameras_the_network_is_fit(machine: Machine) -> None:
    machine.write(proc__sys__net__core__rmem_max="212992", proc__sys__net__core__wmem_max="4194304")
    wire(machine, "eth0", 1000, 1500)
    assert machine.ask(check_network).levels == {"ok"}


def test_small_buffers_packets_and_slow_links_are_warned_of_where_gige_cameras_are(
    machine: Machine,
) -> None:
    machine.write(proc__sys__net__core__rmem_max="212992", proc__sys__net__core__wmem_max="212992")
    wire(machine, "eth0", 1000, 1500)
    wire(machine, "eth1", 100, 9000)
    machine.found["1-aravis"] = "GigE"
    report = machine.ask(check_network)
    assert "net.core.rmem_max" in report.at("warning")
    assert "ip link set eth0 mtu 9000" in report.at("warning")
    assert "eth1 runs at 100 Mbit/s" in report.at("warning")
    assert "208 kB" in report.at("note")
    assert "eth1: 100 Mbit/s, packets of 9000 bytes" in report.at("ok")


@pytest.mark.parametrize(("fps", "level"), [(100.0, "ok"), (175.0, "warning"), (200.0, "error")])
def test_images_are_summed_up_against_a_usb_controller(
    machine: Machine, fps: float, level: str
) -> None:
    plug_usb_camera(machine)
    for number in "12":
        machine.add(f"{number}-basler", "USB3", fps=fps, roi=(0, 0, 1000, 1000))
    report = machine.ask(check_bandwidth)
    assert report.levels == {level}
    assert f"1, 2: {2 * fps:.0f} MB/s of the 380 MB/s" in report.at(level)


def test_two_controllers_carry_twice_as_much(machine: Machine) -> None:
    plug_usb_camera(machine)
    plug_usb_camera(machine, "4-1", bus=4)
    for number in "12":
        machine.add(f"{number}-basler", "USB3", fps=200.0, roi=(0, 0, 1000, 1000))
    assert machine.ask(check_bandwidth).levels == {"ok"}


def test_images_are_summed_up_against_ethernet(machine: Machine) -> None:
    wire(machine, "eth0", 1000, 9000)
    machine.add("1-aravis", "GigE", fps=100.0, roi=(0, 0, 1280, 1024))
    assert "131 MB/s of the 115 MB/s that 1 Gbit/s" in machine.ask(check_bandwidth).at("error")


def test_an_image_whose_size_nobody_knows_is_reported(machine: Machine) -> None:
    machine.add("1-aravis", "GigE")
    assert "image size is not known" in machine.ask(check_bandwidth).at("note")
