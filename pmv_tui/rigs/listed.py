"""Which rigs there are: those that the user's own rigs.toml lists, and those named as a host."""

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path, PurePosixPath
from typing import Any

import platformdirs

from pmv_tui.config.locate import FILE_NAME, NO_HOME, ConfigError, Problem, unusable
from pmv_tui.config.toml_text import KeyPath, line_of, parse_toml, read_text, scan
from pmv_tui.config.values import unknown_key, whole
from pmv_tui.rigs.near import meant_instead
from pmv_tui.rigs.trouble import LOCAL

EVERY_RIG = "all"
"""What commands say for every rig that is listed."""

LONGEST_NAME, LONGEST_PATH = 64, 4096
"""Characters."""


@dataclass(frozen=True, slots=True)
class ListedRig:
    """One rig: a config file on a machine.

    Parameters
    ----------
    name : what people call it, and commands.
    host : as `ssh` knows it, or `LOCAL`: this machine.
    config : the config file's path there, absolute where that is this machine; empty: the one that
        pmv-tui finds there.
    command : how pmv-tui is called there, words as a shell reads them; empty: it is looked for.
    group : what several rigs are called together; empty: none.
    """

    name: str
    host: str = LOCAL
    config: str = ""
    command: str = ""
    group: str = ""

    @property
    def options(self) -> list[str]:
        """The words that choose it among its machine's rigs, after the name of pmv-tui."""
        return ["--config", self.config] if self.config else []

    @property
    def word(self) -> str:
        """What --rig takes for it, as one types it into a shell."""
        like_host = self.name == self.host or self.name.startswith(f"{self.host}:")
        if not (like_host and self.config) or self.command or self.group:
            return shlex.quote(self.name)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return shlex.quote(f"{host}:{self.config}")


KEYS = tuple(each.name for each in fields(ListedRig))
REQUIRED = ("name", "host")


class NoSuchRig(ValueError):  # noqa: N818 - what happened, as it reads
    """A word names no rig; the text says why."""


def rigs_path() -> Path:
    """Return where the user's list of rigs lies; it need not be there.

    Raises
    ------
    ConfigError : this user has no folder for it.
    """
    try:
        return platformdirs.user_config_path("pmv-tui") / "rigs.toml"
    except RuntimeError:
        raise unusable(Path("rigs.toml"), f"cannot be found: {NO_HOME}; set HOME") from None


def load_rigs(path: Path | None = None) -> list[ListedRig]:
    """Read and check a list of rigs, by default the user's; where there is no file, it is empty.

    Raises
    ------
    ConfigError : it cannot be read or has mistakes; all of them are reported.
    """
    path = path or rigs_path()
    return check_list(path, read_text(path))


def check_list(path: Path, text: str | None) -> list[ListedRig]:
    """Check the text of a list of rigs, whether or not it is on disk yet; see `load_rigs`."""
    if text is None:
        return []
    data = parse_toml(path, text)
    blocks = _blocks(data)
    found = dict.fromkeys([*_misplaced(data), *_mistakes(blocks), *_taken(blocks)])
    if found:
        places = scan(text)
        raise ConfigError(
            path, [Problem(_named(at, blocks), line_of(text, places, at), why) for at, why in found]
        )
    return [_on_this_machine(ListedRig(**block), _home()) for block in blocks]


