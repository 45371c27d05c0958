"""A GigE Vision camera whose cable is kicked out and put back: a real protocol, no hardware."""

import pytest

from pmv_tui.cameras.aravis_import import require_aravis
from pmv_tui.cameras.base import BackendUnavailable
from tests.cameras.fake_gige import SERIAL, fake_camera, missing
from tests.support import RigOnDisk, free_ports, simulated, wait_for
from tests.system.counting import counting

try:
    require_aravis()
except BackendUnavailable as trouble:
    pytest.skip(str(trouble), allow_module_level=True)
if missing():
    pytest.skip(missing(), allow_module_level=True)


def test_it_is_lost_with_its_reason_and_comes_back_with_its_settings(rig: RigOnDisk) -> None:
    ports = free_ports(4)
    network = simulated("net", *ports[2:], fps=50, more="roi = [0, 0, 160, 120]")
    rig.write_config(
        "[socket_config]\nextended_metadata = true\n"
        + simulated("left", *ports[:2])
        + network.replace("net-simulated", f"{SERIAL}-aravis")
    )
    with fake_camera() as device, rig.serve("--plug-all"):
        wait_for(lambda: rig.camera("net")["state"] == "capturing", "the camera to stream")
        with counting(ports[0]), counting(ports[2], gaps=True) as numbers:
            assert rig.run("set", "net", "exposure_time=5000").returncode == 0
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
            shown = rig.run("settings", "net").stdout
            assert "5000" in shown
            wait_for(
                lambda: rig.camera("net")["clock_offset_ms"] is not None, "its clock to be fitted"
            )
