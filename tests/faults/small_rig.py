"""A second rig, beside the one that is under fault: for what an engine would not survive, or sees
only when it starts."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import RigOnDisk


@contextmanager
def small_rig() -> Iterator[RigOnDisk]:
    """Make a rig in a new folder; nothing of it is left after the block."""
    folder = Path(tempfile.mkdtemp(prefix="pmv"))
    rig = RigOnDisk(folder)
    try:
        yield rig
    finally:
        rig.end()
        shutil.rmtree(folder)
