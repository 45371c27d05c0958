"""What a config says once it is read, and what is said about one that is wrong."""

import os
import re
from pathlib import Path

import pytest
from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel

from pmv_tui.config.load import ConfigError, LoadedConfig, Problem, load_config
from pmv_tui.config.schema import CameraConfig, RigConfig


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def load(path: Path, text: str) -> LoadedConfig:
    path.write_text(text, encoding="utf-8", newline="")
    return load_config(path)


def problems(path: Path, text: str) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        load(path, text)
    assert "pydantic" not in str(caught.value)
    return list(caught.value.problems)


def camera_problem(path: Path, setting: str) -> Problem:
    """Return the one problem of a camera with one more setting, on line 3."""
    [problem] = problems(path, f'[[cameras]]\nunique_id = "left-simulated"\n{setting}\n')
    return problem


def test_a_put_rate_is_none_or_one_that_can_be_computed_with(path: Path) -> None:
    assert load(path, "[socket_config]\nput_rate = 0").config.socket_config.put_rate == 0
    [problem] = problems(path, "[socket_config]\nput_rate = 1e-300")
    assert "must be 0 for every new frame, or a number of at least 0.0001" in problem.text


def test_every_number_has_a_lowest_and_a_highest_value() -> None:
    sections: list[type[BaseModel]] = [RigConfig, CameraConfig]
    sections += [
        type(default)
        for field in RigConfig.model_fields.values()
        if isinstance(default := field.default, BaseModel)
    ]
    without = []
    for section in sections:
        for name, field in section.model_fields.items():
            bounds = {type(bound) for bound in field.metadata}
            if field.annotation in (int, float) and not (bounds & {Ge, Gt} and bounds & {Le, Lt}):
                without.append(name)
    assert len(sections) > 5
    assert without == []


def test_no_file_is_a_rig_that_lists_no_camera(path: Path) -> None:
    loaded = load_config(path)
    assert loaded.text is None
    assert loaded.config.cameras == ()
    assert loaded.config.socket_config.put_rate == 60


def test_an_empty_file_is_fine(path: Path) -> None:
    assert load(path, "").config.cameras == ()


def test_settings_are_read_and_whole_numbers_serve(path: Path) -> None:
    text = '[socket_config]\nput_rate = 0\n[[cameras]]\nunique_id = "0815-0000-basler"\nfps = 25\n'
    loaded = load(path, text)
    [camera] = loaded.config.cameras
    assert loaded.config.socket_config.put_rate == 0
    assert (camera.serial, camera.backend, camera.label) == ("0815-0000", "basler", "0815-0000")
    assert camera.fps == 25
    assert camera.exposure_time == 15_000


def test_a_region_of_interest_is_a_list_of_four(path: Path) -> None:
    text = '[[cameras]]\nunique_id = "7-aravis"\nroi = [8, 16, 640, 480]\ndownsampling = 4\n'
    [camera] = load(path, text).config.cameras
    assert camera.roi == (8, 16, 640, 480)
    assert camera.downsampling == 4


@pytest.mark.parametrize("text", ["\ufeff# left\r\n[[cameras]]\r\nunique_id = 'a-b'", "# µ\n"])
def test_the_text_is_kept_as_it_was(path: Path, text: str) -> None:
    loaded = load(path, text)
    assert loaded.text == text
    assert loaded.text.encode() == path.read_bytes()


