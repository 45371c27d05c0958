"""Saving a camera's settings: what changes in the file, and what must not."""

import errno
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import ndiff
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmv_tui.config import OPTIONAL, replace
from pmv_tui.config.load import load_config
from pmv_tui.config.save import PlannedChange, SaveError, plan_change
from pmv_tui.config.schema import CameraConfig
from pmv_tui.config.toml_text import Value
from pmv_tui.engine.config_file import ConfigFile
from pmv_tui.engine.errands import Errands
from tests.support import DEADLINE, full_disk, wait_for

NOBODY = 65534

NEW = {"pub_address": "tcp://localhost:7000", "pull_address": "tcp://localhost:7001"}

TAUGHT = """\
# The rig in room 3.

[socket_config]
put_rate = 6e1   # fast enough

  [[cameras]]   # by the door
  unique_id = 'left-simulated'
  "pub_address"  =  'tcp://localhost:5555'  # told to Anna
  pull_address = "tcp://localhost:5556"


# The one above the maze.
[[cameras]]
unique_id = "right-simulated"
name = "right"
exposure_time = 9_000.0 # µs"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def plan(path: Path, unique_id: str = "left-simulated") -> PlannedChange:
    return plan_change(load_config(path), unique_id, NEW)


def changed_lines(before: bytes, after: bytes) -> list[str]:
    lines = ndiff(before.decode().splitlines(True), after.decode().splitlines(True))
    return [line for line in lines if line[0] in "+-"]


def write(path: Path, text: str) -> bytes:
    path.write_bytes(text.encode())
    return text.encode()


def test_what_all_cameras_share_is_saved_in_its_section(path: Path) -> None:
    before = write(path, TAUGHT)
    plan_change(load_config(path), "left-simulated", {"put_rate": 25.0, "hold": 2.0}).commit()
    assert changed_lines(before, path.read_bytes()) == [
        "- put_rate = 6e1   # fast enough\n",
        "+ put_rate = 25.0   # fast enough\n",
        "- exposure_time = 9_000.0 # µs",
        "+ exposure_time = 9_000.0 # µs\n",
        "+ \n",
        "+ [overlay]\n",
        "+ hold = 2.0\n",
    ]


def test_only_the_lines_of_the_new_values_change(path: Path) -> None:
    before = write(path, TAUGHT)
    plan(path).commit()
    assert changed_lines(before, path.read_bytes()) == [
        "-   \"pub_address\"  =  'tcp://localhost:5555'  # told to Anna\n",
        '+   "pub_address"  =  "tcp://localhost:7000"  # told to Anna\n',
        '-   pull_address = "tcp://localhost:5556"\n',
        '+   pull_address = "tcp://localhost:7001"\n',
    ]


def test_a_new_setting_goes_behind_the_cameras_last_one(path: Path) -> None:
    text = '[[cameras]]\nunique_id = "left-simulated" # here\n\n# The next.\n[[cameras]]\n'
    rest = 'unique_id = "right-simulated"\n'
    write(path, text + rest)
    plan(path).commit()
    assert path.read_text() == (
        '[[cameras]]\nunique_id = "left-simulated" # here\n'
        'pub_address = "tcp://localhost:7000"\npull_address = "tcp://localhost:7001"\n'
        "\n# The next.\n[[cameras]]\n" + rest
    )


def test_a_new_setting_goes_below_its_commented_out_example(path: Path) -> None:
    head = (
        '[[cameras]]\nunique_id = "left-simulated"\nsource = """\n# pub_address = no comment"""\n'
    )
    example = '# Where images are published.\n# pub_address = "tcp://localhost:5555"'
    rest = '\nwidth = 640\n# Boxes.\n  # pull_address = "x"\n\n[[cameras]]\n# pub_address = "y"\n'
    last = 'unique_id = "right-simulated"\n'
    write(path, head + example + rest + last)
    plan(path).commit()
    boxes = rest.replace('= "x"\n', '= "x"\n  pull_address = "tcp://localhost:7001"\n')
    published = '\npub_address = "tcp://localhost:7000"'
    assert path.read_text() == head + example + published + boxes + last


def test_a_file_without_a_last_line_end_gets_its_new_lines(path: Path) -> None:
    before = write(path, TAUGHT)
    plan(path, "right-simulated").commit()
    assert path.read_bytes() == before + (
        b'\npub_address = "tcp://localhost:7000"\npull_address = "tcp://localhost:7001"'
    )


