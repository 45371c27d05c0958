"""Counts the frames that were lost on the link, by the ids that a camera gives its frames."""

NO_ID = 2**64 - 1
"""What stands for the id of a frame that has none."""

GIGE_IDS = 0xFFFF
"""GigE Vision counts frames from 1 to this and starts over."""


def missing_between(previous: int | None, frame_id: int) -> int:
    """Count the frames between two that arrived, by the ids that the camera gave them.

    Parameters
    ----------
    previous : of the frame before; None at the start.
    """
    if previous is None or NO_ID in (previous, frame_id):
        return 0
    step = frame_id - previous
    if step < 0:
        step %= GIGE_IDS
        # A step back that is no small step forward in GigE Vision's ids is a count begun anew.
        if previous > GIGE_IDS or step > GIGE_IDS // 2:
            return 0
    return max(0, step - 1)
