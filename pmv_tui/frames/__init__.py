"""A camera's newest images in shared memory: the engine writes, windows and local scripts read."""
