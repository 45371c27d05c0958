"""The TUI within tmux, where most rigs are looked at."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support import NUMBERED, RigOnDisk, free_ports, steady, wait_for
from tests.system.counting import counting

pytestmark = pytest.mark.skipif(
    shutil.which("tmux") is None, reason="tmux is not installed: apt-get install tmux"
)


class Tmux:
    """A tmux server of its own, with one window that runs the TUI."""

    def __init__(self, rig: RigOnDisk) -> None:
        self._rig = rig
        self._socket = str(rig.folder / "tmux")
        bare = [sys.executable, "-m", "pmv_tui", "--config", str(rig.config_path)]
        self.command(
            "-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", shlex.join(bare)
        )

    def command(self, *words: str) -> str:
        """Send tmux a command; return its answer."""
        return subprocess.run(
            ["tmux", "-S", self._socket, *words],
            env=self._rig.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def shows(self, *words: str) -> str:
        """Wait until all the words are on the screen; give the screen."""

        def found() -> str:
            screen = self.command("capture-pane", "-p")
            return screen if all(word in screen for word in words) else ""

        return wait_for(found, f"{words} on the screen")

    def end(self) -> None:
        """End the server, if it is still there."""
        subprocess.run(
            ["tmux", "-S", self._socket, "kill-server"], capture_output=True, check=False
        )


@pytest.fixture
def tmux(rig: RigOnDisk) -> Iterator[Tmux]:
    """Run the TUI in tmux, on an engine of its own."""
    rig.write_config(NUMBERED + steady("left", *free_ports(2)))
    tmux = Tmux(rig)
    yield tmux
    tmux.end()


def test_keys_colours_and_sizes_reach_a_tui_in_tmux(tmux: Tmux) -> None:
    tmux.shows("0 of 1 plugged", "capturing")
    tmux.command("send-keys", "p")
    tmux.shows("1 of 1 plugged")
    tmux.command("resize-window", "-x", "200", "-y", "50")
    tmux.shows("1 of 1 plugged", "left-simulated")
    tmux.command("resize-window", "-x", "40", "-y", "12")
    tmux.shows("left", "capturing")
    tmux.command("resize-window", "-x", "80", "-y", "24")
    assert tmux.shows("1 of 1 plugged", "state").count("1 of 1 plugged") == 1


def test_a_picture_in_a_tmux_without_images_is_blocks_and_its_title_stays(tmux: Tmux) -> None:
    tmux.shows("0 of 1 plugged", "capturing")
    title = tmux.command("display-message", "-p", "#{pane_title}")
    tmux.command("send-keys", "v")
    tmux.shows("▀")
    # What tmux answers is no key either.
    tmux.command("send-keys", "?")
    tmux.shows("Keys")
    tmux.command("send-keys", "/", "has no pixels", "Enter")
    tmux.shows("Blocks: tmux", "answers that it has no pixels")
    assert tmux.command("display-message", "-p", "#{pane_title}") == title


def test_an_engine_goes_on_when_the_tmux_session_is_killed(rig: RigOnDisk, tmux: Tmux) -> None:
    tmux.shows("0 of 1 plugged", "capturing")
    tmux.command("send-keys", "p")
    tmux.shows("1 of 1 plugged")
    pub = int(rig.camera("left")["pub_address"].rpartition(":")[2])
    with counting(pub):
        tmux.command("kill-server")
        wait_for(lambda: not rig.status()["engine"]["operators"], "the TUI to have left")
