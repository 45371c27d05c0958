"""Counts the frames that were lost on the link, by the ids that a camera gives its frames."""

NO_ID = 2**64 - 1
"""What stands for the id of a frame that has none."""

GIGE_IDS = 0xFFFF
"""GigE Vision counts frames from 1 to this and starts over."""


def missing_between(previous: int | None, frame_id: int, skipped: int) -> int:
    """Count the frames that were lost on the link between two that arrived.

    Parameters
    ----------
    previous, frame_id : ids that the camera gave the frames; `previous` is None at the start.
    skipped : frames in between that arrived and were overwritten.
    """
    if previous is None or NO_ID in (previous, frame_id):
        return 0
    step = frame_id - previous
    if step < 0 and previous <= GIGE_IDS:
        step += GIGE_IDS
    return max(0, step - 1 - skipped)
