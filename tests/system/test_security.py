"""Who is let in where `[security]` is on: keys, clients and strangers at the real engine."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import zmq

from pmv_tui.client import Key, Subscription, boxes, subscribe, subscribe_all
from pmv_tui.keys import Keys
from tests.support import (
    DEADLINE,
    NUMBERED,
    RigOnDisk,
    free_ports,
    rig_on_disk,
    steady,
    wait_for,
)

ON = "[security]\ncurve = true\n" + NUMBERED

COUNTED = ("messages", "malformed")
"""What a client can bring about at a camera, by the keys of its status."""

QUIET = 0.7
"""Seconds in which a client that were let in would have had several images."""


class Encrypted:
    """A rig with two encrypted cameras, and its keys.

    Attributes
    ----------
    alice, pid : where the rig runs, the key file of a client that is listed, and the engine's id.
    """

    alice: Path
    pid: int

    def __init__(self, rig: RigOnDisk) -> None:
        self.rig = rig
        ports = free_ports(4)
        self.pub, self.pull, self.other_pub, _ = (f"tcp://localhost:{port}" for port in ports)
        left = steady("left", *ports[:2])
        rig.write_config(ON + left + steady("right", *ports[2:]))
        self.keys = Keys(rig.folder / "keys")

    def left(self) -> dict[str, Any]:
        """Ask for the first camera's status."""
        return self.rig.camera("left")

    def events(self) -> str:
        """Return what the engine has reported so far."""
        return self.rig.said()


@pytest.fixture(scope="module")
def encrypted() -> Iterator[Encrypted]:
    """That rig, plugged. Each test has clients of its own beside alice, and counts from then on."""
    with rig_on_disk() as rig:
        encrypted = Encrypted(rig)
        encrypted.alice = encrypted.keys.make_client("alice")
        with rig.serve("--plug-all") as engine:
            encrypted.pid = engine.pid
            yield encrypted


@contextmanager
def following(address: str, key: Path) -> Iterator[list[int]]:
    """Collect sequence numbers in this thread: `more` is asked for by iterating."""
    numbers: list[int] = []
    with subscribe(address, newest=False, timeout=DEADLINE, key=key) as frames:
        numbers.append(next(frames).sequence or 0)
        yield numbers
        until = time.time_ns()
        while (frame := next(frames)).timestamp < until:
            numbers.append(frame.sequence or 0)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "an image is missing"


def gets_nothing(address: str, key: Key | Path | None = None) -> bool:
    """Return whether a client receives no image at all."""
    with subscribe(address, timeout=QUIET, key=key) as frames:
        try:
            next(frames)
        except TimeoutError:
            return True
    return False


def gets_an_image(address: str, key: Path) -> bool:
    """Return whether a client receives an image, however long a busy machine takes."""
    with subscribe(address, timeout=DEADLINE, key=key) as frames:
        return bool(next(frames).timestamp)


def received(frames: Subscription) -> bool:
    """Return whether an image comes within the subscription's own timeout."""
    try:
        return bool(next(frames).timestamp)
    except TimeoutError:
        return False


def turned_away(encrypted: Encrypted, key: Key | None) -> dict[str, Any]:
    """Try to get images and to send boxes; give the status once both was counted."""
    before = encrypted.left()["refused"]
    assert gets_nothing(encrypted.pub, key)
    with boxes(encrypted.pull, key=key) as marks:
        end = time.monotonic() + QUIET
        wait_for(lambda: marks.send(((1, 2), (3, 4))) or time.monotonic() > end, "a while")
        return wait_for(
            lambda: (now := encrypted.left())["refused"] >= before + 2 and now,
            "a refusal at each of its sockets",
        )