def test_every_problem_is_reported_at_once_with_its_key_and_line(path: Path) -> None:
    text = """\
[socket_config]
put_rat = 60

[[cameras]]
unique_id = "left-simulated"
pub_adress = "tcp://localhost:5555"
fps = 0

[[cameras]]
name = "right"
pub_address = "tcp://localhost:99999"
"""
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    problems = [(problem.key, problem.line) for problem in caught.value.problems]
    assert problems == [
        ("socket_config.put_rat", 2),
        ("cameras[left-simulated].pub_adress", 6),
        ("cameras[left-simulated].fps", 7),
        ("cameras[2].unique_id", 9),
        ("cameras[2].pub_address", 11),
    ]
    assert str(caught.value).splitlines()[1] == (
        f"{path}:6: cameras[left-simulated].pub_adress: "
        "unknown key pub_adress; did you mean pub_address?"
    )


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        (
            "fps = 0",
            "0 is not allowed; it must be a number of at least 0.0001 and at most 100000, in",
        ),
        ("fps = 1e-310", "1e-310 is not allowed; it must be a number of at least 0.0001"),
        ('fps = "60"', '"60" is not allowed; it must be a number'),
        ("fps = true", "true is not allowed"),
        ("fps = inf", "inf is not allowed"),
        ("gain = nan", "nan is not allowed; it must be a number of at least -1000000 and at most"),
        ("gain = 1e308", "1e+308 is not allowed; it must be a number of at least -1000000"),
        ("exposure_time = -1.5", "-1.5 is not allowed; it must be a number of at least 0.001"),
        ("exposure_time = 1e300", "at most 100000000000, in µs"),
        ("source = -1", "an index is a whole number from 0 to 9999"),
        ("exposure_time = []", "an array is not allowed"),
        ("exposure_time = 2020-02-02 02:02:02", "2020-02-02 02:02:02 is not allowed"),
        (f"gain = 0x{'f' * 5000}", "a number this large is not allowed"),
        ("width = 3.5", "3.5 is not allowed; it must be a whole number of at least 16"),
        ('pixel_format = "RGB"', '"RGB" is not allowed; it must be "Mono" or "Colour"'),
        ("external_trigger = 1", "1 is not allowed; it must be true or false"),
        ("source = 1.5", "1.5 is not allowed; it must be text in quotes or a whole number"),
        ('source = ""', "empty; leave the line out"),
        (f'name = "{"x" * 65}"', "of at most 64 characters"),
        ('name = "a\\nb"', "cannot be shown"),
        ("pub_address = 5555", "it must be text in quotes"),
        ('pub_address = "localhost:5555"', "one looks like tcp://localhost:5555"),
        ('pull_address = "tcp://localhost:0"', "port 0 is not between 1 and 65535"),
        ('fourcc = "MPEG4"', "is not four letters for a pixel format, such as MJPG"),
        ('flip = "left"', '"none" or "horizontal" or "vertical" or "both"'),
        ("rotate = 45", "45 is not allowed; it must be 0 or 90 or 180 or 270"),
        ("downsampling = 3", "3 is not allowed; it must be 1 or 2 or 4"),
        ("roi = [0, 0, 640]", "an array is not allowed; it must be a list of 4 whole numbers"),
        ("roi = [0, 0, 640, 0]", "0 is not allowed; it must be a list of 4 whole numbers, in pix"),
        ('roi = [0, 0, "640", 480]', '"640" is not allowed'),
        ("loop = 1", "1 is not allowed; it must be true or false"),
        ("FPS = 60", "unknown key FPS; did you mean fps?"),
        ("put_rate = 60", "unknown key put_rate here; it belongs to [socket_config]"),
        ("zzz = 1", "unknown key zzz; known ones are unique_id, name, device, fps"),
    ],
)
def test_a_wrong_value_is_shown_with_what_is_allowed(path: Path, setting: str, words: str) -> None:
    problem = camera_problem(path, setting)
    assert words in problem.text
    assert problem.line == 3
    assert problem.key == f"cameras[left-simulated].{setting.split(maxsplit=1)[0]}"


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("cameras = 3", "cameras", "3 is not allowed; it must be a block headed [[cameras]]"),
        ('[cameras]\nunique_id = "a-b"', "cameras", "write [[cameras]], in double brackets"),
        ("cameras = [3]", "cameras[1]", "it must be a block headed [[cameras]]"),
        ("socket_config = 1", "socket_config", "it must be a block headed [socket_config]"),
        ("fps = 60", "fps", "unknown key fps here; it belongs to [[cameras]]"),
        ("[camera]", "camera", "unknown key camera; did you mean cameras?"),
        ('[[cameras]]\nunique_id = "x"', "cameras[x].unique_id", "<serial>-<backend>"),
    ],
)
def test_a_wrong_block_is_reported(path: Path, text: str, key: str, words: str) -> None:
    [problem] = problems(path, text)
    assert problem.key == key
    assert words in problem.text


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("roi = [0, 0, 640, 3]\ndownsampling = 4", "4 leaves no pixel of an image of 640x3; 2 is"),
        ("roi = [0, 0, 1, 480]\ndownsampling = 2", "2 leaves no pixel of an image of 1x480; 1 is"),
        (
            'roi = [0, 0, 7, 480]\ndownsampling = 4\npixel_format = "Colour"',
            "4 leaves no pixel of a raw Bayer image of 7x480; 2 is the largest that does; see roi",
        ),
    ],
)
def test_a_region_of_which_downsampling_leaves_nothing_is_reported(
    path: Path, settings: str, words: str
) -> None:
    [problem] = problems(path, f'[[cameras]]\nunique_id = "7-aravis"\n{settings}\n')
    assert problem.key == "cameras[7-aravis].downsampling"
    assert problem.line == 4
    assert words in problem.text


