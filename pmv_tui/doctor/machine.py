"""The machine: its limits, clock, disk, log-in session, display and terminal, and the libraries."""

import ctypes
import json
import os
import platform
import re
import resource
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import zmq

from pmv_tui import __version__
from pmv_tui.config.locate import real_path
from pmv_tui.control.rig import MAX_SOCKET_PATH
from pmv_tui.doctor import Examined, Finding, error, graded, note, ok, warning
from pmv_tui.output import NO_TERMINAL
from pmv_tui.system import ENGINE, run_child, standing, why_not_private
from pmv_tui.windows.launcher import viewer_environment


def check_open_files(examined: Examined) -> Iterator[Finding]:
    """Compare what an engine may open, which takes all it may have, with what it needs."""
    cameras = len(examined.config.cameras)
    _, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = ENGINE + 24 * cameras  # a camera with a client, and room for more of them
    if allowed == resource.RLIM_INFINITY:
        yield ok("open files are not limited")
        return
    more = f"nofile {max(1024, need)} in /etc/security/limits.conf"
    yield graded(
        f"{allowed} open files are allowed, about {need} needed for {cameras} camera(s)",
        f"raise the limit: {more}, then log in again",
        error=allowed < need,
    )


SELF_GOVERNING = ("intel_pstate", "amd-pstate", "amd-pstate-epp")
"""Drivers whose `powersave` goes up to full speed under load."""


def check_processors(examined: Examined) -> Iterator[Finding]:
    """Compare them with the number of cameras, and yield what holds them back."""
    cameras, usable = len(examined.config.cameras), len(os.sched_getaffinity(0))
    if cameras > 2 * usable:
        yield warning(
            f"{cameras} cameras on {usable} processor(s)",
            "see pmv-tui status for dropped frames; lower fps, or use fewer cameras",
        )
    else:
        yield ok(f"{usable} processor(s) for {cameras} camera(s)")
    policy = "sys/devices/system/cpu/cpu0/cpufreq"
    driver = examined.read(f"{policy}/scaling_driver")
    if examined.read(f"{policy}/scaling_governor") == "powersave" and driver not in SELF_GOVERNING:
        yield warning(
            "the processors are held at their lowest speed (governor powersave)",
            "as root: cpupower frequency-set -g performance",
        )


def check_memory(examined: Examined) -> Iterator[Finding]:
    """Yield how much is available, where the kernel says it."""
    if found := re.search(r"MemAvailable: *(\d+) kB", examined.read("proc/meminfo")):
        available = int(found[1]) // 1000
        yield graded(
            f"{available} MB of memory are available",
            "end other programs: what is swapped out comes back late",
            warning=available < 300,
        )


SOURCE = "sys/devices/system/clocksource/clocksource0/current_clocksource"

SLOW = ("hpet", "acpi_pm", "jiffies", "pit")
"""Sources of which a reading takes a microsecond or more."""

_NOT_SYNCHRONISED = 5
"""What adjtimex(2) returns then, TIME_ERROR."""


def check_clock(examined: Examined) -> Iterator[Finding]:
    """Yield what a time stamp is worth."""
    yield ok(
        "a frame's time stamp is this host's clock (CLOCK_REALTIME) at its arrival; a camera's own "
        "clock is compared with it in the TUI",
    )
    source = examined.read(SOURCE)
    if source in SLOW:
        yield warning(
            f"the kernel's clock source is {source}: reading it is slow",
            f"tsc is faster, where /{SOURCE.replace('current', 'available')} lists it: boot with "
            "clocksource=tsc",
        )
    elif source:
        yield ok(f"clock source {source}")
    # What disciplines the clock tells the kernel so. Zeros, more than the structure has: nothing is
    # to be changed.
    if ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)) != _NOT_SYNCHRONISED:
        yield ok("the clock is kept to others' by NTP or PTP")
    else:
        yield note(
            "the clock is not kept to others' by NTP or PTP",
            "to compare time stamps of several machines, start chrony, systemd-timesyncd or ptp4l",
        )


