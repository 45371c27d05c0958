"""The clients that the documents show, run as they are printed but for the ports."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pmv_tui.keys import Keys
from tests.support import DEADLINE, RigOnDisk, free_ports, rig_on_disk, simulated, wait_for

PROJECT = Path(__file__).parents[2]


def python_blocks(document: str) -> list[str]:
    """Take the Python blocks of a document."""
    return re.findall(r"```python\n(.*?)```", (PROJECT / document).read_text(), re.S)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[RigOnDisk, list[int]]]:
    """A rig that runs, and the two ports of its camera."""
    ports = free_ports(2)
    with rig_on_disk() as rig:
        rig.write_config(simulated("left", *ports))
        with rig.serve("--plug", "left"):
            yield rig, ports


@pytest.mark.parametrize(
    ("document", "word"),
    [
        ("README.md", "SUBSCRIBE"),
        ("README.md", "boxes("),
        ("docs/protocol.md", "DRAW_BOX"),
        ("docs/client.md", "boxes("),
    ],
)
def test_the_printed_client_receives_images_and_answers_them(
    served: tuple[RigOnDisk, list[int]], document: str, word: str
) -> None:
    rig, (pub, pull) = served
    code = next(block for block in python_blocks(document) if "import" in block and word in block)
    code = code.replace("5555", str(pub)).replace("5556", str(pull))
    before = rig.camera("left")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(
                lambda: rig.camera("left")["published"] > before["published"] + 20,
                "images to be published",
            )
            assert process.poll() is None, "the client runs"
            if word != "SUBSCRIBE":
                wait_for(lambda: rig.camera("left")["messages"] > before["messages"], "its box")
                wait_for(lambda: rig.camera("left")["box"], "its box to be drawn")
                assert "TIMESTAMP" in code or "frame=frame" in code
                assert rig.camera("left")["malformed"] == 0
                assert rig.camera("left")["answer_p50_ms"] > 0
        finally:
            process.kill()


def test_the_printed_clients_with_a_key_receive_images(rig: RigOnDisk) -> None:
    pub, pull = free_ports(2)
    rig.write_config("[security]\ncurve = true\n" + simulated("left", pub, pull))
    keys = Keys(rig.folder / "keys")
    shutil.copy(keys.make_client("alice"), rig.folder)
    shutil.copy(keys.server_public, rig.folder)
    bare, ours = (
        next(block for block in python_blocks(document) if "alice.key_secret" in block)
        for document in ("docs/protocol.md", "docs/security.md")
    )
    with rig.serve("--plug", "left"):
        for code in (bare, ours.rstrip() + "\n    break\n"):
            done = subprocess.run(
                [sys.executable, "-c", code.replace("5555", str(pub))],
                cwd=rig.folder,
                env={**rig.environment, "PYTHONWARNINGS": "default"},
                capture_output=True,
                text=True,
                timeout=DEADLINE,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            assert done.stdout
        assert rig.camera("left")["refused"] == 0
