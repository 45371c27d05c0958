"""A camera of another rig at two ports of this machine, which stay the same as long as it lasts."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from pmv_tui.config.addresses import Address
from pmv_tui.control.async_client import AsyncControlClient
from pmv_tui.control.client import EngineGone
from pmv_tui.rigs.connection import RigConnection
from pmv_tui.rigs.line import Line, remote_path
from pmv_tui.rigs.listed import ListedRig
from pmv_tui.rigs.ports import CHUNK, Far, Ports
from pmv_tui.rigs.ssh import Hosts
from pmv_tui.rigs.trouble import LOCAL, HostTrouble, shown
from pmv_tui.wire.status import CameraStatus

LOOK = 2.0
"""Seconds from one question where the camera is to the next."""

GREETING = 5.0
"""Seconds in which a camera's socket has to greet who connects."""

REACHING = 15.0
"""Seconds in which a client is let through, or is not."""

REFUSED = 0.5
"""Seconds until one that is not is told: scripts come again at once, and the engine is asked."""


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


class Lead(NamedTuple):
    """Where clients are let through to.

    Parameters
    ----------
    paths : of sockets of this machine, which lead to the camera's by way of a line.
    """

    line: Line
    sockets: Sockets
    paths: tuple[Path, Path]


class Forward:
    """Keeps two ports of this machine's loopback for a camera's sockets.

    A client is let through once the engine has said where the camera is, and again that it is
    still there when the connection stands: the address may have become another camera's meanwhile.
    A rig of this machine needs no ports: there it is only seen where the sockets are.

    Parameters
    ----------
    camera : its name or unique_id.
    ports : for images, and for overlay messages; 0: one that is free.
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
        self._ports = Ports(ports, self._reach)
        self._hosts = hosts
        self._tell = tell
        self._woken = asyncio.Event()
        self._connection = RigConnection(rig, hosts, self._woken.set)
        self._keeping = asyncio.create_task(self._connection.run())
        self._one_at_a_time = asyncio.Lock()
        self._looked_at = 0.0
        self._lead: Lead | None = None
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
        trouble = await self._look()
        if self._rig.host == LOCAL and self._seen:
            images, messages = str(self._seen.pub), str(self._seen.pull)
        else:
            images, messages = await self._ports.open()
        self._report(trouble)
        return images, messages

    async def keep(self) -> None:
        """Keep them open, and tell what happens, until cancelled."""
        while True:
            await self._pause()
            if self._connection.state == "connecting":
                continue
            try:
                async with self._one_at_a_time:
                    trouble = await self._look()
            except HostTrouble as why:
                trouble = str(why)
            self._report(trouble)

    async def close(self) -> None:
        """Give ports and connection up."""
        await self._ports.close()
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
        HostTrouble : the rig or the camera is not there, or cannot be reached.
        """
        if self._connection.state == "waiting":
            self._lead_to(None)
            start = f"; pmv-tui --rig {self._rig.word} where --start starts one"
            why = self._connection.why or "the connection was lost"
            raise HostTrouble(f"{why}{start if self._connection.no_engine else ''}")
        before, self._seen = self._seen, await self._sockets()
        seen = self._seen
        if before:
            self._tell_of_change(before, seen)
        if not seen.plugged:
            self._lead_to(None)
            return f"{seen.name} is not plugged: pmv-tui --rig {self._rig.word} plug {seen.name}"
        if self._rig.host != LOCAL:
            line = await self._hosts.line(self._rig.host)
            pub, pull = [await line.forward(target) for target in seen.targets]
            self._lead_to(Lead(line, seen, (pub, pull)))
            # Who comes without a key would be reported there as a stranger.
            silent = [] if self._greeted or seen.curve else await self._silent(seen, (pub, pull))
            self._greeted = not silent
            if silent:
                return _nothing_answers(silent)
        return ""

    def _tell_of_change(self, before: Sockets, now: Sockets) -> None:
        if before.unique_id != now.unique_id:
            self._tell(f"{now.name} is the camera {now.unique_id} now; it was {before.unique_id}")
        if before.targets != now.targets:
            here = "this machine's address is another" if self._rig.host == LOCAL else "as before"
            self._tell(f"{now.name} is at {now.pub} and {now.pull} there now; here, {here}")

    def _lead_to(self, lead: Lead | None) -> None:
        """Let clients through to there from now on, and nobody to anywhere else."""
        if lead != self._lead:
            self._lead, self._greeted = lead, False
            self._ports.cut()

    async def _reach(self, place: int) -> Far:
        """Connect to the socket at a place of `Sockets.targets`, for a client that has come.

        Raises
        ------
        HostTrouble, OSError : nobody is let through now; TimeoutError is one.
        """
        try:
            async with asyncio.timeout(REACHING):
                return await self._confirmed(place)
        except (HostTrouble, OSError):
            self._woken.set()  # `keep` tells why
            await asyncio.sleep(REFUSED)
            raise

    async def _confirmed(self, place: int) -> Far:
        """Connect to what the engine says is the camera's, before and once the connection stands.

        Whoever it stands to has listened there since before the second question.
        """
        lead = await self._lead_now()
        far = await _greeted(lead.paths[place])
        try:
            await self._lead_now(lead)
        except BaseException:
            far.writer.transport.abort()
            raise
        return far

    async def _lead_now(self, before: Lead | None = None) -> Lead:
        """Ask the engine where clients are to be led; who asks at the same time asks once.

        Parameters
        ----------
        before : where it has to be; None: anywhere.

        Raises
        ------
        HostTrouble : nowhere, or somewhere else.
        """
        came = time.monotonic()
        async with self._one_at_a_time:
            if self._connection.state == "connecting":
                raise HostTrouble("its line is being made")
            if self._looked_at < came:
                began = time.monotonic()
                await self._look()
                self._looked_at = began
            if self._lead is None or self._lead != (before or self._lead):
                raise HostTrouble("it is not there")
            return self._lead

    async def _silent(self, seen: Sockets, paths: tuple[Path, Path]) -> list[tuple[Address, str]]:
        """Return which of a camera's addresses nothing answers at, and what `ssh` is asked for."""
        answers = await asyncio.gather(*map(_greets, paths))
        asked = zip((seen.pub, seen.pull), seen.targets, answers, strict=True)
        return [(address, target) for address, target, answer in asked if not answer]

    async def _sockets(self) -> Sockets:
        """Ask the engine where the camera is."""
        client = AsyncControlClient(self._connection.endpoint)
        try:
            reply = await client.request("snapshot")
            return _sockets_of(self._camera, reply["snapshot"]["cameras"])
        except EngineGone as silence:
            # Who is through stays so: an engine that is slow to answer is to end no stream.
            self._connection.hurry()
            raise HostTrouble(str(silence)) from None
        except HostTrouble:
            self._lead_to(None)
            raise
        except (KeyError, TypeError, ValueError, AttributeError):
            self._lead_to(None)
            raise HostTrouble("what its engine answers is not understood") from None
        finally:
            client.close()


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


async def _greeted(path: Path) -> Far:
    """Connect to a camera's socket, which speaks first; `ssh` takes connections in any case.

    Raises
    ------
    OSError : nothing answers; TimeoutError is one.
    """
    async with asyncio.timeout(GREETING):
        reader, writer = await asyncio.open_unix_connection(path, limit=CHUNK)
        try:
            if said := await reader.read(CHUNK):
                return Far(reader, writer, said)
        except BaseException:
            writer.transport.abort()
            raise
    writer.close()
    raise OSError("nothing answers there")


async def _greets(path: Path) -> bool:
    """Whether a camera's socket answers."""
    try:
        (await _greeted(path)).writer.close()
    except OSError:
        return False
    return True