def test_a_region_that_downsampling_leaves_a_pixel_of_is_taken(path: Path) -> None:
    load(path, '[[cameras]]\nunique_id = "7-aravis"\nroi = [0, 0, 4, 4]\ndownsampling = 4\n')


def test_a_unique_id_as_long_as_a_book_is_refused_and_not_repeated(path: Path) -> None:
    [problem] = problems(path, f'[[cameras]]\nunique_id = "{"x" * 60_000}-simulated"\n')
    assert problem.text == "it has 60010 characters; a unique_id has 255 at most"
    assert len(problem.key) < 300


def test_lines_are_right_in_inline_tables_and_between_other_blocks(path: Path) -> None:
    inline = 'cameras = [\n  {unique_id = "a-b"},\n  {unique_id = "c-d", fps = 0},\n]\n'
    assert [problem.line for problem in problems(path, inline)] == [3]
    apart = (
        '[[cameras]]\nunique_id = "a-b"\n[socket_config]\npull_rate = 0\n'
        '[[cameras]]\nunique_id = "c-d"\nsource = """\n[[cameras]]\n"""\n"fps" = 0\n'
    )
    assert [problem.line for problem in problems(path, apart)] == [4, 10]


@pytest.mark.parametrize(
    ("first", "second", "key", "words"),
    [
        ('unique_id = "a-b"', 'unique_id = "a-b"', "unique_id", "a-b is listed more than once"),
        ('unique_id = "0-opencv"', 'unique_id = "0-basler"', "name", "0 is also what 0-opencv is"),
        (
            'unique_id = "a-b"\nname = "eye"',
            'unique_id = "c-d"\nname = "eye"',
            "name",
            "eye is also what a-b is called",
        ),
        ('unique_id = "a-b"', 'unique_id = "c-d"\nname = "a-b"', "name", "of another camera"),
        ('unique_id = "a-b"', 'unique_id = "c-d"\nname = "all"', "name", "every camera"),
        (
            'unique_id = "a-b"\npub_address = "tcp://localhost:7000"',
            'unique_id = "c-d"\npull_address = "tcp://0.0.0.0:7000"',
            "pull_address",
            "also the pub_address of a-b; choose another port",
        ),
        (
            'unique_id = "a-b"',
            'unique_id = "c-d"\npub_address = "tcp://*:7000"\npull_address = "tcp://[::1]:7000"',
            "pull_address",
            "also the pub_address of this camera",
        ),
    ],
)
def test_cameras_in_each_others_way_are_reported(
    path: Path, first: str, second: str, key: str, words: str
) -> None:
    [problem] = problems(path, f"[[cameras]]\n{first}\n[[cameras]]\n{second}\n")
    assert problem.key.endswith(f".{key}")
    assert words in problem.text
    assert problem.line is not None
    assert problem.line > first.count("\n") + 2


def test_a_wrong_value_hides_no_conflict(path: Path) -> None:
    text = '[[cameras]]\nunique_id = "a-b"\nfps = 0\n[[cameras]]\nunique_id = "a-b"\n'
    assert [problem.line for problem in problems(path, text)] == [3, 5]


def test_the_same_port_on_two_interfaces_is_no_conflict(path: Path) -> None:
    text = (
        '[[cameras]]\nunique_id = "a-b"\n'
        'pub_address = "tcp://127.0.0.1:7000"\npull_address = "tcp://127.0.0.2:7000"\n'
    )
    [camera] = load(path, text).config.cameras
    assert camera.pull_address == "tcp://127.0.0.2:7000"


