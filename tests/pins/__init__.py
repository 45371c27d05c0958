"""What must not move: what scripts, files and people in the field rely on, pinned word for word."""
