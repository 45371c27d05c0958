"""What is said of one camera below the table."""

from pmv_tui.tui.text.camera import detail_lines
from pmv_tui.wire.status import CameraStatus
from tests.tui.rig_double import a_camera

WIDE = 200


def details(camera: CameraStatus) -> dict[str, str]:
    """Return each row's text by its label."""
    rows = [
        "".join(cell.text for cell in line.cells).strip() for line in detail_lines(camera, WIDE)
    ]
    return {label: text.strip() for label, _, text in (row.partition(" ") for row in rows)}


def test_an_encrypted_camera_says_who_may_connect() -> None:
    here = details(a_camera(curve=True))
    assert here["sockets"].endswith("  encrypted, for listed clients only")
    anywhere = details(a_camera(curve=True, pub_address="tcp://*:5555"))
    assert anywhere["sockets"].endswith(
        "  ! other machines can reach it, encrypted, for listed clients only"
    )
    assert "encrypted" not in details(a_camera())["sockets"]


def test_who_was_turned_away_is_reported_with_the_reason_and_the_time(utc: None) -> None:  # noqa: ARG001 - sets it
    refused = a_camera(
        refused=3, refused_reason="it came without a \x1bkey", refused_at=1_700_000_000_000_000_000
    )
    assert (
        details(refused)["rejected"] == "3 times a client, last at 22:13:20: it came without a key"
    )
    assert "refused" not in details(a_camera())
