"""A GigE Vision camera that is switched on later: a real protocol, no hardware.

One whose cable is kicked out and put back is a fault of the table: tests/faults/cameras.py.
"""

import pytest

from tests.cameras.fake_gige import fake_camera, missing
from tests.support import (
    SERIAL,
    RigOnDisk,
    free_ports,
    simulated,
    wait_for,
)

if missing():
    pytest.skip(missing(), allow_module_level=True)


@pytest.fixture
def rig(rig: RigOnDisk) -> RigOnDisk:
    rig.search_with("aravis")
    return rig


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
