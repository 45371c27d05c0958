"""A camera of another rig at two ports of this machine, which stay the same as long as it lasts."""

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from pmv_tui.config.addresses import Address
from pmv_tui.control.async_client import AsyncControlClient
from pmv_tui.control.client import EngineGone
from pmv_tui.rigs.connection import RigConnection
from pmv_tui.rigs.line import Line, remote_path
from pmv_tui.rigs.listed import ListedRig
from pmv_tui.rigs.ssh import Hosts
from pmv_tui.rigs.trouble import LOCAL, HostTrouble, shown
from pmv_tui.wire.status import CameraStatus

LOOK = 2.0
"""Seconds from one question where the camera is to the next."""

GREETING = 5.0
"""Seconds in which a camera's socket has to greet who connects."""


class Sockets(NamedTuple):
    """A camera's two sockets, as its own machine knows them."""

    name: str
    unique_id: str
    plugged: bool
    curve: bool
    pub: Address
    pull: Address

    @property
    def targets(self) -> tuple[str, str]:
        """Where `ssh` leads a port of this machine for each of them."""
        return _target(self.pub), _target(self.pull)


class Forward:
    """Keeps two ports of this machine's loopback open to a camera's sockets.

    A rig of this machine needs none: there it is only seen where the sockets are.

    Parameters
    ----------
    camera : its name or unique_id.
    ports : for images, and for overlay messages.
    tell : is given what people are to know, in words.
    """

    def __init__(
        self,
        rig: ListedRig,
        camera: str,
        ports: tuple[int, int],
        hosts: Hosts,
        tell: Callable[[str], object],
    ) -> None:
        self._rig = rig
        self._camera = camera
        self._ports = ports
        self._hosts = hosts
        self._tell = tell
        self._woken = asyncio.Event()
        self._connection = RigConnection(rig, hosts, self._woken.set)
        self._keeping = asyncio.create_task(self._connection.run())
        self._line: Line | None = None
        self._leads: dict[int, str] = {}
        self._seen: Sockets | None = None
        self._greeted = False
        self._trouble = ""

    async def open(self) -> tuple[str, str]:
        """Open the ports; return the addresses on this machine, for images and for messages.

        Raises
        ------
        HostTrouble : the rig or the camera is not there, or the ports cannot be had.
        """
        while self._connection.state == "connecting":
            await self._pause()
        self._report(await self._look())
        if self._rig.host == LOCAL and self._seen:
            return str(self._seen.pub), str(self._seen.pull)
        images, messages = (f"tcp://127.0.0.1:{port}" for port in self._ports)
        return images, messages

    async def keep(self) -> None:
        """Keep them open, and tell what happens, until cancelled."""
        while True:
            await self._pause()
            if self._connection.state == "connecting":
                continue
            try:
                trouble = await self._look()
            except HostTrouble as why:
                trouble = str(why)
            self._report(trouble)

    async def close(self) -> None:
        """Give the connection up; the ports last as long as the hosts' connections."""
        self._keeping.cancel()
        with suppress(asyncio.CancelledError):
            await self._keeping

    async def _pause(self) -> None:
        """Wait until it is to be looked at again."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), LOOK)
        self._woken.clear()
        if self._keeping.done():
            self._keeping.result()  # it ends only by what it raises

    def _report(self, trouble: str) -> None:
        """Tell what is wrong once, and that it no longer is."""
        if trouble != self._trouble:
            self._tell(trouble or f"{self._camera}: images come again")
        self._trouble = trouble

    async def _look(self) -> str:
        """See that the ports lead to where the camera is now.

        Returns
        -------
        Why no image comes all the same; empty where some do, or are about to.

        Raises
        ------
        HostTrouble : the rig or the camera is not there, or the ports cannot be had.
        """
        if self._connection.state == "waiting":
            start = f"; pmv-tui --rig {self._rig.word} where --start starts one"
            why = self._connection.why or "the connection was lost"
            raise HostTrouble(f"{why}{start if self._connection.no_engine else ''}")
        before, self._seen = self._seen, await self._sockets()
        seen = self._seen
        if self._rig.host != LOCAL:
            await self._lead(await self._hosts.line(self._rig.host), seen)
        if before and before.targets != seen.targets:
            here = "this machine's address is another" if self._rig.host == LOCAL else "as before"
            self._tell(f"{seen.name} is at {seen.pub} and {seen.pull} there now; here, {here}")
            self._greeted = False
        if not seen.plugged:
            self._greeted = False
            return f"{seen.name} is not plugged: pmv-tui --rig {self._rig.word} plug {seen.name}"
        if self._rig.host != LOCAL and not self._greeted:
            # Who comes without a key would be reported there as a stranger.
            silent = [] if seen.curve else await self._silent(seen)
            self._greeted = not silent
            if silent:
                return _nothing_answers(silent)
        return ""

    async def _silent(self, seen: Sockets) -> list[tuple[Address, str]]:
        """Return which of a camera's addresses nothing answers at, and what `ssh` is asked for."""
        answers = await asyncio.gather(*map(_greets, self._ports))
        asked = zip((seen.pub, seen.pull), seen.targets, answers, strict=True)
        return [(address, target) for address, target, answer in asked if not answer]

    async def _sockets(self) -> Sockets:
        """Ask the engine where the camera is."""
        client = AsyncControlClient(self._connection.endpoint)
        try:
            reply = await client.request("snapshot")
            return _sockets_of(self._camera, reply["snapshot"]["cameras"])
        except EngineGone as silence:
            self._connection.hurry()
            raise HostTrouble(str(silence)) from None
        except (KeyError, TypeError, ValueError, AttributeError):
            raise HostTrouble("what its engine answers is not understood") from None
        finally:
            client.close()

    async def _lead(self, line: Line, sockets: Sockets) -> None:
        """Let the ports lead to a camera's sockets."""
        if line is not self._line:
            self._line, self._leads, self._greeted = line, {}, False
        for port, target in zip(self._ports, sockets.targets, strict=True):
            if (before := self._leads.get(port)) == target:
                continue
            if before:
                await line.close_port(port, before)
                del self._leads[port]
            try:
                await line.forward_port(port, target)
            except HostTrouble as why:
                raise HostTrouble(_why_not_had(port) or str(why)) from None
            self._leads[port] = target


