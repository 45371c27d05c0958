"""Imported by Python at its start where this folder is on its path."""

import own_cameras  # type: ignore[import-not-found]  # noqa: F401 - for what it does
