"""A camera's two sockets together: what is shown of an edit that was refused, and for how long."""

import socket

import pytest
import zmq

from pmv_tui.config.addresses import Address
from pmv_tui.config.schema import OverlayConfig, SocketConfig
from pmv_tui.engine.clients.guard import Guard
from pmv_tui.engine.stream import socket_pair
from pmv_tui.engine.stream.local_road import LocalRoads
from pmv_tui.engine.stream.overlays import Overlays
from pmv_tui.engine.stream.publisher import Publisher
from pmv_tui.engine.stream.receiver import Receiver
from pmv_tui.engine.stream.socket_pair import SocketPair
from pmv_tui.engine.stream.sockets import BindError
from pmv_tui.frames.pool import Pool
from tests.support import free_ports


def test_a_refused_edit_is_reported_for_a_while_and_a_failed_plug_until_one_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    guard, receiver = Guard(), Receiver(pull_rate=200)
    guard.start()
    receiver.start()
    pub, pull = (Address("localhost", port) for port in free_ports(2))
    with zmq.Context[zmq.Socket[bytes]]() as context, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = Address("localhost", other.getsockname()[1])
        local = LocalRoads().add("left-simulated", Pool(), str)
        publisher = Publisher("left-simulated", SocketConfig(), local)
        overlays = Overlays(OverlayConfig(), lambda: (640, 480))
        pair = SocketPair(context, publisher, receiver, overlays, guard=guard, door=None)
        with pytest.raises(BindError):
            pair.bind(pub, taken)
        monkeypatch.setattr(socket_pair, "ERROR_SHOWN", 0.0)
        pair.look()
        assert "in use" in pair.error, "it is not plugged"
        pair.bind(pub, pull)
        assert pair.error == ""

        monkeypatch.setattr(socket_pair, "ERROR_SHOWN", 1e9)
        with pytest.raises(BindError):
            pair.move(pub, taken)
        pair.look()
        assert "in use" in pair.error
        monkeypatch.setattr(socket_pair, "ERROR_SHOWN", -1.0)
        pair.look()
        assert pair.error == "", "its old addresses are in use, and nothing is wrong"
        pair.release()
    receiver.stop()
    guard.stop()
