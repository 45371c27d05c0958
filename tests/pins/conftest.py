"""The pinned texts, and the one engine that all of them are held against."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pins.pin import Pins
from tests.pins.pinned_rig import PinnedRig, running
from tests.pins.transcript import Transcript


@pytest.fixture(scope="session")
def pins(request: pytest.FixtureRequest) -> Pins:
    return Pins(update=request.config.getoption("--pin-update"))


@pytest.fixture(scope="package")
def pinned_rig(pins: Pins) -> Iterator[PinnedRig]:
    """A rig that runs; the last test's end stops it, by the command whose words are pinned too."""
    folder = Path(tempfile.mkdtemp(prefix="pmv")).resolve()
    try:
        with running(PinnedRig(folder)) as rig:
            yield rig
            transcript = Transcript(rig)
            transcript.run("stop --json")
            pins.check("stop.txt", transcript.text())
    finally:
        shutil.rmtree(folder)
