"""Fixtures for all tests."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import RigOnDisk, plain_environment

# Before anything is imported that reads it: Textual does so once.
_PLAIN = plain_environment()
os.environ.clear()
os.environ.update(_PLAIN)

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
