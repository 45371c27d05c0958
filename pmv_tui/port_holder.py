"""Names the process that listens on a tcp port."""

from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that listens.

    Parameters
    ----------
    command : its command line, or its name; cut to 60 characters.
    """

    pid: int
    command: str

    def __str__(self) -> str:
        """Name it for people."""
        return f"{self.command} (pid {self.pid})"


def holder(pid: int) -> Holder:
    """Describe a process."""
    try:
        process = psutil.Process(pid)
        words = " ".join(process.cmdline()).split()
        return Holder(pid, " ".join(words)[:60] or process.name())
    except psutil.Error:
        return Holder(pid, "a process")


def port_holder(port: int) -> Holder | None:
    """Find who listens on a port; None where nobody does or the system does not tell."""
    try:
        for connection in psutil.net_connections("tcp"):
            if (
                connection.status == psutil.CONN_LISTEN
                and connection.laddr[1:] == (port,)
                and connection.pid is not None
            ):
                return holder(connection.pid)
    except (psutil.Error, OSError):
        return None
    return None