def test_a_listed_client_receives_images_and_its_boxes_are_drawn(encrypted: Encrypted) -> None:
    before = encrypted.left()["refused"]
    alice = encrypted.alice
    with (
        subscribe(encrypted.pub, timeout=DEADLINE, key=alice) as frames,
        boxes(encrypted.pull, key=Key.load(alice)) as marks,
    ):
        assert next(frames).image.shape == (72, 96)
        wait_for(lambda: marks.send(((1, 2), (30, 40))), "the connection")
        wait_for(lambda: marks.send(((1, 2), (30, 40))) and encrypted.left()["box"], "its box")
    both = {"left": encrypted.pub, "right": encrypted.other_pub}
    # Half a period is enough whatever their phases: nothing triggers them together.
    with subscribe_all(both, tolerance=0.06, timeout=DEADLINE, key=str(alice)) as pairs:
        assert set(next(pairs)) == {"left", "right"}
    status = encrypted.left()
    assert status["curve"]
    assert status["refused"] == before
    encrypted.rig.says("encrypted, 1 client listed")


def test_over_ipc_a_key_is_asked_for_too(encrypted: Encrypted) -> None:
    before = encrypted.rig.camera("right")
    pub, pull = (f"ipc://{encrypted.rig.folder}/{name}" for name in ("images", "boxes"))
    assert encrypted.rig.ask("addresses", camera="right", pub=pub, pull=pull)["ok"]
    assert gets_an_image(pub, encrypted.alice)
    refused = encrypted.rig.camera("right")["refused"]
    assert gets_nothing(pub)
    wait_for(lambda: encrypted.rig.camera("right")["refused"] > refused, "it to be counted")
    addresses = {"pub": before["pub_address"], "pull": before["pull_address"]}
    assert encrypted.rig.ask("addresses", camera="right", **addresses)["ok"]


def test_strangers_receive_nothing_send_nothing_and_are_counted(encrypted: Encrypted) -> None:
    public, secret = zmq.curve_keypair()
    server, _ = encrypted.keys.server()
    another_rig, _ = zmq.curve_keypair()
    strangers: list[tuple[Key | None, str]] = [
        (Key(public, secret, server), f"its key {public[:8].decode()}… is not listed (127.0.0.1)"),
        (Key(public, secret, another_rig), "it has another rig's key"),
        (None, "it came without a key"),
    ]
    wait_for(lambda: encrypted.left()["clients"] == 0, "listed clients to have left")
    before, others = encrypted.left(), encrypted.rig.camera("right")["refused"]
    for key, reason in strangers:
        status = turned_away(encrypted, key)
        assert status["refused_reason"] == reason
        assert abs(status["refused_at"] - time.time_ns()) < 30e9
        assert status["clients"] == 0
        assert [status[each] for each in COUNTED] == [before[each] for each in COUNTED]
    assert encrypted.rig.camera("right")["refused"] == others
    wait_for(lambda: "rejected" in encrypted.events(), "the event")


def test_a_crowd_of_strangers_is_counted_and_leaves_nothing_behind(encrypted: Encrypted) -> None:
    server, _ = encrypted.keys.server()
    crowd = 300  # of which each takes two open files: often 1024 are allowed
    engine = psutil.Process(encrypted.pid)
    before, events = encrypted.left()["refused"], encrypted.events().count("rejected")
    with (
        subscribe(encrypted.pub, timeout=DEADLINE, key=encrypted.alice) as frames,
        zmq.Context[zmq.Socket[bytes]]() as context,
        ExitStack() as strangers,
    ):
        next(frames)
        encrypted.rig.wait_for_search()
        wait_for(lambda: encrypted.left()["clients"] == 1, "clients from before to have left")
        files = engine.num_fds()
        for number in range(crowd):
            stranger = strangers.enter_context(context.socket(zmq.SUB))
            if number % 2:
                Key(*zmq.curve_keypair(), server).apply(stranger)
            stranger.connect(encrypted.pub)
        wait_for(lambda: encrypted.left()["refused"] >= before + crowd, "all to be rejected")
        assert encrypted.left()["clients"] == 1
        strangers.close()
        wait_for(lambda: engine.num_fds() <= files, "their connections to go")
        now = time.time_ns()
        wait_for(lambda: next(frames).timestamp > now, "images for who is listed")
    assert encrypted.events().count("rejected") <= events + 2, "now and then, not each time"


