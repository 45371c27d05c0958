"""Who may connect where `[security]` is on: a thread that ZeroMQ asks about each client.

ZeroMQ asks over ZAP (https://rfc.zeromq.org/spec/27/): one socket of the context that all cameras'
sockets belong to. Without an answer nobody is let in.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import zmq
from zmq.utils import z85

from pmv_tui.curve import KeyFileError
from pmv_tui.keys import Keys, Stamp
from pmv_tui.threads import InOrder, LastingThread, Renewed

log = logging.getLogger(__name__)

ENDPOINT = "inproc://zeromq.zap.01"

STRANGERS = zmq.Event.HANDSHAKE_FAILED_PROTOCOL | zmq.Event.HANDSHAKE_FAILED_NO_DETAIL
"""What a socket's monitor reports of clients that the gate is never asked about."""

STOP_TIMEOUT = 1.0
"""Seconds that reading a list of keys may take when the engine ends."""

SHOWN = 8
"""Characters of a public key that are enough to distinguish it from others."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """Clients that a camera rejected.

    Parameters
    ----------
    count : attempts to connect.
    reason : of the last one, in words; with its address where that is known.
    time : of the last one, ns since the epoch; None before the first.
    """

    count: int = 0
    reason: str = ""
    time: int | None = None

    def __add__(self, other: "Refusals") -> "Refusals":
        """Count both; the reason is that of the last one."""
        last = max(self, other, key=lambda each: each.time or 0)
        return Refusals(self.count + other.count, last.reason, last.time)


class Door:
    """The way in to one camera's two sockets, by the name by which ZeroMQ asks; see `Gate.door`."""

    def __init__(self, domain: str) -> None:
        self._domain = domain
        self.secret = b""
        """The rig's key, once `Gate.read_keys` has read it."""
        self._lock = threading.Lock()
        self.refusals = Refusals()
        self.let_in: dict[bytes, str] = {}
        """The keys of clients that came in, Z85, with the names they were listed by."""

    def guard(self, socket: zmq.Socket[bytes]) -> None:
        """Encrypt a socket that is not bound yet, and have the gate asked about its clients."""
        if not self.secret:
            raise RuntimeError("the rig's key was not read")
        socket.curve_server = True
        socket.curve_secretkey = self.secret
        socket.zap_domain = self._domain.encode()
        # Without it, a gate that does not answer would let everybody in.
        socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)

    def refuse(self, reason: str) -> None:
        """Count a client that was rejected."""
        with self._lock:  # the gate reports some, the main thread others
            self.refusals = Refusals(self.refusals.count + 1, reason, time.time_ns())

    def count_stranger(self, event: Mapping[str, Any]) -> None:
        """Count, from a socket's monitor, who came without a key or with another rig's."""
        if event["event"] & STRANGERS:
            wrong = event["value"] == zmq.PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC
            self.refuse("it has another rig's key" if wrong else "it came without a key")


class Gate:
    """Answers ZeroMQ's questions about clients, from the list of keys as it is at that moment.

    Parameters
    ----------
    context : that of the cameras' sockets.
    record : records that its thread failed, in a sentence.
    """

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        keys: Keys,
        record: Callable[[str], object] = log.error,
    ) -> None:
        self._keys = keys
        self.folder = keys.folder
        self._list = _List(keys)
        self._disk = InOrder("keys")
        self._looks = Renewed(self._list.read, self._disk.submit)
        self._doors: dict[bytes, Door] = {}
        # Not REP: where an answer fails, that would take no further question.
        self._socket = context.socket(zmq.ROUTER)
        self._socket.linger = 0
        self._socket.bind(ENDPOINT)
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._thread = LastingThread("gate", self._run, record)

    def door(self) -> Door:
        """Make the door of another camera."""
        domain = f"camera {len(self._doors) + 1}"
        door = self._doors[domain.encode()] = Door(domain)
        return door

    def read_keys(self, door: Door) -> "Future[None]":
        """Read the list again and the rig's key for a door, beside the caller's thread.

        The future raises KeyFileError where the rig has no key, or it cannot be used.
        """

        def read() -> None:
            self._list.read()
            _, door.secret = self._keys.server()

        return self._disk.submit(read)

    def look(self) -> None:
        """Have the list read again where it changed, beside the caller's thread."""
        self._looks.renew()

    def listed(self) -> int:
        """Count the clients on the list, as it was read last."""
        return len(self._list.names)

    def withdrawn(self, door: Door) -> list[str]:
        """Name the clients that came in by a door and are no longer listed."""
        if not door.let_in:
            return []
        listed = self._list.names
        if self._list.problem:
            return []  # Not to be read now: that is no reason to cut anybody's images.
        return sorted(name for key, name in door.let_in.copy().items() if key not in listed)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> bool:
        """End the thread; nobody is let in any more. False where it hangs in a file system."""
        os.eventfd_write(self._wake, 1)
        self._thread.join(STOP_TIMEOUT)
        if self._thread.is_alive():
            return False
        self._socket.close()
        os.close(self._wake)
        return True

    def _run(self) -> None:
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._wake, zmq.POLLIN)
        while self._wake not in dict(poller.poll()):
            asker, empty, *question = self._socket.recv_multipart()
            self._socket.send_multipart([asker, empty, *self._answer(question)])

    def _answer(self, question: list[bytes]) -> list[bytes]:
        """Answer one question: version, id, domain, address, identity, mechanism, key."""
        version, number, domain, address, _, mechanism, *credentials = question
        door, name = self._doors.get(domain), ""
        try:
            if door is not None and mechanism == b"CURVE":
                (key,) = credentials
                name = self._let_in(door, address.decode(errors="replace"), z85.encode(key))
        except Exception:
            # It must not end the thread, which would turn away everybody after this one.
            log.exception("a client could not be checked, and is rejected")
        if name:
            return [version, number, b"200", b"OK", name.encode(), b""]
        return [version, number, b"400", b"not listed", b"", b""]

    def _let_in(self, door: Door, address: str, key: bytes) -> str:
        """Return the name that a key is listed by; empty, and counted, where it is not."""
        name = self._list.read().get(key, "")
        if name:
            door.let_in[key] = name
        elif self._list.problem:
            door.refuse(f"{self._list.problem} ({address})")
        else:
            door.refuse(f"its key {key[:SHOWN].decode()}… is not listed ({address})")
        return name


class _List:
    """The listed keys, read again when a file has changed. Used by gate and main thread."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._lock = threading.Lock()
        self._stamp: Stamp | None = None
        self._ignored: set[str] = set()
        """What was wrong with files of it, as reported last."""
        self.names: Mapping[bytes, str] = {}
        """Each listed key (Z85) with the name of its client, as read last."""
        self.problem = ""
        """Why the list could not be read the last time; then nobody is listed."""

    def read(self) -> Mapping[bytes, str]:
        """Return each listed key (Z85) with the name of its client."""
        with self._lock:
            try:
                stamp = self._keys.stamp()
                if stamp != self._stamp:
                    clients = self._keys.clients()
                    self.names = {each.public: each.name for each in clients if each.public}
                    self._stamp = stamp
                    ignored = {each.problem for each in clients if each.problem}
                    # A file may come between the stamp and the list: then both are read twice.
                    for problem in sorted(ignored - self._ignored):
                        log.warning("a key file is ignored: %s", problem)
                    self._ignored = ignored
                self.problem = ""
            except KeyFileError as error:
                if self.problem != str(error):
                    log.warning("all clients are rejected: %s", error)
                self.problem = str(error)
                self._stamp, self.names = None, {}
            return self.names
