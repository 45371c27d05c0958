"""The process that owns every HighGUI window. Empty until windows are built."""
