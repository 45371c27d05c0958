"""What the engine kept of cameras over time, folded into what a screen has room for."""

import numpy as np

from pmv_tui.tui.text.trends import Seconds
from pmv_tui.wire.history import read_history
from pmv_tui.wire.status import History

NS_PER_S = 1_000_000_000


def last_seconds(history: History) -> Seconds:
    """Add up the fields of a history of seconds."""
    rows = read_history(history)
    last = round(rows.times[-1] / NS_PER_S) - 1 if len(rows.times) else 0
    values = np.sum([each[:, 0] for each in rows.values.values()], axis=0)
    return Seconds(last, values.tolist())
