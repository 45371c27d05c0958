"""What is shown where the rig has no camera: why that may be, and what to do."""

from textual.content import Content

from pmv_tui.control.messages import BackendStatus, Snapshot
from pmv_tui.tui.text import plain


def empty_rig(snapshot: Snapshot) -> Content:
    """Explain an empty table.

    The text is assembled and never read as markup, for it holds paths and reasons from outside.
    """
    engine = snapshot["engine"]
    config = plain(engine["config_path"])
    if engine["config_exists"]:
        where = f"{config} lists none, and no search found one."
    else:
        where = f"{config} does not exist, and no search found one."
    parts: list[str | tuple[str, str]] = [
        ("No cameras yet\n\n", "bold"),
        f"{where}\n\n",
        ("What to do\n", "bold"),
        "  Connect a camera, then press r to search again.\n",
        "  Or list one in the config file, then stop the engine (q) and start again:\n\n",
        ('    [[cameras]]\n    unique_id = "left-simulated"\n\n', "$text-muted"),
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