def test_a_camera_that_is_not_listed_is_appended(path: Path) -> None:
    before = write(path, TAUGHT)
    after = plan(path, "0-opencv").commit()
    assert path.read_bytes() == before + (
        b'\n\n[[cameras]]\nunique_id = "0-opencv"\n'
        b'pub_address = "tcp://localhost:7000"\npull_address = "tcp://localhost:7001"\n'
    )
    assert [camera.unique_id for camera in after.config.cameras][2:] == ["0-opencv"]


@pytest.mark.parametrize(
    ("text", "unique_id"),
    [
        (TAUGHT.replace("\n", "\r\n"), "left-simulated"),
        (TAUGHT.replace("\n", "\r\n"), "right-simulated"),
        (TAUGHT.replace("\n", "\r\n"), "0-opencv"),
        ("\ufeff" + TAUGHT, "left-simulated"),
        ("\ufeff", "0-opencv"),
        ("", "0-opencv"),
        ("cameras = []", "0-opencv"),
        ('cameras = [\n  { unique_id = "a-b" }, # one\n]\n', "0-opencv"),
        ('cameras = [{unique_id = "a-b"}, {unique_id = "left-simulated" }]', "left-simulated"),
        ('[[cameras]]\nunique_id = "a-b"\n[socket_config]\n[[cameras]]\nunique_id="c-d"', "a-b"),
        ('[[cameras]]\nunique_id = "a-b"\nname = """\n[[cameras]]"""\n', "a-b"),
    ],
)
def test_unusual_writing_survives(path: Path, text: str, unique_id: str) -> None:
    if '"""' in text:
        text = text.replace("\n[[cameras]]", "[[cameras]]")
    before = write(path, text)
    old = tomllib.loads(text.removeprefix("\ufeff"))
    after = plan(path, unique_id).commit()
    assert load_config(path) == after
    camera = next(each for each in after.config.cameras if each.unique_id == unique_id)
    assert camera.pub_address == NEW["pub_address"]
    new = tomllib.loads(path.read_bytes().decode().removeprefix("\ufeff"))
    others = [each for each in new["cameras"] if each["unique_id"] != unique_id]
    assert others == [each for each in old.get("cameras", []) if each["unique_id"] != unique_id]
    assert before.startswith(b"\xef\xbb\xbf") == path.read_bytes().startswith(b"\xef\xbb\xbf")
    if b"\r\n" in before:
        assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")


@pytest.mark.parametrize(
    ("camera", "left"),
    [
        ('[[cameras]]\n%s\nsource = "a.avi" # a film\n# end\n', "[[cameras]]\n%s\n# end\n"),
        ("[[cameras]]\r\nsource = 3\r\n%s\r\n", "[[cameras]]\r\n%s\r\n"),
        ('[[cameras]]\n%s\nsource = "a.avi"', "[[cameras]]\n%s\n"),
        ('[[cameras]]\n%s\nsource = """a\\\n.avi"""\n', "[[cameras]]\n%s\n"),
        ('cameras = [{ source = "a.avi", %s }]', "cameras = [{ %s }]"),
        ('cameras = [{ %s, source = "a.avi" }]', "cameras = [{ %s }]"),
        ('cameras = [{%s, source = "a.avi", loop = true}]', "cameras = [{%s, loop = true}]"),
        ("[[cameras]]\n%s\n", "[[cameras]]\n%s\n"),
    ],
)
@pytest.mark.parametrize("nothing", [None, ""])
def test_a_setting_that_may_be_left_out_is_taken_out_of_the_file(
    path: Path, camera: str, left: str, nothing: Any
) -> None:
    write(path, camera % 'unique_id = "a-opencv"')
    [after] = (
        plan_change(load_config(path), "a-opencv", {"source": nothing}).commit().config.cameras
    )
    assert after.source is None
    defaults = {name for name, field in CameraConfig.model_fields.items() if field.default is None}
    assert defaults == OPTIONAL
    assert path.read_bytes().decode() == left % 'unique_id = "a-opencv"'


def test_what_must_be_something_is_not_taken_out(path: Path) -> None:
    before = write(path, '[[cameras]]\nunique_id = "a-opencv"\nfps = 30\n')
    nothing: Any = None
    for changes in ({"fps": nothing}, {"flip": ""}):
        with pytest.raises(SaveError):
            plan_change(load_config(path), "a-opencv", changes)
    assert path.read_bytes() == before