def test_an_unknown_back_end_is_left_to_the_engine(path: Path) -> None:
    [camera] = load(path, '[[cameras]]\nunique_id = "1-somebody"\n').config.cameras
    assert camera.backend == "somebody"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a = 1\nfps 60\n", 2, "is not TOML: Expected '=' after a key in a key/value pair (column"),
        ("a = [1,\n2", 2, "is not TOML: Unclosed array (at the end)"),
        ("a = 1\na = 2\n", 2, "is not TOML: Cannot overwrite a value"),
        ("a = 1\na = 2\n", 2, "a stands twice: leave one of them out"),
        ("fps 60\n", 1, "write KEY = VALUE, such as fps = 30"),
        ("name = left\n", 1, 'write "left": text stands in quotes'),
        ("source = /dev/video0 # a webcam\r\n", 1, 'write "/dev/video0": text stands in quotes'),
        ("loop = True\n", 1, "write true, in small letters"),
        ("fps = 30,5\n", 1, "write 30.5, with a point"),
        ("fps =\n", 1, "a value is missing behind the ="),
        ("[cameras]\n[cameras]\n", 2, "write [[cameras]], in double brackets, above each camera"),
        ("[overlay]\n[overlay]\n", 2, "[overlay] stands twice: write its settings below one"),
        ("a = " + "9" * 5000, None, "is not TOML"),
        ("a = " + "[" * 5000, None, "nested too deeply"),
        *(
            (f"a = {'[' * depth}{']' * depth}", None, "nested too deeply; 32 levels are allowed")
            for depth in (33, 494, 496)
        ),
        ("a" + ".a" * 3000 + " = 1", None, "nested too deeply"),
        (
            "a = 1\nb = \u201cx\u201d",
            2,
            "column 5 is \u201c U+201C, left double quotation mark",
        ),
        (
            'a = "x\u201d\r\nb = 1',
            1,
            "column 7 is \u201d U+201D, right double quotation mark",
        ),
        ('a\xa0= "x"', 1, "column 2 is U+00A0, no-break space; write an ordinary blank"),
        ("a = \u22123", 1, "column 5 is \u2212 U+2212, minus sign; write a plain -"),
        (
            "\uff3ba]",
            1,
            "column 1 is \uff3b U+FF3B, fullwidth left square bracket",
        ),
        ('a = "\u201cx\u201d" x', 1, "after a statement (column 11)"),
    ],
)
def test_what_is_not_toml_is_reported_with_its_place(
    path: Path, text: str, line: int | None, words: str
) -> None:
    [problem] = problems(path, text)
    assert problem.line == line
    assert words in problem.text


def test_what_is_not_utf_8_is_reported_with_its_line(path: Path) -> None:
    path.write_bytes(b"# one\n# \xe9\n")
    with pytest.raises(ConfigError, match=re.escape(f"{path}:2: is not UTF-8 text")):
        load_config(path)


def test_a_folder_and_a_device_are_no_config(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder"):
        load_config(tmp_path)
    with pytest.raises(ConfigError, match="not a regular file"):
        load_config(Path(os.devnull))


def test_a_file_below_a_file_cannot_be_read(path: Path) -> None:
    path.touch()
    with pytest.raises(ConfigError, match="cannot be read: Not a directory"):
        load_config(path / "config.toml")


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("[overlay]\nhld = 1", "overlay.hld", "did you mean hold?"),
        ("[display]\ncaption = true", "display.caption", "did you mean captions?"),
        ("[tui]\nglyphs = 'utf8'", "tui.glyphs", '"auto" or "unicode" or "ascii"'),
        ("[tui]\nkeys = 3", "tui.keys", "a block headed [tui.keys]"),
        ("[tui.keys]\nplug = 3", "tui.keys.plug", "keys in quotes"),
    ],
)
def test_every_block_says_what_it_may_hold(path: Path, text: str, key: str, words: str) -> None:
    [problem] = problems(path, text)
    assert (problem.key, problem.line) == (key, 2)
    assert words in problem.text


def test_a_further_check_is_reported_with_the_others_and_its_line(path: Path) -> None:
    path.write_text("[tui.keys]\nplug = 'x'\n[overlay]\nhld = 1\n")
    with pytest.raises(ConfigError) as caught:
        load_config(
            path, lambda data: [(("tui", "keys", name), "odd") for name in data["tui"]["keys"]]
        )
    assert str(caught.value).splitlines() == [
        f"{path}:2: tui.keys.plug: odd",
        f"{path}:4: overlay.hld: unknown key hld; did you mean hold?",
    ]
