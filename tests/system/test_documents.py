"""The clients that the documents show, run as they are printed but for the ports."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pmv_tui.keys import Keys
from tests.support import DEADLINE, RigOnDisk, free_ports, simulated, wait_for

PROJECT = Path(__file__).parents[2]


def printed_client(document: str) -> str:
    """Take the first Python block of a document that subscribes to images."""
    return next(block for block in python_blocks(document) if "SUBSCRIBE" in block)


def python_blocks(document: str) -> list[str]:
    """Take the Python blocks of a document."""
    return re.findall(r"```python\n(.*?)```", (PROJECT / document).read_text(), re.S)


@pytest.mark.parametrize("document", ["README.md", "docs/protocol.md"])
def test_the_printed_client_receives_images(rig: RigOnDisk, document: str) -> None:
    pub, pull = free_ports(2)
    rig.write_config(simulated("left", pub, pull))
    client = rig.folder / "client.py"
    code = printed_client(document).replace("5555", str(pub)).replace("5556", str(pull))
    client.write_text(code)
    with rig.serve("--plug", "left"):
        process = subprocess.Popen([sys.executable, str(client)], stdout=subprocess.DEVNULL)
        try:
            wait_for(lambda: rig.camera("left")["published"] > 20, "images to be published")
            assert process.poll() is None, "the client runs"
            if "DRAW_BOX" in code:
                wait_for(lambda: rig.camera("left")["box"], "its box")
        finally:
            process.kill()
            process.wait()


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
