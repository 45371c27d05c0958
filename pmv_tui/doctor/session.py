"""The log-in session: whether an engine lives on when the SSH line drops."""

from collections.abc import Iterator

from pmv_tui.doctor.examined import Examined
from pmv_tui.doctor.finding import Finding, ok, warning

_FILES = ("etc/systemd/logind.conf", "run/systemd/logind.conf", "usr/lib/systemd/logind.conf")
"""The first that is there counts, and below it what lies in the folders of the same names."""


def look(examined: Examined) -> Iterator[Finding]:
    """Tell whether logind kills what a user leaves behind."""
    # Root is left alone by default: KillExcludeUsers.
    if not _kills(examined) or examined.user == "root":
        yield ok("an engine lives on after its user logs out")
        return
    if (examined.root / f"var/lib/systemd/linger/{examined.user}").exists():
        yield warning(
            "logind kills a session's processes at log-out (KillUserProcesses=yes)",
            "start the engine outside the session: systemd-run --user pmv-tui serve",
        )
    else:
        yield warning(
            "logind kills a session's processes at log-out (KillUserProcesses=yes): the engine too",
            f"loginctl enable-linger {examined.user}, and start it with: systemd-run --user "
            "pmv-tui serve; or set KillUserProcesses=no in /etc/systemd/logind.conf",
        )


def _kills(examined: Examined) -> bool:
    """Read logind's setting: off unless the last file that names it says yes."""
    main = next((each for each in _FILES if (examined.root / each).exists()), _FILES[0])
    drop_ins = {
        path.name: str(path.relative_to(examined.root))
        for each in reversed(_FILES)
        for path in (examined.root / f"{each}.d").glob("*.conf")
    }
    kills = False
    for path in (main, *(drop_ins[name] for name in sorted(drop_ins))):
        for line in (examined.read(path) or "").splitlines():
            key, _, value = line.partition("=")
            if key.strip() == "KillUserProcesses":
                kills = value.strip().lower() in ("yes", "true", "on", "1")
    return kills