@st.composite
def configs(draw: st.DrawFn) -> str:
    """Write two cameras' config in any mixture of habits."""
    blanks = st.sampled_from(["", " ", "\t", "  "])
    gaps = st.sampled_from(["", "\n", "# note\n", "\n  # = [ ' \"\n\n"])
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    lines = [draw(gaps)]
    for unique_id, ports in (("left-simulated", (5555, 5556)), ("b-c", (6000, 6001))):
        settings = {
            "unique_id": f'"{unique_id}"',
            "pub_address": f"'tcp://localhost:{ports[0]}'",
            "pull_address": f'"""tcp://localhost:{ports[1]}"""',
            "gain": draw(st.sampled_from(["1", "0x1F", "-0.5e-3", "+1_0"])),
        }
        optional = ["gain"] if unique_id == "b-c" else ["pub_address", "pull_address", "gain"]
        left_out = draw(st.sets(st.sampled_from(optional)))
        lines.append(f"{draw(blanks)}[[{draw(blanks)}cameras ]]{draw(blanks)}\n")
        for key in draw(st.permutations(sorted(settings.keys() - left_out))):
            quoted = draw(st.sampled_from([key, f'"{key}"', f"'{key}'"]))
            equals = f"{draw(blanks)}={draw(blanks)}"
            comment = draw(st.sampled_from(["", " # [[cameras]]", "# 'a' \"b"]))
            lines.append(f"{draw(blanks)}{quoted}{equals}{settings[key]}{comment}\n{draw(gaps)}")
    text = "".join(lines)
    return (text if draw(st.booleans()) else text.removesuffix("\n")).replace("\n", newline)


@given(configs())
def test_however_a_file_is_written_only_the_intended_lines_differ(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        before = write(path, text)
        plan(path).commit()
        after = path.read_bytes()
    kept = [line for line in before.splitlines() if b":5555" not in line and b":5556" not in line]
    assert [line for line in after.splitlines() if b":700" not in line] == kept
    assert after.count(b"\r\n") in (0, after.count(b"\n"))
    values = tomllib.loads(text)
    values["cameras"][0].update(NEW)
    assert tomllib.loads(after.decode()) == values


def test_the_first_save_makes_the_file_and_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "settings" / "pmv-tui" / "config.toml"
    after = plan(path, "0-opencv").commit()
    assert load_config(path) == after
    assert after.config.cameras[0].pull_address == NEW["pull_address"]
    assert [each.name for each in path.parent.iterdir()] == ["config.toml"]


def test_one_change_may_follow_another(path: Path) -> None:
    write(path, TAUGHT)
    first = plan(path).commit()
    second = plan_change(first, "left-simulated", {"name": 'the "door"', "fps": 30}).commit()
    assert load_config(path) == second
    assert second.config.cameras[0].label == 'the "door"'
    assert second.config.cameras[0].pub_address == NEW["pub_address"]


def test_a_value_that_is_already_there_is_not_rewritten(path: Path) -> None:
    before = write(path, TAUGHT)
    loaded = load_config(path)
    plan_change(loaded, "left-simulated", {"pub_address": "tcp://localhost:5555"}).commit()
    assert path.read_bytes() == before


def test_a_file_that_changed_since_it_was_read_is_not_overwritten(path: Path) -> None:
    write(path, TAUGHT)
    loaded = load_config(path)
    planned = plan_change(loaded, "left-simulated", NEW)
    edited = write(path, TAUGHT + "  # edited\n")
    with pytest.raises(SaveError, match=r"config\.toml was changed since it was read"):
        plan_change(loaded, "left-simulated", NEW)
    with pytest.raises(SaveError, match="was changed since it was read"):
        planned.commit()
    assert path.read_bytes() == edited


def test_a_file_that_came_or_went_since_is_reported_too(path: Path) -> None:
    planned = plan(path)
    came = write(path, "# new\n")
    with pytest.raises(SaveError, match="was changed since"):
        planned.commit()
    assert path.read_bytes() == came
    loaded = load_config(path)
    path.unlink()
    with pytest.raises(SaveError, match="was changed since"):
        plan_change(loaded, "left-simulated", NEW)
    assert not path.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pub_address": "tcp://localhost:0"}, "port 0 is not between 1 and 65535"),
        ({"pub_address": "tcp://localhost:5556"}, "also the pub_address of this camera"),
        ({"pub_address": "tcp://*:5557"}, r"tcp://\*:5557 is right's; choose another port"),
        ({"fps": 0}, r"cameras\[left-simulated\]\.fps: 0 is not allowed"),
        ({"name": "all"}, "stands for every camera"),
    ],
)
def test_a_value_that_would_not_load_is_not_saved(
    path: Path, changes: dict[str, Value], words: str
) -> None:
    before = write(path, TAUGHT)
    with pytest.raises(SaveError, match=words):
        plan_change(load_config(path), "left-simulated", changes)
    assert path.read_bytes() == before


