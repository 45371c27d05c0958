"""The process that owns every HighGUI window, and what the engine needs to start and feed it."""