def test_a_key_is_let_in_as_soon_as_it_is_listed(encrypted: Encrypted) -> None:
    done = encrypted.rig.run_here("keys", "new", "bob", "--json")
    about = json.loads(done.stdout)
    assert gets_an_image(encrypted.pub, Path(about["secret_file"]))


def test_a_key_that_is_removed_is_cut_and_others_go_on(encrypted: Encrypted) -> None:
    alice, carols_key = encrypted.alice, Key.load(encrypted.keys.make_client("carol"))
    with (
        following(encrypted.other_pub, alice),
        subscribe(encrypted.pub, timeout=DEADLINE, key=alice) as alices,
        subscribe(encrypted.pub, timeout=QUIET, key=carols_key) as carols,
    ):
        next(alices)
        wait_for(lambda: received(carols), "an image for carol")
        assert encrypted.rig.run_here("keys", "remove", "carol").returncode == 0
        wait_for(lambda: "no longer listed: carol" in encrypted.events(), "the cut")
        removed = time.time_ns()
        with pytest.raises(TimeoutError):
            wait_for(lambda: next(carols).timestamp > removed, "an image that must not come")
        assert next(alices).timestamp > removed - 1e9
        wait_for(lambda: next(alices).timestamp > removed, "images for who is still listed")
        assert gets_nothing(encrypted.pub, carols_key)


def test_without_a_key_of_its_own_the_rig_plugs_nothing_and_says_what_to_do(
    rig: RigOnDisk,
) -> None:
    encrypted = Encrypted(rig)
    checked = rig.run_here("check")
    assert checked.returncode == 2
    assert "pmv-tui keys server makes it" in checked.stderr
    with rig.serve():
        plugged = rig.run_here("plug", "left")
        assert plugged.returncode == 1
        assert "pmv-tui keys server makes it" in plugged.stdout
        assert not encrypted.left()["plugged"]
        assert rig.run_here("keys", "server").returncode == 0
        assert rig.run_here("plug", "left").returncode == 0
        rig.run_here("unplug", "left")
        encrypted.keys.server_secret.chmod(0o644)
        assert "chmod 600" in rig.run_here("plug", "left").stdout
    assert rig.run_here("check").returncode == 2


def test_a_list_that_others_can_change_lets_nobody_in(encrypted: Encrypted) -> None:
    encrypted.keys.clients_folder.chmod(0o777)
    assert gets_nothing(encrypted.pub, encrypted.alice)
    assert "can be written to by others" in encrypted.left()["refused_reason"]
    encrypted.keys.clients_folder.chmod(0o700)
    assert gets_an_image(encrypted.pub, encrypted.alice)


def test_probe_takes_a_key_and_says_why_it_is_not_let_in(encrypted: Encrypted) -> None:
    file = encrypted.rig.folder / "dave.key_secret"
    encrypted.keys.make_client("dave").rename(file)
    encrypted.keys.remove_client("dave")
    probe = ("probe", encrypted.pub, "--seconds", "2")
    for options, words in (
        (("--key", str(encrypted.alice)), "96x72"),
        ((), "accepts only clients with a key; give it with --key"),
        (("--key", str(file)), "does not list this key"),
    ):
        assert words in encrypted.rig.run_here(*probe, *options).stdout
    nowhere = encrypted.rig.run_here(*probe, "--key", "nowhere")
    assert (nowhere.returncode, nowhere.stderr) == (
        2,
        "pmv-tui: nowhere: No such file or directory\n",
    )


def test_no_secret_is_printed_logged_or_reported(encrypted: Encrypted) -> None:
    secrets = [Key.load(encrypted.alice).secret.decode(), encrypted.keys.server()[1].decode()]
    assert gets_nothing(encrypted.pub)
    texts = [
        encrypted.rig.run_here(*command.split()).stdout
        for command in (
            "status --json",
            "status",
            "keys list",
            "keys list --json",
            "keys server",
            "keys new erin",
            "plug all --json",
            "check --json",
        )
    ]
    logs = [path.read_text() for path in encrypted.rig.folder.glob("state/pmv-tui/*/engine.log")]
    for text in (*texts, *logs, encrypted.events()):
        assert text
        assert not [secret for secret in secrets if secret in text]
