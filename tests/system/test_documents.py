"""The clients that the documents show, run as they are printed but for the ports."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import RigOnDisk, free_ports, simulated, wait_for

PROJECT = Path(__file__).parents[2]


def printed_client(document: str) -> str:
    """Take the first Python block of a document that subscribes to images."""
    blocks: list[str] = re.findall(r"```python\n(.*?)```", (PROJECT / document).read_text(), re.S)
    return next(block for block in blocks if "SUBSCRIBE" in block)


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
