"""A shared connection to one host: an `ssh` that runs as long as it is needed, and its helpers."""

import asyncio
import os
import re
import secrets
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path

from pmv_tui.rigs.process import Finished, Hear, finished, not_started, unasking
from pmv_tui.rigs.trouble import HostTrouble, why_failed

CONNECT_TIMEOUT = 20.0
"""Seconds in which somebody is logged in, jump hosts included."""

PROMPT = 10.0
"""Seconds that this machine's own `ssh` takes at most to tell the one that is connected."""

GUARD = 2.0
"""Seconds that a guard may take to end its `ssh`."""

LOOK = 0.05
"""Seconds from one look whether the connection is there to the next."""

SESSIONS = 8
"""Commands that run on a host at once; its `sshd` allows 10 a connection."""

ENDING = 1.0
"""Seconds in which a connection that ends has said why."""

_ANSWERED = re.compile(rb"mux_client.*(?:request failed|refused|denied)")
"""What `ssh` says of a connection that is there, and does not allow something. Where one is gone,
it says more of its own vain try to make another than of that."""

_FIT = re.compile(r"[\w/.-]{1,50}", re.ASCII)
"""A folder in which a socket's path is short enough, and has nothing that `ssh` would expand: it
takes 104 bytes on some systems, and adds 17 while it makes one."""

OPTIONS = {
    # Nothing is asked: there may be no terminal, and where there is one it is ours.
    "BatchMode": "yes",
    "ConnectTimeout": "10",
    "ServerAliveInterval": "5",
    "ServerAliveCountMax": "3",
    "LogLevel": "INFO",
    "ControlMaster": "yes",
    "ControlPersist": "no",
    # What the user's config adds for a person who works there is not needed here, and would be in
    # that person's way (ports) or lend a rig what it is not to have (an agent).
    "ClearAllForwardings": "yes",
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "PermitLocalCommand": "no",
    "RemoteCommand": "none",
    "RequestTTY": "no",
    "Tunnel": "no",
    # Other users of this machine are not to come near what is forwarded.
    "StreamLocalBindMask": "0177",
    "StreamLocalBindUnlink": "yes",
    "GatewayPorts": "no",
}

_GUARDED = (
    'umask 077; mkdir "$0" || exit; exec 3<&0; '
    '(read -r _ <&3; rm -rf -- "$0"; kill -9 0) </dev/null >/dev/null & '
    'exec "$@" 3<&- </dev/null'
)
"""Becomes `ssh`, and leaves a guard beside it, who at the end of this process, whatever ends that,
removes the folder and ends the process group: `ssh`, what it has started, and the guard itself.
All of them have its stderr."""


_OF_SOCKETS = re.compile(rb"^channel \d+: .*$", re.MULTILINE)
"""What `ssh` says of a forwarded socket at which nobody listens: no reason for its own end."""


