"""The README lists the keys of windows as windows do."""

from pathlib import Path

from pmv_tui.windows.keys import ACTS, CLOSING, KEYS

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_has_the_keys_of_windows() -> None:
    _, _, after = README.read_text().partition("In a camera's window:")
    rows = [line.split("|")[1:3] for line in after.split("\n\n")[1].splitlines()[2:]]
    documented = [keys.replace("`", "").strip() for keys, _ in rows]
    shown = [keys.shown.replace("hjkl", "h j k l") for keys in KEYS]
    assert documented == shown
    for (_, does), keys in zip(rows, KEYS, strict=True):
        assert does.strip().startswith(keys.help.partition(";")[0])


def test_no_key_does_two_things() -> None:
    assert len(ACTS) == sum(len(keys.acts) for keys in KEYS)
    assert not CLOSING & set(ACTS)
