"""Which rigs a list has, what is said about a wrong one, and what words mean."""

import re
from concurrent.futures import Future
from pathlib import Path

import pytest

from pmv_tui import network
from pmv_tui.config.locate import ConfigError
from pmv_tui.config.save import SaveError
from pmv_tui.network import NameTrouble
from pmv_tui.rigs.edit import add_rig, remove_rig
from pmv_tui.rigs.listed import ListedRig, NoSuchRig, chosen_rigs, load_rigs, parse_rig

LISTED = """\
# Room 3.
[[rigs]]
name = "maze"   # the large one
host = "maze-pc"
group = "behaviour"

# Anna's.
[[rigs]]
name = "wheel"
host = "anna@wheel-pc"
config = "rig/config.toml"
command = "~/venv/bin/pmv-tui"
group = "behaviour"

[[rigs]]
name = "desk"
host = "local"
config = "~/rig.toml"
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / "rigs.toml"
    path.write_text(LISTED)
    return path


def names(path: Path, *words: str) -> list[str]:
    return [rig.name for rig in chosen_rigs(words, path)]


def test_a_list_is_read_and_a_file_on_this_machine_has_its_whole_path(path: Path) -> None:
    assert load_rigs(path) == [
        ListedRig("maze", "maze-pc", group="behaviour"),
        ListedRig("wheel", "anna@wheel-pc", "rig/config.toml", "~/venv/bin/pmv-tui", "behaviour"),
        ListedRig("desk", "local", str(path.parent / "rig.toml")),
    ]
    assert load_rigs(path.with_name("none.toml")) == []


def test_every_mistake_is_reported_at_once_with_its_line(path: Path) -> None:
    path.write_text(
        'rooms = 1\n[[rigs]]\nname = "all"\nhots = "-x"\n[[rigs]]\nname = "a"\nhost = "-oProxy"\n'
        'config = 3\n[[rigs]]\nname = "a"\nhost = "x y"\ngroup = "a"\n[[rigs]]\nname = "b:c"\n'
        'host = "\\u001b[2J"\ncommand = "it\'s"\nconfig = "-x"\n'
    )
    with pytest.raises(ConfigError) as caught:
        load_rigs(path)
    said = "\n".join(str(caught.value).replace(str(path), "f").splitlines())
    found = re.findall(r"^f:(\d+): (\S+): (.{9})", said, re.M)
    assert found == [
        ("1", "rooms", "unknown k"),
        ("2", "rigs[1].host", "is missin"),
        ("3", "rigs[1].name", "all stand"),
        ("4", "rigs[1].hots", "unknown k"),
        ("7", "rigs[2].host", "'-oProxy'"),
        ("8", "rigs[2].config", "3 is not "),
        ("10", "rigs[3].name", '"a" is al'),
        ("11", "rigs[3].host", "'x y' has"),
        ("12", "rigs[3].group", '"a" is al'),
        ("14", "rigs[4].name", "'b:c' has"),
        ("15", "rigs[4].host", "'\\x1b[2J'"),
        ("16", "rigs[4].command", '"it\'s" is'),
        ("17", "rigs[4].config", "'-x' begi"),
    ]


@pytest.mark.parametrize(
    "text", ["rigs = 3\n", "[rigs]\nname = 'a'\n", "rigs = ['a']\n", "[rigs]\n[rigs]\n"]
)
def test_rigs_that_are_no_blocks_are_reported_to_be_none(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"write \[\[rigs\]\]"):
        load_rigs(path)


def test_an_empty_block_lacks_all_that_a_rig_needs(path: Path) -> None:
    path.write_text("[[rigs]]\n")
    with pytest.raises(ConfigError) as caught:
        load_rigs(path)
    assert [problem.key for problem in caught.value.problems] == ["rigs[1].name", "rigs[1].host"]


def test_words_mean_a_rig_a_group_all_of_them_or_a_host(path: Path) -> None:
    assert names(path, "maze") == ["maze"]
    assert names(path, "behaviour") == ["maze", "wheel"]
    assert names(path, "all", "maze") == ["maze", "wheel", "desk"]
    assert names(path, "maze", "other-pc", "local") == ["maze", "other-pc", "local"]
    assert chosen_rigs(["me@pc:a b.toml"], path) == [ListedRig("me@pc", "me@pc", "a b.toml")]
    assert parse_rig("[fe80::1]:x.toml") == ListedRig("fe80::1", "fe80::1", "x.toml")
    assert parse_rig("local:x.toml").config == str(Path.cwd() / "x.toml")


def test_a_list_with_mistakes_is_not_needed_for_hosts_and_files(path: Path) -> None:
    path.write_text("rigs = 3")
    assert names(path, "local", "pc:x.toml") == ["local", "pc"]


def test_several_rigs_of_one_host_are_called_by_their_files_too(path: Path) -> None:
    assert names(path, "pc:a.toml", "pc:b/config.toml") == ["pc:a", "pc:b"]
    assert names(path, "pc:1/a.toml", "pc:2/a.toml") == ["pc:1/a.toml", "pc:2/a.toml"]
    assert names(path, "pc", "pc:a.toml", "pc") == ["pc", "pc:a"]
    assert names(path, "maze", "maze:x.toml") == ["maze", "maze:x"]


@pytest.mark.parametrize(
    "word",
    [
        "",
        "pc:22",
        "-oProxyCommand=x",
        "a b",
        "pc:",
        "pc:-x",
        "ssh://pc:22",
        "p\x1bc",
        ":x",
        "[::1]x",
    ],
)
def test_a_word_that_can_be_no_rig_is_refused_in_words(path: Path, word: str) -> None:
    with pytest.raises(NoSuchRig) as caught:
        chosen_rigs([word], path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(("slip", "meant"), [("maez", "maze"), ("behavior", "behaviour")])
def test_a_slip_of_the_pen_is_no_host_unless_ssh_knows_it(
    path: Path, slip: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_address(host: str) -> "Future[str]":
        unknown = Future[str]()
        unknown.set_exception(NameTrouble(host))
        return unknown

    monkeypatch.setattr(network, "look_up", no_address)  # some name servers know every name
    with pytest.raises(NoSuchRig, match=f"did you mean {meant}"):
        chosen_rigs([slip], path)
    assert names(path, f"{slip}:x.toml", f"me@{slip}", f"{slip}.lab", "maze-pc") == [
        *(slip, f"me@{slip}", f"{slip}.lab", "maze-pc")
    ]
    ssh = path.with_name("ssh")
    ssh.write_text("#!/bin/sh\necho hostname 10.0.0.9\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", str(path.parent), prepend=":")
    assert names(path, slip) == [slip]


def test_all_of_an_empty_list_is_a_mistake(path: Path) -> None:
    with pytest.raises(NoSuchRig, match="rigs add"):
        chosen_rigs(["all"], path.with_name("none.toml"))


@pytest.mark.parametrize("text", [LISTED, LISTED.replace("\n", "\r\n"), LISTED.rstrip(), ""])
def test_what_is_added_and_removed_leaves_all_else_as_it_was(path: Path, text: str) -> None:
    path.write_text(text, newline="")
    add_rig(ListedRig("new", "pc", "x.toml", "", "behaviour"), path)
    added = path.read_bytes().decode()
    assert added.startswith(text)
    assert [line for line in added[len(text) :].splitlines() if line] == [
        *("[[rigs]]", 'name = "new"', 'host = "pc"', 'config = "x.toml"', 'group = "behaviour"')
    ]
    remove_rig("new", path)
    assert path.read_bytes().decode().rstrip() == text.rstrip()


def test_a_rig_is_removed_and_comments_stay(path: Path) -> None:
    remove_rig("maze", path)
    assert path.read_text().startswith("# Room 3.\n# Anna's.\n[[rigs]]\n")
    remove_rig("desk", path)
    remove_rig("wheel", path)
    assert path.read_text().split() == ["#", "Room", "3.", "#", "Anna's."]


def test_a_list_that_is_written_inline_is_changed_too(path: Path) -> None:
    path.write_text('rigs = [{ name = "a", host = "x" }, {name="b",host="y"}]  # mine\n')
    add_rig(ListedRig("c", "z"), path)
    remove_rig("a", path)
    remove_rig("c", path)
    assert path.read_text() == 'rigs = [{name="b",host="y"}]  # mine\n'
    remove_rig("b", path)
    assert load_rigs(path) == []


def test_what_cannot_be_listed_changes_nothing(path: Path) -> None:
    for rig, why in (
        (ListedRig("maze", "x"), "rigs remove maze and add it again"),
        (ListedRig("-a", "x"), "name: '-a' begins with a dash"),
        (ListedRig("b", "pc:22"), "host: 'pc:22' has a port"),
        (ListedRig("b", "x", group="maze"), "'maze' is also a rig's name"),
        (ListedRig("behaviour", "x"), "'behaviour' is also a group's name"),
    ):
        with pytest.raises(SaveError, match=f"not saved: .*{why}"):
            add_rig(rig, path)
    with pytest.raises(NoSuchRig, match="it lists: maze, wheel, desk"):
        remove_rig("nobody", path)
    assert path.read_text() == LISTED
    path.write_text("rigs = 3\n")
    with pytest.raises(ConfigError):
        add_rig(ListedRig("a", "x"), path)
    assert path.read_text() == "rigs = 3\n"
