"""Fixtures for all tests."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

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
    rig.end()
    shutil.rmtree(folder)
