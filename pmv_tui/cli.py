"""The command line."""


def main() -> int:
    """Run the command that the arguments name."""
    raise SystemExit(2)
