"""Which cameras are in trouble, and how that is said."""

from collections.abc import Iterable

from pmv_tui.control.messages import CameraStatus
from pmv_tui.tui.columns import STATE_TONES, in_trouble


def trouble_of(camera: CameraStatus) -> str:
    """Say what is wrong with a camera, after the word "is"; empty where nothing is."""
    if not in_trouble(camera):
        return ""
    if STATE_TONES.get(camera["state"]) == "bad":
        return "in error" if camera["state"] == "error" else camera["state"]
    return "with a plug that failed" if camera["plugged"] else "not plugged"


def count_troubles(cameras: Iterable[CameraStatus]) -> str:
    """Say how many cameras are in trouble, such as "1 in error"; empty where none is."""
    troubles = [trouble for camera in cameras if (trouble := trouble_of(camera))]
    if not troubles:
        return ""
    return f"{len(troubles)} {troubles[0] if len(set(troubles)) == 1 else 'in trouble'}"


def troubles_first(cameras: Iterable[CameraStatus]) -> list[CameraStatus]:
    """Put the cameras that are in trouble before the others; else the order stays."""
    return sorted(cameras, key=lambda camera: not in_trouble(camera))


class Troubles:
    """Notices cameras that worked and fail."""

    def __init__(self) -> None:
        self._worked: set[str] = set()

    def new(self, cameras: Iterable[CameraStatus]) -> list[CameraStatus]:
        """Give those that have failed since they were last seen to work; each once."""
        failed = []
        for camera in cameras:
            unique_id = camera["unique_id"]
            if STATE_TONES.get(camera["state"]) == "good":
                self._worked.add(unique_id)
            elif in_trouble(camera) and unique_id in self._worked:
                self._worked.discard(unique_id)
                failed.append(camera)
        return failed
