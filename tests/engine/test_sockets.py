"""Binding and releasing real sockets on loopback."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import zmq

from pmv_tui.config.addresses import Address
from pmv_tui.engine.clients.guard import Guard
from pmv_tui.engine.stream.sockets import BindError, BoundSocket
from tests.raw_zmtp import raw_peer
from tests.support import free_ports, has_ipv6, wait_for

Context = zmq.Context[zmq.Socket[bytes]]


@pytest.fixture
def guard() -> Iterator[Guard]:
    guard = Guard()
    guard.start()
    yield guard
    guard.stop()


@pytest.fixture
def context() -> Iterator[Context]:
    context = zmq.Context[zmq.Socket[bytes]]()
    yield context
    context.term()


def test_a_released_address_can_be_bound_at_once_a_hundred_times(
    context: Context, guard: Guard
) -> None:
    address = Address("localhost", free_ports(1)[0])
    for _ in range(100):
        BoundSocket(context, zmq.XPUB, address, guard).release()
        listener = socket.socket()
        listener.bind(("127.0.0.1", address.port))
        listener.close()


def test_a_port_in_use_is_refused_and_it_is_reported_which(context: Context, guard: Guard) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = Address("localhost", other.getsockname()[1])
        with pytest.raises(BindError, match=rf"{address} is in use by another program") as refused:
            BoundSocket(context, zmq.PULL, address, guard)
        assert refused.value.taken == address  # of whom the engine asks who has it


def test_an_interface_that_is_not_there_is_named(context: Context, guard: Guard) -> None:
    address = Address("192.0.2.1", free_ports(1)[0])
    with pytest.raises(BindError, match=r"no interface '192\.0\.2\.1'"):
        BoundSocket(context, zmq.XPUB, address, guard)


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
def test_ipv6_loopback_can_be_bound(context: Context, guard: Guard) -> None:
    address = Address("[::1]", free_ports(1)[0])
    BoundSocket(context, zmq.XPUB, address, guard).release()


def test_a_failed_bind_leaves_no_descriptor_behind(context: Context, guard: Guard) -> None:
    taken = BoundSocket(context, zmq.XPUB, Address("localhost", free_ports(1)[0]), guard)

    def attempt() -> None:
        with pytest.raises(BindError):
            BoundSocket(context, zmq.XPUB, taken.address, guard)

    attempt()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counted, not used as paths
    for _ in range(20):
        attempt()
    # The reaper closes in the background.
    wait_for(lambda: len(os.listdir("/proc/self/fd")) <= before, "all to be closed")  # noqa: PTH208
    taken.release()


@pytest.mark.parametrize("kind", [zmq.XPUB, zmq.PULL])
def test_the_kernel_finds_out_within_two_minutes_that_a_clients_machine_is_gone(
    context: Context, guard: Guard, kind: int
) -> None:
    bound = BoundSocket(context, kind, Address("localhost", free_ports(1)[0]), guard)
    with (
        raw_peer(bound.address.port, b"SUB" if kind == zmq.XPUB else b"PUSH") as client,
        accepted_from(client) as connection,
    ):
        on = connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        idle, interval, count = (
            connection.getsockopt(socket.IPPROTO_TCP, option)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        )
    bound.release()
    assert on
    assert idle + interval * count <= 120


def test_an_ipc_address_is_a_file_for_this_user_alone_and_gone_when_it_is_released(
    context: Context, guard: Guard, tmp_path: Path
) -> None:
    path = tmp_path / "left"
    for _ in range(10):
        bound = BoundSocket(context, zmq.XPUB, Address.parse(f"ipc://{path}"), guard)
        assert stat.filemode(path.lstat().st_mode) == "srw-------"
        bound.release()
        assert not path.exists()


def test_only_a_file_at_which_nobody_listens_is_replaced(
    context: Context, guard: Guard, tmp_path: Path
) -> None:
    address = Address.parse(f"ipc://{tmp_path}/left")

    def attempt(words: str) -> None:
        with pytest.raises(BindError, match=words):
            BoundSocket(context, zmq.PULL, address, guard)

    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_UNIX, kind) as other:
            other.bind(address.path)
            if kind != socket.SOCK_DGRAM:
                other.listen(0)
            before = os.lstat(address.path)
            attempt("is in use by another program")
            assert os.path.samestat(before, os.lstat(address.path))
        BoundSocket(context, zmq.PULL, address, guard).release()  # left by the other
    Path(address.path).write_text("notes")
    attempt("a file that is no socket, and is left as it is")
    assert Path(address.path).read_text() == "notes"


def test_a_file_that_another_program_put_in_its_place_is_left(
    context: Context, guard: Guard, tmp_path: Path
) -> None:
    path = tmp_path / "left"
    bound = BoundSocket(context, zmq.PULL, Address.parse(f"ipc://{path}"), guard)
    path.unlink()
    path.write_text("notes")
    bound.release()
    assert path.read_text() == "notes"


def test_a_folder_in_which_no_file_can_be_made_or_trusted_is_refused(
    context: Context, guard: Guard, tmp_path: Path
) -> None:
    folder = tmp_path / "sockets"
    address = Address.parse(f"ipc://{folder}/left")

    def attempt(words: str) -> None:
        with pytest.raises(BindError, match=words):
            BoundSocket(context, zmq.PULL, address, guard)

    attempt(f"there is no folder {folder}; make it")
    folder.write_text("")
    attempt(f"{folder} is not a folder")
    folder.unlink()
    folder.mkdir()
    folder.chmod(0o777)
    attempt(f"others can write to {folder}.*chmod go-w")
    folder.chmod(0o1777)  # as /tmp is
    BoundSocket(context, zmq.PULL, address, guard).release()
    folder.chmod(0o500)
    if os.getuid():
        attempt(f"{folder} cannot be written to")


@contextmanager
def accepted_from(client: socket.socket) -> Iterator[socket.socket]:
    """Find this process' own end of a connection that ZeroMQ accepted."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - numbers, not paths
        with suppress(OSError), socket.socket(fileno=os.dup(int(name))) as one:
            if one.getpeername() == client.getsockname():
                yield one
                return
    raise AssertionError("the other end is not in this process")
