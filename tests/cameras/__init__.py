"""Tests of the camera back ends."""
