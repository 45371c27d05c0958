"""The engine as a service of systemd: what it reports to it, and the unit in examples/."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import DEADLINE, EXAMPLES, RigOnDisk, free_ports, simulated

UNIT = EXAMPLES / "pmv-tui.service"


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, rig: RigOnDisk) -> Iterator[socket.socket]:
    """Listen as systemd does, and name the socket in the engine's environment."""
    path = str(rig.folder / "notify")
    name = path if request.param == "path" else f"@pmv-tui-{uuid.uuid4()}"
    rig.environment["NOTIFY_SOCKET"] = name
    rig.write_config(simulated("left", *free_ports(2)))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(name.replace("@", "\0", 1))
        listener.settimeout(DEADLINE)
        yield listener


def test_systemd_is_reported_that_the_engine_is_ready_and_that_it_ends(
    rig: RigOnDisk, systemd: socket.socket
) -> None:
    with (rig.folder / "serve.err").open("w") as errors:
        engine = subprocess.Popen(
            rig.command("serve", "--plug-all"), env=rig.environment, cwd=rig.folder, stderr=errors
        )
    try:
        ready = systemd.recv(4096).decode().splitlines()
        assert ready == ["READY=1", f"STATUS=serving {rig.config_path}"]
        assert rig.camera("left")["plugged"], "ready is ready: asked at once, it answers"
        engine.send_signal(signal.SIGTERM)
        assert systemd.recv(4096).decode().splitlines()[0] == "STOPPING=1"
        assert engine.wait(DEADLINE) == 0
    finally:
        engine.kill()
        engine.wait()


def test_a_systemd_that_does_not_listen_costs_a_line_in_the_log(rig: RigOnDisk) -> None:
    rig.environment["NOTIFY_SOCKET"] = str(rig.folder / "nobody")
    rig.write_config("")
    with rig.serve():
        rig.says("systemd was not notified of READY=1")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_unit_in_the_examples_is_sound(rig: RigOnDisk) -> None:
    program = Path(sys.executable).with_name("pmv-tui")
    unit = rig.folder / UNIT.name
    text = UNIT.read_text()
    assert "%h/.local/bin/pmv-tui serve" in text
    (own,) = (line for line in text.splitlines() if "%h/" in line)
    assert "One line is yours, ExecStart=" in text
    assert own.startswith("ExecStart=")
    unit.write_text(text.replace("%h/.local/bin/pmv-tui", str(program)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", str(unit)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(rig.folder)},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    # It may complain about units of the machine's, too.
    assert (done.returncode, UNIT.name in done.stderr) == (0, False), done.stderr
