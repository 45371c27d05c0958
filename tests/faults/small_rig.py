"""A second rig, beside the one that is under fault: for what an engine would not survive, or sees
only when it starts."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.faults.asked_rig import AskedRig


class SmallRig(AskedRig):
    """A rig whose programs give way to the one that is measured, on a machine of two cores.

    Attributes
    ----------
    files : open files that its engine may have; 0: as many as the machine allows.
    within : a command that runs its programs, with its arguments.
    """

    files = 0
    within: Sequence[str] = ()

    def command(self, *arguments: str) -> list[str]:
        """Return a command line. See `RigOnDisk.command`."""
        command = ["nice", "-n", "10", *self.within, *super().command(*arguments)]
        if self.files and arguments[0] == "serve":
            return ["sh", "-c", f'ulimit -n {self.files} && exec "$@"', "sh", *command]
        return command


@contextmanager
def small_rig() -> Iterator[SmallRig]:
    """Make a rig in a new folder; nothing of it is left after the block."""
    folder = Path(tempfile.mkdtemp(prefix="pmv"))
    rig = SmallRig(folder)
    try:
        yield rig
    finally:
        rig.end()
        shutil.rmtree(folder)