class Line(asyncio.SubprocessProtocol):
    """The connection to a host, for commands and forwarded sockets to share.

    Parameters
    ----------
    host : as `ssh` knows it.
    compressed : whether what passes is.
    """

    def __init__(self, host: str, *, compressed: bool = False) -> None:
        self._host = host
        self._options = {**OPTIONS, "Compression": "yes" if compressed else "no"}
        place = tempfile.gettempdir()
        if not _FIT.fullmatch(place):
            place = "/tmp"  # noqa: S108 - nobody else can look into the folder in it
        self._folder = Path(place, f"pmv-tui-{secrets.token_hex(6)}")
        self._control = self._folder / "control"
        self._sessions = asyncio.Semaphore(SESSIONS)
        self._one_at_a_time = asyncio.Lock()
        self._forwarded: dict[str, Path] = {}
        self._guard = -1
        self._said = bytearray()
        self._is_open = False
        self._process: asyncio.SubprocessTransport | None = None
        self.ended = asyncio.Event()
        """Set when the connection is no more, or could not be made."""

    async def open(self) -> None:
        """Connect and log in.

        Raises
        ------
        HostTrouble : it cannot be done.
        """
        settings = [f"-o{name}={value}" for name, value in self._options.items()]
        command = ["ssh", "-N", *settings, "-S", str(self._control), "--", self._host]
        theirs, self._guard = os.pipe()
        try:
            self._process, _ = await asyncio.get_running_loop().subprocess_exec(
                lambda: self,
                *("sh", "-c", _GUARDED, str(self._folder), *command),
                stdin=theirs,
                stdout=asyncio.subprocess.DEVNULL,
                **unasking(),
            )
            await self._logged_in()
        except OSError as error:
            self._release()
            raise not_started("sh", error) from None
        except BaseException:
            await self.close()
            raise
        finally:
            os.close(theirs)

    async def _logged_in(self) -> None:
        """Wait until the connection can be used."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                while not self._control.exists():
                    if self.ended.is_set():
                        raise self.why_ended()
                    await asyncio.sleep(LOOK)
            self._is_open = True
            self._said.clear()  # a greeting, which has nothing to do with its end
        except TimeoutError:
            raise HostTrouble(
                f"unreachable: nobody was logged in within {CONNECT_TIMEOUT:.0f} s; try "
                f"ssh {self._host}"
            ) from None

    def why_ended(self) -> HostTrouble:
        """Return why there is no connection any more."""
        code = self._process.get_returncode() if self._process else None
        said = _OF_SOCKETS.sub(b"", self._said) if self._is_open else bytes(self._said)
        return why_failed(self._host, said, code)

    async def run(
        self, command: str, given: bytes, most: int, hear: Hear | None = None
    ) -> Finished:
        """Run a command line on the host; see `finished`.

        Raises
        ------
        HostTrouble : the connection does not bear it, or it prints too much.
        """
        async with self._sessions:
            words = [*self._through(), "--", self._host, command]
            done = await finished(words, given, most, hear)
        if done.code == FAILED and (refused := await self._refused(done.stderr)):
            raise refused
        return done

    async def forward(self, target: str) -> Path:
        """Have a socket in this machine's file system that leads to where the host can connect to.

        Parameters
        ----------
        target : `address:port`, or the path of a socket as of `remote_path`.

        Raises
        ------
        HostTrouble : it cannot be done.
        """
        async with self._one_at_a_time:  # two that were made at once would have the same name
            if target not in self._forwarded:
                local = self._folder / f"s{len(self._forwarded)}"
                await self._forward(f"{local}:{target}")
                self._forwarded[target] = local
        return self._forwarded[target]

    async def close(self) -> None:
        """End the connection and everything that goes through it; nothing of it is left."""
        self._release()
        if self._process is not None:
            with suppress(TimeoutError):  # what waits for a disk cannot be ended
                await asyncio.wait_for(self.ended.wait(), PROMPT)
            self._process.close()

    def _release(self) -> None:
        """Let the guard do its work, or do it where the guard is gone."""
        if self._guard >= 0:
            os.close(self._guard)
            self._guard = -1
            asyncio.get_running_loop().call_later(GUARD, self._end)

    def _end(self) -> None:
        if self._process is not None and self._process.get_returncode() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.get_pid(), signal.SIGKILL)
            shutil.rmtree(self._folder, ignore_errors=True)

    # What asyncio tells of the process.

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002
        """Keep what is said last."""
        self._said = (self._said + data)[-8192:]

    def process_exited(self) -> None:
        """End what is left of it: what `ssh` has started may go on without it."""
        self._release()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Note the end of all of them."""
        self.ended.set()
        if self._process is not None:
            self._process.close()

    async def _refused(self, said: bytes) -> HostTrouble | None:
        """Return why something was not carried out; None where that is not the connection's fault.

        One that cannot be used any more is given up, so that the next who needs it makes another.
        """
        if _ANSWERED.search(said):
            return why_failed(self._host, said, FAILED)
        check = await finished([*self._through(), "-O", "check", "--", self._host])
        if not check.code:
            return None
        with suppress(TimeoutError):  # who used it may notice its end first
            await asyncio.wait_for(self.ended.wait(), ENDING)
            return self.why_ended()
        self._release()
        return HostTrouble("its connection cannot be used any more, and was given up")

    async def _forward(self, what: str) -> None:
        command = [*self._through(), "-O", "forward", "-L", what, "--", self._host]
        try:
            async with asyncio.timeout(PROMPT):
                done = await finished(command)
        except TimeoutError:
            self._release()
            raise HostTrouble("its connection hung, and was given up") from None
        if done.code:
            refused = await self._refused(done.stderr)
            raise refused or why_failed(self._host, done.stderr, done.code)

    def _through(self) -> list[str]:
        """Return the beginning of a command that uses this connection, and never another."""
        # Without the user's config, which is the connection's; a config's own forwardings, for one,
        # would be asked for as well. Where the connection is gone, `ssh` would make one.
        return ["ssh", "-F", "none", "-oProxyCommand=false", "-S", str(self._control)]


FAILED = 255
"""What `ssh` ends with where the fault is its own, not the command's."""


def local_path(path: str) -> str:
    """Return the path of a socket of this machine, which a program has named, as it is.

    Raises
    ------
    HostTrouble : no socket can have it.
    """
    try:
        named = bool(path) and b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        named = False
    if not named:
        raise HostTrouble(f"{path[:100]!r} is no path that a socket can have")
    return path


def remote_path(path: str) -> str:
    """Write a socket's path as `ssh` takes it in a forwarding.

    Raises
    ------
    HostTrouble : it is none that can be forwarded, or that would mean something else to `ssh`.
    """
    if not path.startswith("/") or not path.isprintable() or "${" in path:
        raise HostTrouble(f"{path[:100]!r} is no path that a socket can have")
    return re.sub(r"([\\:])", r"\\\1", path).replace("%", "%%")
