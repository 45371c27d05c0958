"""Tests of the rigs on this and other machines."""
