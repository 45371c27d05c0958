"""SDKs, and the drivers that they load, which end or hold up a search for cameras."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.faults.asked_rig import AskedRig
from tests.support import RigOnDisk, free_ports, simulated, wait_for
from tests.system.fake_cameras import install, set_mood

PATIENCE = 60.0
"""Seconds that searches may take on a machine with other things to do."""

ABORTS = "#include <stdlib.h>\n__attribute__((constructor)) static void f(void) { abort(); }\n"


def producer(folder: Path, source: str, name: str) -> Path:
    """Build a GenTL producer of a few lines of C."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed; apt-get install gcc")
    folder.mkdir()
    subprocess.run(
        ["gcc", "-x", "c", "-shared", "-fPIC", "-o", str(folder / name), "-"],
        input=source,
        text=True,
        check=True,
    )
    return folder / name


@pytest.fixture
def asked(rig: RigOnDisk) -> AskedRig:
    return AskedRig(rig.folder)


def test_a_producer_that_aborts_is_named_and_left_out_and_the_cameras_work(
    asked: AskedRig,
) -> None:
    pytest.importorskip("pypylon")
    guilty = producer(asked.folder / "guilty", ABORTS, "Y.cti")
    fine = producer(asked.folder / "fine", "int nothing;\n", "O.cti")
    asked.search_with("basler")
    asked.environment |= {
        "PYLON_CAMEMU": "1",
        "GENICAM_GENTL64_PATH": f"{fine.parent}:{guilty.parent}",
    }
    section = simulated("emulated", *free_ports(2), more="roi = [0, 0, 64, 48]")
    asked.write_config(section.replace("emulated-simulated", "0815-0000-basler"))
    with asked.serve():
        asked.shown("emulated", "capturing", seconds=PATIENCE)
        wait_for(lambda: not asked.snapshot()["engine"]["scanning"], "the search to end", PATIENCE)
        reasons = {one["name"]: one["reason"] for one in asked.snapshot()["backends"]}
        assert str(guilty) in reasons["basler"]
        assert str(fine) not in reasons["basler"]
        asked.event(0, "basler: left out of GENICAM_GENTL64_PATH", str(guilty))


def test_a_back_end_that_aborts_is_reported_and_not_opened_until_it_is_mended(
    asked: AskedRig,
) -> None:
    ports = free_ports(4)
    install(asked)
    set_mood(asked, "search", "crash")
    done = asked.run("cameras", "--json", seconds=PATIENCE)
    assert done.returncode == 0, done.stderr
    found = {each["backend"]: each for each in json.loads(done.stdout)}
    assert not found["fake"]["available"]
    assert "signal 6 (Aborted) in" in found["fake"]["reason"]
    assert "fakecameras.py" in found["fake"]["reason"]
    assert found["simulated"]["available"]
    odd = simulated("odd", *ports[2:4]).replace("odd-simulated", "odd-fake")
    asked.write_config(simulated("left", *ports[:2]) + odd)
    with asked.serve():
        words = "error: the search for fake cameras was ended by signal 6"
        asked.shown("odd", words, seconds=PATIENCE)
        asked.shown("left", "capturing", seconds=PATIENCE)
        wait_for(lambda: not asked.snapshot()["engine"]["scanning"], "the search to end", PATIENCE)
        set_mood(asked, "search", "")
        asked.environment["PYLON_CAMEMU"] = "1"
        done = asked.run("rescan", seconds=PATIENCE)
        assert "PYLON_CAMEMU is 1 here and 0 in the engine (pid" in done.stderr
        asked.shown("odd", "capturing", seconds=PATIENCE)
