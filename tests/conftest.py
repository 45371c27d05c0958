"""Fixtures for all tests."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, settings

from tests.support import RigOnDisk

# A slow answer of a busy machine is no failure of a property.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.fixture
def rig() -> Iterator[RigOnDisk]:
    """A rig in a new folder; an engine left in the background is ended with the test."""
    folder = Path(tempfile.mkdtemp(prefix="pmv"))
    rig = RigOnDisk(folder)
    yield rig
    if rig.config_path.exists():
        rig.run("stop")
    # Whatever a test left behind would hold ports and processors for the tests after it.
    for process in psutil.process_iter(["cmdline"]):
        if any(str(folder) in word for word in process.info["cmdline"] or ()):
            process.kill()
    shutil.rmtree(folder)