def test_a_value_that_toml_cannot_hold_is_reported_and_changes_nothing(path: Path) -> None:
    before = write(path, TAUGHT)
    for unique_id in ("left-simulated", "new-simulated"):
        with pytest.raises(SaveError, match="fps: a config file cannot hold a value of type bytes"):
            plan_change(load_config(path), unique_id, {"fps": cast("Value", b"60")})
    assert path.read_bytes() == before


def test_a_link_stays_a_link_and_its_target_changes(tmp_path: Path) -> None:
    target = tmp_path / "dotfiles" / "rig.toml"
    target.parent.mkdir()
    write(target, TAUGHT)
    link = tmp_path / "config.toml"
    link.symlink_to(target)
    plan(link).commit()
    assert link.is_symlink()
    assert NEW["pub_address"] in target.read_text()
    assert [each.name for each in target.parent.iterdir()] == ["rig.toml"]


def test_the_files_mode_is_kept(path: Path) -> None:
    write(path, TAUGHT)
    path.chmod(0o640)
    plan(path).commit()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_the_files_owner_is_kept_where_that_is_allowed(path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give a file away")
    write(path, TAUGHT)
    os.chown(path, NOBODY, NOBODY)
    plan(path).commit()
    assert path.stat().st_uid == NOBODY


def test_another_cameras_chosen_address_is_not_moved_along(path: Path) -> None:
    text = (
        '[[cameras]]\nunique_id = "left-simulated"\npub_address = "tcp://localhost:5557"\n'
        '[[cameras]]\nunique_id = "right-simulated"\n'
    )
    before = write(path, text)
    with pytest.raises(SaveError, match="right's addresses, which the file does not name, would"):
        plan(path)
    assert path.read_bytes() == before


def test_a_save_that_fails_half_way_leaves_the_old_file_whole(path: Path) -> None:
    before = write(path, TAUGHT)
    planned = plan(path)
    with full_disk(), pytest.raises(SaveError, match="was not saved: File too large"):
        planned.commit()
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["config.toml"]
    assert planned.commit() == load_config(path)


def test_what_somebody_saves_at_the_same_moment_stays(path: Path) -> None:
    write(path, TAUGHT)
    with plan(path).prepared() as commit:
        edited = write(path, TAUGHT + "  # edited\n")
        with pytest.raises(SaveError, match="was changed since it was read"):
            commit()
    assert path.read_bytes() == edited
    assert [each.name for each in path.parent.iterdir()] == ["config.toml"]


def test_a_file_that_somebody_makes_at_the_same_moment_stays(path: Path) -> None:
    with plan(path).prepared() as commit:
        made = write(path, "# new\n")
        with pytest.raises(SaveError, match="was changed since it was read"):
            commit()
    assert path.read_bytes() == made


def test_a_save_works_where_files_cannot_be_exchanged(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(*_: object) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(replace, "_rename", cannot)  # as NFS does, of which none is at hand
    assert plan(path, "0-opencv").commit() == load_config(path)
    write(path, TAUGHT)
    assert plan(path).commit() == load_config(path)
    with plan(path).prepared() as commit:
        edited = write(path, TAUGHT + "  # edited\n")
        with pytest.raises(SaveError, match="was changed since it was read"):
            commit()
    assert path.read_bytes() == edited


def test_a_save_that_is_prepared_and_not_made_leaves_nothing(path: Path) -> None:
    before = write(path, TAUGHT)
    with plan(path).prepared():
        pass
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["config.toml"]


def test_a_hard_link_is_not_parted(path: Path) -> None:
    before = write(path, TAUGHT)
    (path.parent / "other.toml").hardlink_to(path)
    with pytest.raises(SaveError, match="one of 2 hard links to one file"):
        plan(path)
    assert path.read_bytes() == before


def test_a_file_mounted_by_itself_is_reported_beforehand(path: Path) -> None:
    write(path, TAUGHT)
    look = "import sys, pathlib; from pmv_tui.config.replace import obstacle"
    look += "; print(obstacle(pathlib.Path(sys.argv[1])))"
    mounted = 'mount --bind "$1" "$1" && exec "$2" -c "$3" "$1"'
    output = run_unshared(mounted, path, sys.executable, look)
    assert "mounted as a single file" in output
    assert "mount its folder instead" in output


def run_unshared(script: str, *arguments: str | Path) -> str:
    """Run a shell script where its mounts are its own; skip the test where that cannot be had."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare is missing")
    command = ["unshare", "--mount", "sh", "-c", script, "sh", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounts of one's own cannot be had: {done.stderr.strip()}")
    return done.stdout


def test_a_file_that_may_not_be_replaced_is_reported_beforehand(path: Path) -> None:
    write(path, TAUGHT)
    if (
        shutil.which("chattr") is None
        or subprocess.run(["chattr", "+a", path], check=False).returncode
    ):
        pytest.skip("no file can be made append-only here")
    try:
        with pytest.raises(SaveError, match="may not be replaced; lsattr"):
            plan(path)
    finally:
        subprocess.run(["chattr", "-a", path], check=True)


def test_a_file_in_a_sticky_folder_of_somebody_elses_is_reported_beforehand() -> None:
    if os.geteuid():
        pytest.skip("only root can make a file of another user's")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before = write(folder / "config.toml", TAUGHT)
        loaded = load_config(folder / "config.toml")
        (folder / "config.toml").chmod(0o666)
        folder.chmod(0o1777)
        with as_anybody(), pytest.raises(SaveError, match="in a sticky folder only its owner"):
            plan_change(loaded, "left-simulated", NEW)
        assert (folder / "config.toml").read_bytes() == before


def test_only_what_a_killed_save_left_behind_is_cleared(path: Path) -> None:
    write(path, TAUGHT)
    left = path.with_name(f".config.toml.{'0' * 32}")
    write(left, "half a")
    others = [path.with_name(name) for name in (".config.toml.swp", f".other.toml.{'0' * 32}")]
    for each in others:
        write(each, "not ours")
    link = path.with_name(f".config.toml.{'1' * 32}")
    link.symlink_to(others[0])
    with plan(path).prepared() as commit:
        assert replace.clear_leftovers(path) == [left], "one that is being saved stays"
        commit()
    assert sorted(path.parent.iterdir()) == sorted([path, *others, link])


@pytest.mark.parametrize("read_only", ["config.toml", "."])
def test_what_cannot_be_written_is_reported_beforehand(read_only: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before = write(folder / "config.toml", TAUGHT)
        loaded = load_config(folder / "config.toml")
        (folder / "config.toml").chmod(0o666)
        folder.chmod(0o777)
        (folder / read_only).chmod(0o555)
        with as_anybody(), pytest.raises(SaveError, match="cannot be written"):
            plan_change(loaded, "left-simulated", NEW)
        assert (folder / "config.toml").read_bytes() == before
        folder.chmod(0o700)


def test_changes_that_come_at_once_are_all_saved_by_an_engine(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pmv_tui.engine.config_file.DISK_LIMIT", DEADLINE)
    write(path, TAUGHT)
    file, errands = ConfigFile(load_config(path)), Errands(lambda: None)

    async def save(key: str, value: float) -> None:
        async with file.prepared("left-simulated", {key: value}) as change:
            await change.commit()

    def saved() -> bool:
        errands.go_on()
        return all(each.done() for each in under_way)

    changes = {"fps": 30.0, "gain": 2.0, "exposure_time": 5000.0}
    under_way = [errands.begin(save(key, value)) for key, value in changes.items()]
    wait_for(saved, "all of them to be saved")
    assert [each.exception() for each in under_way] == [None] * len(changes)
    (left, _) = load_config(path).config.cameras
    assert {key: getattr(left, key) for key in changes} == changes
    wait_for(lambda: list(path.parent.iterdir()) == [path], "nothing to be left beside it")


@contextmanager
def as_anybody() -> Iterator[None]:
    """Give up root's right to write everywhere; nothing to do for anybody else."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)
