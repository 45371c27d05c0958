"""What a start leaves out until it is needed: counted in modules, not in seconds."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pmv_tui.tui
from pmv_tui.config.schema import TuiConfig
from pmv_tui.tui.state import DefaultTuiConfig

NOT_FOR_HELP = {
    "textual": "only the TUI draws",
    "numpy": "only images need it",
    "pydantic": "no config is read",
    "zmq": "no engine is asked",
    "msgpack": "no engine is asked",
    "psutil": "no process is looked at",
    "asyncio": "nothing is waited for",
    "subprocess": "nothing is started",
    "cv2": "no camera is opened",
    "pypylon": "no camera is opened",
    "argcomplete": "no shell asks",
    "pmv_tui.engine": "no engine runs here",
    "pmv_tui.config": "no config is read",
    "pmv_tui.tui": "nothing is drawn",
}
"""What `pmv-tui --help` does without, and why it can."""

NOT_FOR_FIRST_PAINT = {
    "numpy": "only pictures need it, which are shown when a key asks for them",
    "pydantic": "only a config file with [tui] in it needs checking before the TUI is drawn",
    "psutil": "it lists this machine's addresses, in one dialog",
    "cv2": "the engine's and the viewer's",
    "pypylon": "the engine's",
    "pmv_tui.cameras": "the engine's",
    "pmv_tui.wire.history": "only trends and plots need it, and it needs numpy",
    "pmv_tui.tui.screens.camera": "opened later",
    "pmv_tui.tui.screens.lists": "opened later",
    "pmv_tui.tui.screens.picture": "opened later",
    "pmv_tui.tui.screens.plots": "opened later",
    "plotext": "only plots need it",
    "pmv_tui.tui.screens.dialogs": "opened later",
    "pmv_tui.tui.screens.help": "opened later",
}
"""What the first paint does without, and why it can."""

HELP = """
from contextlib import suppress
from pmv_tui.cli import main
with suppress(SystemExit):
    main(["--help"])
"""

FIRST_PAINT = """
import asyncio
import pmv_tui.control.launch
from pathlib import Path
from pmv_tui.cli.start import _tui_config
from pmv_tui.control.async_client import AsyncControlClient
from pmv_tui.tui.app import PmvApp
from pmv_tui.tui.run import run_tui
from pmv_tui.tui.state import DefaultTuiConfig

class Engine:
    def runs(self): return True

async def paint():
    _tui_config(Path("/nowhere/config.toml"))
    client, config = AsyncControlClient("inproc://nobody"), DefaultTuiConfig()
    app = PmvApp(client, "", config=config, printed=list, engine=Engine())
    async with app.run_test(notifications=True) as pilot:
        await pilot.pause()
        assert "Waiting for the engine" in str(app.screen.query_one("#empty-text").content)
        tell_modules()

asyncio.run(paint())
"""

TELL = """
import json, sys
def tell_modules(): print("MODULES", json.dumps(sorted(sys.modules)))
"""


def modules_after(script: str) -> set[str]:
    """Run a script in a process of its own; return what it had imported when it said so."""
    done = subprocess.run(
        [sys.executable, "-c", TELL + script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("MODULES ")]
    return set(json.loads(lines[-1].removeprefix("MODULES ")))


def test_the_help_imports_nothing_that_it_does_not_need() -> None:
    loaded = modules_after(f"{HELP}\ntell_modules()")
    assert "argparse" in loaded
    assert {name: why for name, why in NOT_FOR_HELP.items() if name in loaded} == {}


def test_the_first_paint_imports_nothing_that_it_does_not_need() -> None:
    loaded = modules_after(FIRST_PAINT)
    assert "pmv_tui.tui.screens.rig" in loaded
    assert {name: why for name, why in NOT_FOR_FIRST_PAINT.items() if name in loaded} == {}


def test_nor_does_that_of_several_rigs() -> None:
    loaded = modules_after("import pmv_tui.tui.run_fleet\ntell_modules()")
    assert {name: why for name, why in NOT_FOR_FIRST_PAINT.items() if name in loaded} == {}


def test_after_it_no_key_has_to_wait_for_an_import() -> None:
    script = "import pmv_tui.tui.run\nfrom pmv_tui.tui import startup\nstartup.complete()"
    loaded = modules_after(f"{script}\ntell_modules()")
    folder = Path(pmv_tui.tui.__file__).parent
    names = [path.relative_to(folder).with_suffix("").parts for path in folder.rglob("*.py")]
    known = {".".join(("pmv_tui.tui", *name)).removesuffix(".__init__") for name in names}
    # Those that the command line imports, before and beside the app; and the app of several rigs.
    apart = (
        "key_map",
        "fleet",
        "fleet_app",
        "run_fleet",
        "screens.fleet",
        "text.rigs",
        "widgets.rigs",
    )
    assert known - loaded <= {f"pmv_tui.tui.{name}" for name in apart}


def test_a_file_without_a_tui_section_leaves_it_as_the_schema_has_it() -> None:
    assert asdict(DefaultTuiConfig()) == TuiConfig().model_dump()
