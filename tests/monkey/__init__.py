"""Random keys, mouse, sizes and bytes, which the real TUI must survive."""
