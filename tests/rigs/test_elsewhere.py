"""What a rig that cannot be trusted makes of commands that are run for it."""

import json
import sys
from pathlib import Path

import pytest

from tests.support import RigOnDisk

CAMERA = {"name": "left", "unique_id": "left-x"}

STATUSES = {
    "no map": [],
    "no list": {"cameras": 3},
    "no cameras": {"cameras": [3]},
    "no names": {"cameras": [{"name": None}]},
    "half a letter": {"cameras": [{"name": "a", "unique_id": "\ud800-x"}]},
    "an escape": {"cameras": [{"name": "\x1b[2J", "unique_id": "\x1b[2J-x"}]},
    "many": {"cameras": [{"name": f"{at}", "unique_id": f"{at}-x"} for at in range(99)]},
    "another's image": {"cameras": [CAMERA]},
    "a path": {"cameras": [{"name": "../../x", "unique_id": "x-x"}]},
}


@pytest.fixture
def desk(rig: RigOnDisk) -> RigOnDisk:
    """A list with a rig whose pmv-tui prints what a file says."""
    listed = rig.folder / "config" / "pmv-tui" / "rigs.toml"
    listed.parent.mkdir(parents=True)
    script = rig.folder / "rogue.py"
    script.write_text(f"import sys\nsys.stdout.write(open({str(rig.folder / 'says')!r}).read())\n")
    listed.write_text(
        f"[[rigs]]\nname = 'rogue'\nhost = 'local'\ncommand = '{sys.executable} {script}'\n"
    )
    return rig


@pytest.mark.parametrize("status", STATUSES)
def test_no_status_that_a_rig_makes_up_saves_a_file_or_breaks_a_command(
    desk: RigOnDisk, status: str
) -> None:
    (desk.folder / "says").write_text(json.dumps(STATUSES[status]))
    before = set(desk.folder.rglob("*"))
    done = desk.run_line("--rig", "rogue", "snapshot", "all", "--wait", "0.1")
    assert done.returncode == 1
    assert "rogue" in done.stderr + done.stdout
    assert all(line.isprintable() for line in (done.stdout + done.stderr).splitlines())
    assert set(desk.folder.rglob("*")) == before


@pytest.mark.parametrize(
    "text", ["a,b\n1,2\n", "x" * 200_000, "a\0b\n", ""], ids=["one", "long", "null", "none"]
)
def test_what_is_no_table_is_no_part_of_one(desk: RigOnDisk, text: str) -> None:
    (desk.folder / "says").write_text(text)
    done = desk.run_line("--rig", "rogue", "history", "left", "--csv")
    assert done.returncode in (0, 1)
    if text.startswith("a,b"):
        assert done.stdout == "rig,a,b\nrogue,1,2\n"


@pytest.mark.parametrize(
    "text",
    ["[" * 50_000, "{" * 9, '{"pid": 1e999}', '{"pid":' + "9" * 5000],
    ids=["deep", "half", "infinite", "long"],
)
def test_a_rig_that_is_not_understood_is_said_to_be(desk: RigOnDisk, text: str) -> None:
    (desk.folder / "says").write_text(text)
    done = desk.run_line("rigs", "check", "--json")
    assert done.returncode == 1
    assert "does not say where its engine is" in json.loads(done.stdout)["rigs"]["rogue"]["error"]
    done = desk.run_line("--rig", "rogue", "status", "--json")
    assert json.loads(done.stdout)["rogue"]["output"] is not None
    assert Path(desk.folder, "says").read_text() == text
