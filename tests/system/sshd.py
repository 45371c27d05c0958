"""Machines to log in to: real `sshd` processes on loopback, each with a home folder of its own."""

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

from pmv_tui.rigs.ssh import Hosts
from tests.support import DEADLINE, RigOnDisk, free_ports, wait_for

Value = TypeVar("Value")

SBIN = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"

OF_SSHD = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
UseDNS no
PrintMotd no
LogLevel VERBOSE
SetEnv HOME={folder} SHELL={shell}
MaxStartups 100
"""


class Machine(RigOnDisk):
    """A machine with `pmv-tui` in its user's `~/.local/bin`, and an `sshd` of its own.

    Its rig's config is the `config.toml` that `pmv-tui` finds there, so it need not be named.

    Parameters
    ----------
    folder : of its user, empty, with a short path.
    shell : its user's.
    """

    def __init__(self, folder: Path, shell: str = "/bin/bash") -> None:
        super().__init__(folder)
        self.config_path = folder / "config" / "pmv-tui" / "config.toml"
        self.config_path.parent.mkdir(parents=True)
        (self.port,) = free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None
        _make_key(folder / "host_key")
        (folder / "sshd_config").write_text(
            OF_SSHD.format(port=self.port, folder=folder, shell=shell)
        )
        self.install()

    def install(self, program: str = "") -> None:
        """Put `pmv-tui` where the machine's user has it.

        Parameters
        ----------
        program : a shell script to be it instead of the real one.
        """
        path = self.folder / ".local" / "bin" / "pmv-tui"
        path.parent.mkdir(parents=True, exist_ok=True)
        settings = shlex.join(f"{name}={value}" for name, value in self.environment.items())
        real = f'exec env {settings} {sys.executable} -P -m pmv_tui "$@"\n'
        path.write_text(f"#!/bin/sh\n{program or real}")
        path.chmod(0o755)

    def restrict_key(self, options: str) -> None:
        """Restrict what its user's key may do, as `authorized_keys` has it."""
        keys = self.folder / "authorized_keys"
        keys.write_text(f"{options} {keys.read_text()}")

    def start(self) -> None:
        """Let people log in."""
        sshd = shutil.which("sshd", path=SBIN)
        assert sshd, "asked of `machines`"
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # as its service does
        path = self.folder / "sshd.log"
        with path.open("wb") as log:
            self._process = subprocess.Popen(
                [sshd, "-D", "-e", "-f", str(self.folder / "sshd_config")], stderr=log
            )
        wait_for(lambda: "listening" in path.read_text(), "sshd to listen")

    def logins(self) -> list[psutil.Process]:
        """Return the processes that serve those who are logged in, one for each."""
        return psutil.Process(self._process.pid).children() if self._process else []

    def stop(self) -> None:
        """Let nobody log in, and cut off those who have."""
        if self._process is None:
            return
        for process in psutil.Process(self._process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.kill()
        self._process.wait(DEADLINE)
        self._process = None

    def end(self) -> None:
        """End everything that runs there."""
        self.stop()
        super().end()

    def host_key(self) -> str:
        """Return its public key."""
        return (self.folder / "host_key.pub").read_text()


class Machines:
    """Machines by the names that `ssh` knows them by.

    Parameters
    ----------
    folder : an empty folder with a short path.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._by_name: dict[str, Machine] = {}
        self._entries: list[str] = []
        self._known: list[str] = []
        _make_key(folder / "key")
        _make_key(folder / "another_key")
        # ssh looks for ~/.ssh where the list of users has it, whatever HOME says.
        ssh = folder / "bin" / "ssh"
        ssh.parent.mkdir()
        ssh.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/ssh_config "$@"\n')
        ssh.chmod(0o755)
        self.path = f"{ssh.parent}:{os.environ['PATH']}"
        """PATH for programs that are to know the machines."""

    def __getitem__(self, name: str) -> Machine:
        """Return a machine."""
        return self._by_name[name]

    def add(self, name: str, options: str = "", *, shell: str = "/bin/bash") -> Machine:
        """Add a machine and let people log in there.

        Parameters
        ----------
        options : lines of its entry in the config of `ssh`, before others.
        """
        home = self.folder / name
        home.mkdir()
        machine = self._by_name[name] = Machine(home, shell)
        (home / "authorized_keys").write_text((self.folder / "key.pub").read_text())
        machine.start()
        self.name_host(name, machine, options)
        return machine

    def name_host(self, name: str, machine: Machine, options: str = "", key: str = "") -> None:
        """Let `ssh` know a machine by a name.

        Parameters
        ----------
        key : of the host, as this machine knows it; empty: as it is.
        """
        self._known.append(f"{name} {key or machine.host_key()}")
        self._entries.append(
            f"Host {name}\n{options}HostName 127.0.0.1\nPort {machine.port}\nHostKeyAlias {name}\n"
        )
        common = (
            f"\nHost *\nIdentityFile {self.folder}/key\nIdentitiesOnly yes\nIdentityAgent none\n"
            f"UserKnownHostsFile {self.folder}/known_hosts\nGlobalKnownHostsFile none\n"
        )
        (self.folder / "ssh_config").write_text("\n".join(self._entries) + common)
        (self.folder / "known_hosts").write_text("".join(self._known))

    def another_key(self) -> str:
        """Return a public key that is no machine's."""
        return (self.folder / "another_key.pub").read_text()

    def end(self) -> None:
        """End everything that runs there."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(Machine.end, self._by_name.values()))


@contextmanager
def machines() -> Iterator[Machines]:
    """Make room for machines for the length of a block, in which this process's `ssh` knows them.

    Skips where `ssh` or `sshd` is not installed: scripts/system-libraries test.
    """
    for program in ("ssh", "ssh-keygen", "sshd"):
        if not shutil.which(program, path=SBIN):
            pytest.skip(f"{program} is not installed")
    folder = Path(tempfile.mkdtemp(prefix="pmv"))
    room = Machines(folder)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", room.path)
            yield room
    finally:
        room.end()
        shutil.rmtree(folder)


def with_hosts(work: Callable[[Hosts], Coroutine[Any, Any, Value]]) -> Value:
    """Do something with connections, which are ended then."""

    async def done() -> Value:
        hosts = Hosts()
        try:
            return await work(hosts)
        finally:
            await hosts.close()

    return asyncio.run(done())


def _make_key(path: Path) -> None:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
