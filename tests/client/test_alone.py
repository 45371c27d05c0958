"""The client library alone, as it is installed on a machine that only runs scripts."""

import json
import subprocess
import sys
import venv
from importlib.metadata import distribution
from pathlib import Path

import pytest
import zmq

from pmv_tui.wire.overlay import Box, parse_overlay
from tests.client.publisher import Publisher
from tests.support import DEADLINE

CLIENT = Path(__file__).parents[2] / "client"
NEEDED = {"msgpack", "numpy", "pyzmq"}

SCRIPT = """
import sys, time
from pmv_tui.client import boxes, subscribe

with subscribe(sys.argv[1], timeout=20) as frames, boxes(sys.argv[2]) as marks:
    print("subscribed", flush=True)
    frame = next(frames)
    left, top = frame.image.shape
    while not marks.send(((left, top), (90, 80)), frame=frame):
        time.sleep(0.01)
    input()
"""

INSTALLED = """
import json
from importlib.metadata import distributions
print(json.dumps([each.name for each in distributions()]))
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an environment with the client and what it says that it needs; give its Python.

    pip gets no network: were anything else needed, it would fail.
    """
    folder = tmp_path_factory.mktemp("machine")
    venv.create(folder)
    python = folder / "bin" / "python"
    place = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    for name in NEEDED:
        lend(name, place)
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", str(python), "install", "--no-index"),
            *("--quiet", "--disable-pip-version-check", str(CLIENT)),
        ],
        check=True,
    )
    return python


def lend(name: str, place: Path) -> None:
    """Let an environment have a distribution that this one has."""
    files = distribution(name).files or []
    for top in {file.parts[0] for file in files if file.parts[0] not in ("..", "__pycache__")}:
        (place / top).symlink_to(Path(str(distribution(name).locate_file(top))))


def test_it_is_installed_with_three_packages_and_no_others(machine: Path) -> None:
    done = subprocess.run(
        [machine, "-I", "-c", INSTALLED], capture_output=True, text=True, check=True
    )
    assert sorted(json.loads(done.stdout)) == sorted([*NEEDED, "pmv-tui-client"])


def test_a_script_gets_images_and_sends_boxes(machine: Path, publisher: Publisher) -> None:
    with zmq.Context[zmq.Socket[bytes]]() as context, context.socket(zmq.PULL) as pull:
        port = pull.bind_to_random_port("tcp://127.0.0.1")
        with subprocess.Popen(
            [
                *(str(machine), "-I", "-W", "error", "-c", SCRIPT),
                *(publisher.address, f"tcp://localhost:{port}"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as script:
            assert script.stdout is not None
            assert script.stdout.readline() == "subscribed\n"
            publisher.await_client()
            publisher.send(timestamp=1_700_000_000_123_456_789)
            assert pull.poll(int(1000 * DEADLINE)), "no box"
            message = parse_overlay(pull.recv())
            assert message.boxes == (Box((3, 4), (90, 80)),)
            assert message.timestamp == 1_700_000_000_123_456_789
            _, said = script.communicate("\n", DEADLINE)
            assert (script.returncode, said) == (0, "")
