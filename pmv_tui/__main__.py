"""`python -m pmv_tui` is `pmv-tui`."""

import sys

from pmv_tui.cli import main

sys.exit(main())
