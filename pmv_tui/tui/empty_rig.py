"""What is shown where the rig has no camera: why that may be, and what to do."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from textual.content import Content

from pmv_tui.control.messages import BackendStatus, Snapshot
from pmv_tui.tui.text import plain


class Keys(NamedTuple):
    """The keys that help here, as people read them."""

    rescan: str
    quit: str


def empty_rig(snapshot: Snapshot, looked_at: Sequence[Path], keys: Keys) -> Content:
    """Explain an empty table.

    The text is assembled and never read as markup, for it holds paths and reasons from outside.

    Parameters
    ----------
    looked_at : where the config file was looked for, in order.
    """
    engine = snapshot["engine"]
    config = plain(engine["config_path"])
    if engine["config_exists"]:
        where = f"{config} lists none, and no search found one.\n"
        other = "another config file"
    else:
        where = "There is no config file, and no search found one. Looked for here:\n"
        where += "".join(f"  {plain(str(path))}\n" for path in looked_at)
        other = "a config file elsewhere"
    parts: list[str | tuple[str, str]] = [
        ("No cameras yet\n\n", "bold"),
        f"{where}\n",
        ("What to do\n", "bold"),
        f"  Connect a camera, then press {keys.rescan} to search again.\n",
        f"  Or list one in {config}, then stop the engine ({keys.quit}) and start again:\n\n",
        ('    [[cameras]]\n    unique_id = "left-simulated"\n\n', "$text-muted"),
        f"  For {other}: pmv-tui --config FILE.\n\n",
    ]
    unusable = [backend for backend in snapshot["backends"] if not backend["available"]]
    if unusable:
        parts.append(("Kinds of camera that cannot be used here\n", "bold"))
        parts += [piece for backend in unusable for piece in _unusable(backend)]
    return Content.assemble(*parts)


def _unusable(backend: BackendStatus) -> list[str | tuple[str, str]]:
    """Give the reason and the remedy of one back end."""
    pieces: list[str | tuple[str, str]] = [
        "  ",
        (plain(backend["name"]), "$text-warning"),
        f": {plain(backend['reason'])}\n",
    ]
    if backend["remedy"]:
        pieces.append(f"    {plain(backend['remedy'])}\n")
    return pieces