SHARED = ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "afs", "lustre")
"""File systems on which locks and local sockets may not work."""


def check_storage(examined: Examined) -> Iterator[Finding]:
    """Yield what keeps an engine from its lock, its socket or its log."""
    folder = examined.rig.folder
    if len(os.fsencode(examined.rig.socket_path)) > MAX_SOCKET_PATH:
        yield error(
            f"{examined.rig.socket_path} is too long for a socket",
            "set XDG_STATE_HOME to a folder with a shorter path",
        )
    for each in (folder.parent, folder):
        if each.exists() and (why := why_not_private(each)):
            yield error(why, "no engine starts before, and none is asked")
    there = standing(folder)
    if not os.access(there, os.W_OK | os.X_OK):
        yield error(
            f"{there} cannot be written: an engine needs it for its log",
            f"change its owner or mode, or set XDG_STATE_HOME; it would hold {folder}",
        )
    kind = _file_system(examined, there)
    if kind in SHARED:
        yield warning(
            f"{there} lies on a network file system ({kind}): locks may not work there",
            "set XDG_STATE_HOME to a folder on a local disk",
        )
    free = shutil.disk_usage(there).free // 1_000_000
    yield graded(
        f"{free} MB are free for logs in {folder}",
        "delete what is not needed there; nothing is captured to disk, but logs are",
        error=free < 10,  # the logs take 6
        warning=free < 200,
    )


def _file_system(examined: Examined, folder: Path) -> str:
    """Name the kind of file system that a folder lies on; empty where it is not known."""
    mounts = [line.split()[1:3] for line in examined.read("proc/self/mounts").splitlines()]
    around = [
        (len(place), number, kind)
        for number, (place, kind) in enumerate(mounts)
        if real_path(folder).is_relative_to(place.replace("\\040", " "))
    ]
    return max(around)[2] if around else ""  # of two at one place, the later one lies above


def check_session(examined: Examined) -> Iterator[Finding]:
    """Yield whether logind kills what a user leaves behind."""
    # Root is left alone by default: KillExcludeUsers.
    if not _kills(examined) or examined.user == "root":
        yield ok("an engine lives on after its user logs out")
        return
    found = "logind kills a session's processes at log-out (KillUserProcesses=yes)"
    if (examined.root / f"var/lib/systemd/linger/{examined.user}").exists():
        remedy = "start the engine outside the session: systemd-run --user pmv-tui serve"
    else:
        found += ": the engine too"
        remedy = (
            f"loginctl enable-linger {examined.user}, and start it with: systemd-run --user "
            "pmv-tui serve; or set KillUserProcesses=no in /etc/systemd/logind.conf"
        )
    yield warning(found, remedy)


def _kills(examined: Examined) -> bool:
    """Read logind's setting: off unless the last file that names it says yes."""
    # The first file that is there counts, then what lies in the folders of the same names.
    places = [f"{folder}/systemd/logind.conf" for folder in ("etc", "run", "usr/lib")]
    drop_ins = {
        path.name: path
        for each in reversed(places)
        for path in examined.folders(f"{each}.d", "*.conf")
    }
    main = next((each for each in places if (examined.root / each).exists()), places[0])
    texts = [examined.read(main), *(examined.read(drop_ins[name]) for name in sorted(drop_ins))]
    said = re.findall(r"^[ \t]*KillUserProcesses[ \t]*=(.*)$", "\n".join(texts), re.MULTILINE)
    return bool(said) and said[-1].strip().lower() in ("yes", "true", "on", "1")


DISPLAY_SECONDS = 4.0
"""In which a display is tried out, in a process that may die of it."""


