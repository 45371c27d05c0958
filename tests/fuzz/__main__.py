"""`python -m tests.fuzz TARGET [OPTION...]`: feeds a target what reaches new code, until it breaks.

Options are libFuzzer's: -max_total_time=60, -runs=100000, a folder for what reached new code.
"""

import logging
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pmv_tui"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Run one target."""
    name, *options = sys.argv[1:]
    logging.disable()  # what the engine logs of each request
    # libFuzzer writes what it finds into the first folder; the seeds stay as they are.
    grown = Path(".fuzz") / name
    grown.mkdir(parents=True, exist_ok=True)
    folder = Path(__file__).parent
    fixed = [f"-dict={folder}/words", "-max_len=8192", "-artifact_prefix=.fuzz/"]
    folders = [str(grown), str(folder / "corpus" / name)]
    atheris.Setup([sys.argv[0], *fixed, *options, *folders], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
