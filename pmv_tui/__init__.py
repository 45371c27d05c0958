"""pmv-tui: cameras for closed-loop experiments, run from a terminal."""

__version__ = "0.1.0"