def _sockets_of(camera: str, cameras: list[CameraStatus]) -> Sockets:
    """Find a camera's sockets among those that an engine reports, which may report anything."""
    names = [str(each["name"]) for each in cameras]
    places = [at for at, each in enumerate(cameras) if each["unique_id"] == camera]
    places = places or [at for at, name in enumerate(names) if name == camera]
    if not places:
        known = shown(", ".join(names)) or "none"
        raise HostTrouble(f"there is no camera {camera!r} there; there are: {known}")
    each = cameras[places[0]]
    pub, pull = Address.parse(each["pub_address"]), Address.parse(each["pull_address"])
    name, unique_id = shown(names[places[0]]), shown(str(each["unique_id"]))
    return Sockets(name, unique_id, bool(each["plugged"]), bool(each["curve"]), pub, pull)


def _target(address: Address) -> str:
    """Write where `ssh` is to lead: what is bound on every interface is reached by loopback."""
    if address.path:
        return remote_path(address.path)
    loopback = "[::1]" if address.host.startswith("[") else "127.0.0.1"
    by_loopback = address.interface in ("*", "127.0.0.1")
    return f"{loopback if by_loopback else address.host}:{address.port}"


def _nothing_answers(silent: list[tuple[Address, str]]) -> str:
    """Say at which addresses nothing answers, of each what `ssh` is asked for, and what to do."""
    addresses = " and ".join(str(address) for address, _ in silent)
    permitted = " ".join(
        f'permitopen="{f"[{address.path}]:*" if address.path else target}"'
        for address, target in silent
    )
    return (
        f"nothing answers at {addresses} there; where the key is restricted, its line in "
        f"authorized_keys there needs {permitted}; see also that its host reaches itself so, and "
        "that its sshd_config does not switch AllowTcpForwarding or AllowStreamLocalForwarding off"
    )


async def _greets(port: int) -> bool:
    """Whether a camera's socket answers at a port: `ssh` takes connections to it in any case."""
    try:
        async with asyncio.timeout(GREETING):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                return bool(await reader.read(1))
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


def _why_not_had(port: int) -> str:
    """Return why a port of this machine cannot be had; empty where it can: `ssh` does not say."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        return f"port {port} of this machine cannot be had: {reason}; choose another"
    return ""


def free_ports() -> tuple[int, int]:
    """Choose two ports of this machine's loopback that nobody listens on now."""
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        return one.getsockname()[1], other.getsockname()[1]
