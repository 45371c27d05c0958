"""A GigE Vision camera whose cable is kicked out and put back: a real protocol, no hardware."""

import pytest

from tests.cameras.fake_gige import fake_camera, missing
from tests.support import (
    NUMBERED,
    SERIAL,
    RigOnDisk,
    free_ports,
    simulated,
    steady,
    wait_for,
)
from tests.system.counting import counting

if missing():
    pytest.skip(missing(), allow_module_level=True)


@pytest.fixture
def rig(rig: RigOnDisk) -> RigOnDisk:
    rig.search_everywhere()
    return rig


def test_it_is_lost_with_its_reason_and_comes_back_with_its_settings(rig: RigOnDisk) -> None:
    ports = free_ports(4)
    network = simulated("net", *ports[2:], fps=50, more="roi = [0, 0, 160, 120]")
    rig.write_config(
        NUMBERED + steady("left", *ports[:2]) + network.replace("net-simulated", f"{SERIAL}-aravis")
    )
    with fake_camera() as device, rig.serve("--plug-all"):
        wait_for(lambda: rig.camera("net")["state"] == "capturing", "the camera to stream")
        with counting(ports[0]), counting(ports[2], gaps=True) as numbers:
            assert rig.run_here("set", "net", "exposure_time=5000").returncode == 0
            device.pull_the_plug()
            lost = wait_for(
                lambda: (camera := rig.camera("net"))["state"] == "lost" and camera, "its loss"
            )
            assert lost["reason"]
            assert lost["plugged"]
            last = numbers[-1]
            device.switch_on()
            wait_for(lambda: rig.camera("net")["state"] == "capturing", "its return")
            wait_for(lambda: numbers[-1] > last + 20, "its stream to resume")
            assert numbers == sorted(set(numbers))
            shown = rig.run_here("settings", "net").stdout
            assert "5000" in shown
            wait_for(
                lambda: rig.camera("net")["clock_offset_ms"] is not None, "its clock to be fitted"
            )


def test_one_that_is_switched_on_later_is_found_and_can_be_added_to_the_config(
    rig: RigOnDisk,
) -> None:
    ports = free_ports(2)
    rig.write_config("# room 3\n" + simulated("left", *ports))
    with fake_camera() as device:
        device.pull_the_plug()
        with rig.serve():
            wait_for(lambda: not rig.status()["engine"]["scanning"], "the first search to end")
            assert [camera["name"] for camera in rig.status()["cameras"]] == ["left"]
            device.switch_on()
            assert rig.run_here("rescan").returncode == 0
            wait_for(lambda: len(rig.status()["cameras"]) == 2, "it to be found")
            found = rig.camera(SERIAL)
            assert not found["listed"]
            assert not {found["pub_address"], found["pull_address"]} & {
                f"tcp://localhost:{port}" for port in ports
            }
            wait_for(lambda: rig.camera(SERIAL)["state"] == "capturing", "it to capture")
            assert rig.run_here("set", SERIAL, "name=net", "fps=20").returncode == 0
            assert rig.camera("net")["listed"]
    text = rig.config_path.read_text()
    assert text.startswith("# room 3\n")
    assert f'unique_id = "{SERIAL}-aravis"' in text
    assert found["pub_address"] in text
    assert rig.run_here("check").returncode == 0
