"""The client library on a machine that has only pyzmq, msgpack and numpy."""

import shutil
import subprocess
import sys
from pathlib import Path

import pmv_tui

# Only what is copied and these may be imported; what is part of Python may, too.
SCRIPT = """
import sys

class OnlyThese:
    allowed = {"zmq", "msgpack", "numpy", "pmv_tui", *sys.stdlib_module_names}

    def find_spec(self, name, path=None, target=None):
        # `_` and `.`: pyzmq looks for cffi's module, and a part of a package is its own.
        if name.partition(".")[0] not in self.allowed:
            raise ModuleNotFoundError(f"not here: {name}", name=name)

sys.meta_path.insert(0, OnlyThese())
sys.path.insert(0, sys.argv[1])
from pmv_tui.client import boxes, subscribe
assert sys.modules["pmv_tui"].__file__.startswith(sys.argv[1])
try:
    with subscribe("tcp://localhost:1", timeout=0.01) as frames, boxes("tcp://localhost:1") as out:
        out.send(((1, 2), (3, 4)))
        next(frames)
except TimeoutError as error:
    print(error)
"""


def test_it_needs_only_pyzmq_msgpack_and_numpy(tmp_path: Path) -> None:
    package, copy = Path(pmv_tui.__file__).parent, tmp_path / "pmv_tui"
    shutil.copytree(package / "client", copy / "client")
    for name in ("__init__.py", "curve.py", "protocol.py"):
        shutil.copy(package / name, copy)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.startswith("no image from tcp://localhost:1 within 0.01 s")