def check_display(examined: Examined) -> Iterator[Finding]:
    """Yield why no window could be shown; all else works without."""
    display = examined.environment.get("DISPLAY", "")
    if not display:
        yield note(
            "no display: DISPLAY is not set, so no window can be shown",
            "DISPLAY=:0 pmv-tui shows them on the rig's own monitor; ssh -X forwards one",
        )
        return
    xauthority = examined.environment.get("XAUTHORITY", "")
    environment = viewer_environment(examined.environment, display, xauthority)
    try:
        # As the viewer does it, but no window is opened: a person may be looking at that display.
        ended = run_child(["pmv_tui.windows"], DISPLAY_SECONDS, environment)
    except subprocess.TimeoutExpired:
        yield warning(
            f"the display {display} hangs: no answer within {DISPLAY_SECONDS:g} s",
            "see whether its X server, or the ssh -X that forwards it, still runs",
        )
        return
    found = {"why": f"the trial ended with {ended.returncode}"}
    if ended.returncode == 0:
        found = json.loads(ended.stdout)
    if framework := found.get("framework"):
        yield ok(f"windows can be shown on {display} ({framework})")
    else:
        yield warning(
            f"no window can be shown on {display}: {found['why']}",
            found.get("remedy") or "choose another DISPLAY; pmv-tui runs without windows too",
        )


COLUMNS, LINES = 80, 24


def check_terminal(examined: Examined) -> Iterator[Finding]:
    """Yield what makes the TUI look poor in this terminal."""
    yield _letters(examined)
    if examined.terminal is None:
        yield note("the output goes to no terminal, so nothing is known of one")
        return
    columns, lines = examined.terminal
    if columns < COLUMNS or lines < LINES:
        text = f"the terminal has {columns}x{lines} characters"
        yield warning(text, f"make it {COLUMNS}x{LINES} or larger")
    else:
        yield ok(f"{columns}x{lines} characters")
    yield _colors(examined)


def _letters(examined: Examined) -> Finding:
    """Read the locale as the C library would: the first of three that is set."""
    names = (examined.environment.get(each) for each in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next(filter(None, names), "")
    if "utf-8" in locale.lower() or "utf8" in locale.lower():
        return ok(f"letters: UTF-8 (locale {locale})")
    said = f"the locale {locale} is not UTF-8" if locale else "no locale is set"
    return warning(f"{said}: the TUI keeps to ASCII", "export LC_ALL=C.UTF-8")


def _colors(examined: Examined) -> Finding:
    environment = examined.environment
    name = environment.get("TERM", "")
    inside = ", inside tmux" if environment.get("TMUX") else ""
    if name in NO_TERMINAL:
        return warning(f"TERM is {name or 'not set'}", "export TERM=xterm-256color")
    if environment.get("COLORTERM") in ("truecolor", "24bit"):
        return ok(f"all colours ({name}{inside})")
    # What is drawn with goes by the name too, and not by the terminal's own list of what it can.
    if name.endswith("256color") or name == "xterm-kitty":
        return ok(f"256 colours ({name}{inside})")
    remedy = "export TERM=xterm-256color, if the terminal has them, as nearly all do"
    if inside:
        remedy = 'in ~/.tmux.conf: set -g default-terminal "tmux-256color"'
    return note(f"16 colours ({name}{inside})", remedy)


REQUIRED = ("msgpack", "numpy", "opencv-python", "pydantic", "pypylon", "pyzmq", "textual")


def check_libraries(_: Examined) -> Iterator[Finding]:
    """Yield the versions of everything involved."""
    yield ok(
        f"pmv-tui {__version__}, Python {platform.python_version()}, "
        f"Linux {platform.release()} on {platform.machine()}, libzmq {zmq.zmq_version()}",
    )
    there = []
    for name in (*REQUIRED, "PyGObject"):
        try:
            there.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            if name in REQUIRED:
                yield error(f"{name} is not installed", f"pip install {name}")
            else:
                yield note(f"{name} is not installed: aravis cameras need it")
    yield ok(", ".join(there + _aravis()))


def _aravis() -> list[str]:
    """Name the version of the library itself, which is no Python package, where it is there."""
    try:
        library = ctypes.CDLL("libaravis-0.8.so.0")
    except OSError:
        return []
    parts = (library[f"arv_get_{part}_version"]() for part in ("major", "minor", "micro"))
    return [f"aravis {'.'.join(map(str, parts))}"]
