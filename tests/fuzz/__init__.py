"""Fuzzing: what bytes from outside may do. `make fuzz` looks for more, the tests replay what is."""
