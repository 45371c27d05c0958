"""A person at a terminal, from the first screen to the last: the real TUI, engine and clients."""

import socket

import zmq

from tests.support import RigOnDisk, free_ports, simulated, wait_for
from tests.system.sockets import port_is_free, receive_image
from tests.system.terminal import TerminalTui

ESCAPE = "\x1b"
ENTER = "\r"
BACKSPACE = "\x7f"
TO_END_OF_FIELD = "\x1b[F"
DELETE_TO_START = "\x15"


def retype(tui: TerminalTui, text: str) -> None:
    """Replace what stands in a field, all at once, as a slow line delivers it."""
    tui.press(f"{TO_END_OF_FIELD}{DELETE_TO_START}x{BACKSPACE}{text}")


def two_cameras(rig: RigOnDisk) -> list[int]:
    """Write a config with a left and a right camera; give their ports."""
    ports = free_ports(4)
    rig.write_config(simulated("left", *ports[:2]) + simulated("right", *ports[2:]))
    return ports


def test_cameras_appear_one_is_plugged_and_a_client_gets_images(rig: RigOnDisk) -> None:
    pub = two_cameras(rig)[0]
    with TerminalTui(rig) as tui:
        tui.shows("left", "right", "capturing", "unplugged", "0 of 2 plugged")
        tui.resize(3, 10)  # And back before the program looks: it cuts off what was drawn.
        tui.resize(80, 24)
        tui.shows("left", "right", "capturing", "unplugged", "0 of 2 plugged", "q quit")
        tui.press("p")
        tui.shows("1 of 2 plugged", f"tcp://localhost:{pub}")
        assert receive_image(pub)["unique_id"] == "left-simulated"
        tui.press(" ")
        tui.shows("paused")
        tui.press(" p")
        tui.shows("0 of 2 plugged")
        wait_for(lambda: port_is_free(pub), "the port to be free")


def test_a_port_in_use_stays_visible_in_the_row(rig: RigOnDisk) -> None:
    pub = two_cameras(rig)[0]
    with TerminalTui(rig) as tui, socket.socket() as other:
        other.bind(("127.0.0.1", pub))
        other.listen()
        tui.shows("0 of 2 plugged")
        tui.press("p")
        tui.shows("failed", "in use by")
        other.close()
        tui.press("p")
        tui.shows("1 of 2 plugged")


def test_an_edited_address_moves_the_socket_and_the_file(rig: RigOnDisk) -> None:
    pub, pull, _, other_pull = two_cameras(rig)
    new_pub = free_ports(1)[0]
    with TerminalTui(rig) as tui:
        tui.shows("0 of 2 plugged")
        tui.press("p")
        tui.shows("1 of 2 plugged")
        tui.press("e")
        tui.shows("Addresses of left", f"tcp://localhost:{pub}", f"tcp://localhost:{pull}")
        retype(tui, f"tcp://localhost:{other_pull}")
        tui.shows("right has it as its pull address")
        tui.press(ENTER)
        retype(tui, "tcp://localhost:99999")
        tui.shows("65535")
        retype(tui, f"tcp://localhost:{new_pub}")
        tui.shows(f"tcp://localhost:{new_pub}")
        tui.press(ENTER)
        wait_for(lambda: str(new_pub) in rig.config_path.read_text(), "the file to be saved")
        receive_image(new_pub)
        assert port_is_free(pub)

        before = rig.config_path.read_text()
        tui.shows("1 of 2 plugged")
        tui.press("e")
        tui.shows("Addresses of left")
        retype(tui, "tcp://localhost:1")
        tui.press(ESCAPE)
        receive_image(new_pub)
        assert rig.config_path.read_text() == before


def test_leaving_detaches_or_stops_as_one_chooses(rig: RigOnDisk) -> None:
    pub = two_cameras(rig)[0]
    with TerminalTui(rig) as tui:
        tui.shows("0 of 2 plugged")
        tui.press("p")
        tui.shows("1 of 2 plugged")
        tui.press("q")
        tui.shows("Detach", "Stop", "Cancel")
        tui.press(ESCAPE)
        tui.shows("1 of 2 plugged", "space")
        tui.press("q")
        tui.shows("Detach")
        tui.press("d")
        assert tui.ended() == 0
    receive_image(pub)
    with TerminalTui(rig) as tui:
        tui.shows("1 of 2 plugged")
        tui.press("q")
        tui.shows("Detach")
        tui.press("s")
        assert tui.ended() == 0
    assert "no engine runs" in rig.run_here("status").stderr
    assert port_is_free(pub)


def test_the_log_says_who_came_and_what_a_client_sent_wrongly(rig: RigOnDisk) -> None:
    pub, pull, *_ = two_cameras(rig)
    with TerminalTui(rig) as tui:
        tui.shows("2 plugged", "capturing")
        tui.press("p")
        tui.shows("1 of 2 plugged")
        receive_image(pub)
        with zmq.Context() as context, context.socket(zmq.PUSH) as push:
            push.connect(f"tcp://localhost:{pull}")
            push.send(b"no map")
            tui.press("l")
            tui.shows(
                "Log: all cameras", "right   capturing", "client connected", "malformed message"
            )
        tui.press("fe")
        tui.shows("Log: left, warnings and errors", "malformed message")
        wait_for(lambda: "publishes at" not in tui.text(), "the rest to be left out")
        tui.press("e")
        tui.shows("publishes at")
        tui.press("/publ")
        tui.shows("Log: left, /publ", "publishes at", "1 of")
        tui.press(ENTER)
        tui.shows("f camera")
        tui.press("l")
        tui.shows("1 of 2 plugged")


def test_a_broken_config_is_reported_before_the_screen_is_touched(rig: RigOnDisk) -> None:
    rig.write_config("[[cameras]]\nunique_id = 'left'\n")
    with TerminalTui(rig) as tui:
        assert tui.ended() == 2
        assert "<serial>-<backend>" in tui.text().replace("\n", " ")
