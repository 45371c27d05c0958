"""A second rig, beside the one that is under fault: for what an engine would not survive, or sees
only when it starts."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from tests.faults.asked_rig import AskedRig
from tests.support import in_new_folder


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


def small_rig() -> AbstractContextManager[SmallRig]:
    """Make one in a new folder; nothing of it is left after the block."""
    return in_new_folder(SmallRig)
