"""Cameras of every kind behind one small interface."""

BUILT_IN = {"simulated": "built in, nothing to connect: it has the cameras that a config lists"}
"""Back ends whose cameras no search finds, and what is said of them."""
