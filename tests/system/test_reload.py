"""A config file that was edited by hand is taken over while the engine runs."""

import json

from tests.support import NUMBERED, STEADY_FPS, RigOnDisk, free_ports, steady, wait_for
from tests.system.counting import counting
from tests.system.sockets import port_is_free, receive_image
from tests.system.terminal import TerminalTui


def reloaded(rig: RigOnDisk) -> dict[str, str]:
    """Reload; give what is said, by camera."""
    done = rig.run_here("reload", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return {result["camera"]: result["text"] for result in json.loads(done.stdout)}


def test_what_differs_is_taken_over_and_what_does_not_loses_no_image(rig: RigOnDisk) -> None:
    ports = free_ports(8)
    left, right = steady("left", *ports[:2]), steady("right", *ports[2:4])
    gone, new = steady("gone", *ports[4:6]), steady("new", *ports[6:])
    rig.write_config(NUMBERED + left + right + gone)
    with rig.serve("--plug-all"), counting(ports[0]):
        assert reloaded(rig) == {"rig": "nothing has changed"}

        moved = right.replace(str(ports[2]), str(ports[4])).replace(
            f"fps = {STEADY_FPS}", "fps = 15"
        )
        rig.write_config("[overlay]\nhold = 2\n" + NUMBERED + new + left + moved)
        words = "config.toml was edited: pmv-tui reload applies it"
        wait_for(lambda: words in rig.run_here("events").stdout, "the change to be noticed")
        assert rig.status()["engine"]["config_changed"]
        with TerminalTui(rig) as tui:
            tui.shows("The config file was edited")
            tui.press("R")
            tui.shows("▌ rig: ", "▌ gone: no longer in the file")
        rig.write_config(NUMBERED + left + right + gone)
        reloaded(rig)
        rig.write_config("[overlay]\nhold = 2\n" + NUMBERED + new + left + moved)
        results = reloaded(rig)
        assert not rig.status()["engine"]["config_changed"]
        assert results["rig"] == "overlay.hold = 2: applied"
        assert results["gone"] == "no longer in the file: removed"
        assert results["new"] == "added"
        assert results["right"].startswith("fps = 15, pub_address = ")
        assert "left" not in results
        assert [each["name"] for each in rig.status()["cameras"]] == ["new", "left", "right"]
        assert receive_image(ports[4])["unique_id"] == "right-simulated", "at the port of another"
        assert port_is_free(ports[2])
        wait_for(lambda: rig.camera("right")["fps_wanted"] == 15, "the new rate")

        rig.write_config("[[cameras]\n")
        done = rig.run_here("reload")
        assert done.returncode == 2
        assert "config.toml:1: is not TOML" in done.stderr
        assert rig.camera("right")["plugged"], "a file with mistakes changes nothing"

        rig.write_config(NUMBERED + left)
        assert set(reloaded(rig)) == {"rig", "new", "right"}
        assert port_is_free(ports[4])
        assert rig.run_here("set", "left", "gain=1").returncode == 0, "it is saved to the new file"
