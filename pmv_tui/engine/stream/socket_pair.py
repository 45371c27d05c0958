"""The two sockets of a plugged camera: bound as a pair or not at all, moved, released."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import zmq

from pmv_tui.config.addresses import Address
from pmv_tui.engine.clients.gate import Door, Refusals
from pmv_tui.engine.clients.guard import Guard
from pmv_tui.engine.stream.overlays import Overlays
from pmv_tui.engine.stream.publisher import Publisher
from pmv_tui.engine.stream.receiver import Receiver, ReceiverError
from pmv_tui.engine.stream.sockets import BindError, BoundSocket, release_all
from pmv_tui.threads import InOrder, Renewed

ERROR_SHOWN = 60.0
"""Seconds for which a refused edit is shown, where the sockets stayed bound."""


_disk = InOrder("socket files")


class SocketPair:
    """One camera's way out and in, while it is plugged. Used by the main thread.

    Parameters
    ----------
    context : the engine's.
    publisher : publishes at the one.
    receiver, overlays : receive at the other.
    guard : watches who is connected.
    door : lets clients in; None: whoever comes.

    Attributes
    ----------
    error : why the last plug or edit of addresses failed; empty after one that worked, and some
        time after a refused edit of sockets that stayed bound.
    """

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        publisher: Publisher,
        receiver: Receiver,
        overlays: Overlays,
        *,
        guard: Guard,
        door: Door | None,
    ) -> None:
        self._context = context
        self._publisher = publisher
        self._receiver = receiver
        self._overlays = overlays
        self._guard = guard
        self.door = door
        self._pub: BoundSocket | None = None
        self._pull: BoundSocket | None = None
        self._cut = Refusals()
        """Clients that were cut at sockets which are no longer bound."""
        self._files = Renewed(self._lost, _disk.submit)
        self.error = ""
        self._failed_at = 0.0

    def look(self) -> None:
        """Report a socket's file that is gone; forget an edit that was refused, after a while.

        Where the sockets stayed bound, nothing is wrong then.
        """
        gone = self._files.renew() if self._over_ipc else None
        lost = next((each for each in (self._pub, self._pull) if each and each is gone), None)
        if lost:
            self.error, self._failed_at = _without_file(lost.address), time.monotonic()
        elif self.error and self.bound and time.monotonic() > self._failed_at + ERROR_SHOWN:
            self.error = ""

    @property
    def _over_ipc(self) -> bool:
        return any(each is not None and each.address.path for each in (self._pub, self._pull))

    def _lost(self) -> BoundSocket | None:
        """Return the socket whose file is gone; waits for the disk."""
        return next((each for each in (self._pub, self._pull) if each and each.lost), None)

    @property
    def bound(self) -> bool:
        """Whether both sockets are bound."""
        return self._publisher.plugged

    @property
    def refusals(self) -> Refusals:
        """The clients that were rejected, or cut."""
        refusals = self._cut + (self.door.refusals if self.door else Refusals())
        for bound in (self._pub, self._pull):
            if bound is not None:
                refusals += bound.connections.refusals
        return refusals

    def bind(self, pub: Address, pull: Address) -> None:
        """Bind both sockets, or none.

        Raises
        ------
        BindError : one cannot be bound; `error` keeps why.
        """
        self._publisher.paused = False
        with self._keeping_why():
            self._bind(pub, pull)

    def release(self) -> None:
        """Release both sockets; the ports are free when this returns.

        Raises
        ------
        ReceiverError : the receiving one is not given back: both stay bound.
        """
        release_all(self.detach())

    def detach(self) -> list[BoundSocket]:
        """Take both sockets out of use; to release them is the caller's, in whichever thread.

        Raises
        ------
        ReceiverError : see `release`.
        """
        former = [self._receiver.swap(self._overlays, None), self._publisher.swap(None)]
        self._publisher.local.close()
        self._cut = sum(
            (bound.connections.refusals for bound in former if bound is not None), self._cut
        )
        self._pub = self._pull = None
        if self.door is not None:
            self.door.let_in.clear()
        self._overlays.clear()
        self._publisher.paused = False
        self.error = ""
        return [bound for bound in former if bound is not None]

    def move(self, pub: Address, pull: Address) -> None:
        """Bind sockets that are bound elsewhere; one whose address stays keeps its clients.

        Raises
        ------
        BindError : a new address cannot be bound; the old sockets are bound as before.
        """
        old_pub, old_pull = self._addresses
        with self._keeping_why():
            if _needs_own_port(pub, pull, old_pub, old_pull):
                self._move_over(pub, pull)
            else:
                self._bind(pub if pub != old_pub else None, pull if pull != old_pull else None)

    def bind_anew(self) -> None:
        """Cut every client of sockets that are bound; those still listed connect again.

        ZeroMQ cannot cut a single one.

        Raises
        ------
        BindError : the addresses were taken in that moment; neither is bound any more.
        """
        with self._keeping_why():
            self._move_over(*self._addresses)

    @property
    def addresses(self) -> tuple[Address, Address] | None:
        """Where both are bound; None where they are not."""
        if self._pub is None or self._pull is None:
            return None
        return self._pub.address, self._pull.address

    @property
    def _addresses(self) -> tuple[Address, Address]:
        if self.addresses is None:
            raise RuntimeError("no sockets are bound")
        return self.addresses

    def _move_over(self, pub: Address, pull: Address) -> None:
        old, paused = self._addresses, self._publisher.paused
        try:
            self.release()
        except ReceiverError as error:
            raise BindError(str(error)) from None
        try:
            self._bind(pub, pull)
        except BindError:
            self._bind(*old)
            raise
        finally:
            self._publisher.paused = paused

    @contextmanager
    def _keeping_why(self) -> Iterator[None]:
        """Keep a failure's text for the status until a later try works."""
        try:
            yield
        except BindError as error:
            self.error, self._failed_at = str(error), time.monotonic()
            raise
        self.error = ""

    def _bind(self, pub: Address | None, pull: Address | None) -> None:
        """Bind what is given; only when all of it is bound do the former sockets go."""
        bound_pub = bound_pull = None
        try:
            if pub is not None:
                bound_pub = BoundSocket(self._context, zmq.XPUB, pub, self._guard, self.door)
            if pull is not None:
                bound_pull = BoundSocket(self._context, zmq.PULL, pull, self._guard, self.door)
                self._receive_at(bound_pull)
        except (BindError, ReceiverError) as error:
            for bound in (bound_pub, bound_pull):
                if bound is not None:
                    bound.release()
            raise error if isinstance(error, BindError) else BindError(str(error)) from None
        if bound_pub is not None:
            self._publish_at(bound_pub)

    def _publish_at(self, bound: BoundSocket | None) -> None:
        self._publisher.local.close()
        former = self._publisher.swap(bound)
        self._pub = bound
        self._let_go(former)
        # Who may read is decided by a client's key, where the rig has a list of them.
        if bound is not None and self.door is None:
            self._publisher.local.open(bound.numeric)

    def _receive_at(self, bound: BoundSocket | None) -> None:
        former = self._receiver.swap(self._overlays, bound)
        self._pull = bound
        self._let_go(former)

    def _let_go(self, former: BoundSocket | None) -> None:
        if former is not None:
            former.release()
            self._cut += former.connections.refusals


def _without_file(address: Address) -> str:
    return (
        f"{address}: its file is gone; who is connected goes on, and nobody new can connect: "
        "unplug the camera, and plug it again"
    )


def _needs_own_port(pub: Address, pull: Address, old_pub: Address, old_pull: Address) -> bool:
    """Return whether a new address can only be bound once an old socket is gone."""
    return (
        (pub != old_pub and pub.collides(old_pub))
        or (pull != old_pull and pull.collides(old_pull))
        or pub.collides(old_pull)
        or pull.collides(old_pub)
    )
