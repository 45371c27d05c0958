"""The command line. Each command imports only what it needs, so that --help is there at once.

Exit codes: 0 done; 1 it could not be done (no engine, a port in use, nothing received, …);
2 the command line or the config file is wrong.
"""

from pmv_tui.cli.main import main

__all__ = ["main"]