def _blocks(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rigs as written; an entry that is no table counts, so that places keep."""
    rigs = data.get("rigs")
    if not isinstance(rigs, list):
        return []
    return [each if isinstance(each, dict) else NO_TABLE for each in rigs]


NO_TABLE: dict[str, Any] = {}
"""Stands for an entry that is none, and is reported as that."""


Mistake = tuple[KeyPath, str]
"""The path of what is to blame, and why."""


def _misplaced(data: dict[str, Any]) -> Iterator[Mistake]:
    """Find what stands beside the blocks, or in place of them."""
    for key, value in data.items():
        if key != "rigs":
            yield (key,), unknown_key(key, ["rigs"])
        elif not isinstance(value, list):
            yield (key,), "write [[rigs]], in double brackets, above each rig"
        else:
            for index, each in enumerate(value):
                if not isinstance(each, dict):
                    yield (key, index), f"{whole(each)} is no rig; write [[rigs]] above each"


def _mistakes(blocks: list[dict[str, Any]]) -> Iterator[Mistake]:
    """Find keys that are unknown or missing, and values that are not allowed."""
    for index, block in enumerate(blocks):
        for key, why in _wrong(block):
            yield ("rigs", index, key), why
        for key in REQUIRED:
            if key not in block and block is not NO_TABLE:
                yield ("rigs", index, key), f"is missing; every rig needs one, {_EXAMPLES[key]}"


_EXAMPLES = {
    "name": 'such as "maze"',
    "host": f'as ssh knows it, or "{LOCAL}" for this machine',
}


def _wrong(block: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each key of a rig whose value is not allowed, or that is unknown, and why."""
    for key, value in block.items():
        if key not in KEYS:
            yield key, unknown_key(key, KEYS)
        elif not isinstance(value, str):
            yield key, f"{whole(value)} is not allowed; it must be text in quotes"
        elif (value or key in REQUIRED) and (why := _CHECKS[key](value)):
            yield key, why


def _why_no_word(text: str, longest: int = LONGEST_PATH) -> str:
    """Return why a text can be no word of a command; empty where it can."""
    if not text:
        return "the text is empty"
    if len(text) > longest:
        return f"it has {len(text)} characters; {longest} are allowed"
    if not text.isprintable() or text != text.strip():
        return f"{text!r} has blanks at an end, or characters that cannot be shown"
    if text.startswith("-"):
        return f"{text!r} begins with a dash, as options do"
    return ""


def _why_no_name(text: str) -> str:
    if text in (EVERY_RIG, LOCAL):
        meaning = "every rig" if text == EVERY_RIG else "this machine"
        return f"{text} stands for {meaning}; choose another name"
    if ":" in text:
        return f"{text!r} has a colon, as HOST:CONFIG; choose another name"
    return _why_no_word(text, LONGEST_NAME)


def _why_no_host(text: str) -> str:
    if " " in text.strip():
        return f"{text!r} has a blank; a host has none"
    if text.count(":") == 1 and "://" not in text:  # that of IPv6 has more
        return (
            f"{text!r} has a port or file; a port is written into ~/.ssh/config, a file is config"
        )
    return _why_no_word(text, 255)


def _why_no_command(text: str) -> str:
    try:
        shlex.split(text)
    except ValueError as error:
        return f"{text!r} is no command: {error}"
    return _why_no_word(text)


_CHECKS: dict[str, Callable[[str], str]] = {
    "name": _why_no_name,
    "host": _why_no_host,
    "config": _why_no_word,
    "command": _why_no_command,
    "group": _why_no_name,
}


def _taken(blocks: list[dict[str, Any]]) -> Iterator[Mistake]:
    """Find names that stand twice, as a rig's or a group's."""
    names = [block.get("name") for block in blocks]
    for index, block in enumerate(blocks):
        name, group = names[index], block.get("group")
        if name is not None and name in names[:index]:
            yield ("rigs", index, "name"), f"{whole(name)} is also another rig's; choose another"
        if group and group in names:
            yield ("rigs", index, "group"), f"{whole(group)} is also a rig's name; choose another"


def why_not_added(rig: dict[str, Any], listed: list[dict[str, Any]], path: Path) -> str:
    """Return why a rig cannot be added to those of a list, for who adds it; empty where it can."""
    name, group = rig["name"], rig.get("group")
    for key, why in _wrong(rig):
        return f"{key}: {why}"
    if name in [each.get("name") for each in listed]:
        return (
            f"{path} lists a rig {name!r} already; choose another name. To change that one, edit "
            f"the file, or pmv-tui rigs remove {shlex.quote(name)} and add it again"
        )
    if name == group or name in [each.get("group") for each in listed]:
        return f"{name!r} is also a group's name; choose another"
    if group and group in [each.get("name") for each in listed]:
        return f"{group!r} is also a rig's name; choose another group"
    return ""


def _named(path: KeyPath, blocks: list[dict[str, Any]]) -> str:
    """Write a path for people: a rig by its name, or counted from 1 where that names none."""
    match path:
        case ["rigs", int(index), *keys]:
            names = [block.get("name") for block in blocks]
            name = names[index]
            good = isinstance(name, str) and names.count(name) == 1 and not _why_no_name(name)
            return ".".join([f"rigs[{name if good else index + 1}]", *map(str, keys)])
        case _:
            return ".".join(map(str, path))


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")


def _on_this_machine(rig: ListedRig, folder: Path) -> ListedRig:
    """Make the path of a config file on this machine absolute; ssh begins in the home folder."""
    if rig.host != LOCAL or not rig.config:
        return rig
    path = Path(rig.config)
    if path.parts[:1] == ("~",):
        path = _home().joinpath(*path.parts[1:])
    return replace(rig, config=str(folder / path))


def parse_rig(text: str) -> ListedRig:
    """Read `HOST[:CONFIG]`, a rig that need not be listed; it is called as its host.

    Raises
    ------
    NoSuchRig : the text names none.
    """
    host, colon, config = text.partition(":")
    if text.startswith("["):  # the address of IPv6 has colons
        host, _, rest = text[1:].partition("]")
        colon, config = rest[:1], rest[1:]
    if "://" in text or colon not in ("", ":") or (colon and not config) or config.isdecimal():
        raise NoSuchRig(
            f"{text!r}: write HOST or HOST:CONFIG, such as maze-pc:rig/config.toml; a port or "
            "another user is written into ~/.ssh/config"
        )
    for key, why in _wrong({"host": host, "config": config}):
        raise NoSuchRig(f"{text!r} names no {key}: {why}")
    rig = ListedRig(host, host, config)
    return _on_this_machine(rig, Path.cwd()) if host == LOCAL else rig


def chosen_rigs(words: Sequence[str], path: Path | None = None) -> list[ListedRig]:
    """Return the rigs that words mean, each once: `NAME`, `GROUP`, `all` or `HOST[:CONFIG]`.

    Parameters
    ----------
    path : the list of rigs; by default the user's, which is read where a word may be of it.

    Raises
    ------
    NoSuchRig : a word means none.
    ConfigError : the list has mistakes.
    """
    of_list = any(":" not in word and word != LOCAL for word in words)
    listed = load_rigs(path) if of_list else []
    rigs = dict.fromkeys(rig for word in words for rig in _meant(word, listed))
    return _told_apart(list(rigs), listed)


def _meant(word: str, listed: list[ListedRig]) -> list[ListedRig]:
    """Return the rigs that a word means."""
    if word == EVERY_RIG:
        if not listed:
            raise NoSuchRig("no rig is listed; pmv-tui rigs add NAME HOST lists one")
        return listed
    return (
        [rig for rig in listed if rig.name == word]
        or [rig for rig in listed if rig.group and rig.group == word]
        or [_host(word, listed)]
    )


def _host(word: str, listed: list[ListedRig]) -> ListedRig:
    """Return the rig of a host, unless the word is likely to be a slip of the pen."""
    rig = parse_rig(word)
    names = dict.fromkeys(name for each in listed for name in (each.name, each.group) if name)
    hosts = {LOCAL, *(each.host for each in listed)}
    if not rig.config and word not in hosts and (near := meant_instead(word, [*names, EVERY_RIG])):
        raise NoSuchRig(
            f"rigs.toml lists no rig or group {word!r}; did you mean {near}? If a host is called "
            f"so, write {word}:CONFIG, or an entry for it into ~/.ssh/config"
        )
    return rig


def _told_apart(rigs: list[ListedRig], listed: list[ListedRig]) -> list[ListedRig]:
    """Give those that are called as their host longer names where others are called so too."""
    for longer in (_stem, str):
        counts = Counter(rig.name for rig in rigs)
        rigs = [
            replace(rig, name=f"{rig.host}:{longer(rig.config)}")
            if counts[rig.name] > 1 and rig.config and rig not in listed
            else rig
            for rig in rigs
        ]
    return rigs


def _stem(config: str) -> str:
    """Return what tells a config file from others, in short: its name, or that of its folder."""
    path = PurePosixPath(config)
    return path.parent.name or path.stem if path.name == FILE_NAME else path.stem
