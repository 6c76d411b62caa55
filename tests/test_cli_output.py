"""Does every format give the library's own numbers, and is a file whole or not there?"""

from __future__ import annotations

import io
import json
import os
import stat

import numpy as np
import pytest

import any_llm
from any_llm.types.completion import CreateEmbeddingResponse
from cli_command import COMMAND, omniembed, run_process

TEXTS = ["Hello, world!", "Grüße", "世界", "Hello, world!"]
EMBED = ("embed", "--model", "fake:any")


def _jsonl(data: bytes) -> np.ndarray:
    rows = [json.loads(line) for line in data.splitlines()]
    assert [list(row) for row in rows] == [["index", "embedding"]] * len(rows)
    assert [row["index"] for row in rows] == list(range(len(rows)))
    return np.array([row["embedding"] for row in rows], dtype=np.float32)


def _csv(data: bytes) -> np.ndarray:
    heading, *rows = [line.split(",") for line in data.decode().splitlines()]
    assert heading == ["index", *map(str, range(len(heading) - 1))]
    assert [row[0] for row in rows] == [str(index) for index in range(len(rows))]
    return np.array([row[1:] for row in rows], dtype=np.float64).astype(np.float32)


READERS = {
    "json": lambda data: CreateEmbeddingResponse.model_validate_json(data).to_numpy(),
    "jsonl": _jsonl,
    "csv": _csv,
    "npy": lambda data: np.load(io.BytesIO(data), allow_pickle=False),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("to_file", [True, False])
def test_a_format_gives_the_numbers_of_the_library(name, to_file, tmp_path):
    expected = any_llm.embedding("any", TEXTS, provider="fake").to_numpy()
    if to_file:
        ran = omniembed(*EMBED, *TEXTS, "-o", str(tmp_path / f"vectors.{name}"))
        data = (tmp_path / f"vectors.{name}").read_bytes()
        assert ran.stdout == b""
    else:
        ran = omniembed(*EMBED, *TEXTS, "--format", name)
        data = ran.stdout
    assert (ran.code, ran.stderr) == (0, "")
    found = READERS[name](data)
    assert found.dtype == np.float32
    assert np.array_equal(found, expected)


def test_json_has_the_shape_of_openai():
    found = json.loads(omniembed(*EMBED, "a b", "--format", "json").stdout)
    assert list(found) == ["data", "model", "object", "usage"]
    assert list(found["data"][0]) == ["embedding", "index", "object"]


@pytest.mark.parametrize(
    ("name", "empty"), [("jsonl", b""), ("csv", b"index\n"), ("npy", None), ("json", None), ("text", None)]
)
def test_no_texts_are_an_empty_result(name, empty):
    ran = omniembed(*EMBED, "-f", "-", "--format", name)
    assert (ran.code, ran.stderr) == (0, "")
    assert empty is None or ran.stdout == empty


@pytest.mark.parametrize(
    ("file", "options", "begins"),
    [
        ("v.JSON", [], b'{"data"'),
        ("v.ndjson", [], b'{"index"'),
        ("v.bin", ["--format", "npy"], b"\x93NUMPY"),
        ("v.json", ["--format", "csv"], b"index,"),  # what is said beats what is guessed
        ("v.txt", ["--format", "text"], b"fake:any"),
    ],
)
def test_the_format_is_said_or_guessed(file, options, begins, tmp_path):
    assert omniembed(*EMBED, "a", "-o", str(tmp_path / file), *options).code == 0
    assert (tmp_path / file).read_bytes().startswith(begins)
    assert [path.name for path in tmp_path.iterdir()] == [file]


@pytest.mark.parametrize("before", [None, b"precious"])
def test_a_failed_run_leaves_the_folder_as_it_was(before, tmp_path):
    target = tmp_path / "vectors.json"
    if before is not None:
        target.write_bytes(before)
    assert omniembed("embed", "-m", "fakee:any", "a", "-o", str(target)).code == 1
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([] if before is None else [before])


def test_a_file_is_replaced_through_its_link_and_keeps_its_mode(tmp_path):
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    assert omniembed(*EMBED, "a", "-o", str(link)).code == 0
    assert link.is_symlink()
    assert real.read_bytes().startswith(b'{"data"')
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_new_file_has_the_mode_of_any_new_file(tmp_path):
    (tmp_path / "other").touch()
    assert omniembed(*EMBED, "a", "-o", str(tmp_path / "v.json")).code == 0
    assert (tmp_path / "v.json").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("name", ["texts.csv", "same.csv", "linked.csv"])
def test_the_file_read_from_is_never_written_to(name, tmp_path):
    texts = tmp_path / "texts.csv"
    texts.write_bytes(b"one\ntwo\n")
    (tmp_path / "same.csv").hardlink_to(texts)
    (tmp_path / "linked.csv").symlink_to(texts)
    ran = omniembed(*EMBED, "-f", str(texts), "-o", str(tmp_path / name))
    assert (ran.code, texts.read_bytes()) == (2, b"one\ntwo\n")
    assert "is the file read from" in ran.stderr


def test_nor_is_the_file_that_standard_input_is(tmp_path):
    (tmp_path / "texts.csv").write_bytes(b"one\ntwo\n")
    with (tmp_path / "texts.csv").open("rb") as standard_input:
        ran = run_process(*COMMAND, *EMBED, "-o", str(tmp_path / "texts.csv"), stdin=standard_input)
    assert (ran.code, (tmp_path / "texts.csv").read_bytes()) == (2, b"one\ntwo\n")


@pytest.mark.parametrize(
    ("target", "code", "told"), [("", 2, "it is a folder"), ("absent/v.json", 1, "No such file or directory")]
)
def test_where_nothing_can_be_written_nothing_is_sent(target, code, told, tmp_path):
    # The provider does not exist: had it been asked, that would be the error.
    ran = omniembed("embed", "-m", "fakee:any", "a", "--format", "json", "-o", str(tmp_path / target))
    assert (ran.code, list(tmp_path.iterdir())) == (code, [])
    assert told in ran.stderr


def test_a_device_is_written_to_and_stays_a_device(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert omniembed(*EMBED, "a", "--format", "csv", "-o", str(pipe)).code == 0
        assert os.read(reading, 6) == b"index,"
        assert stat.S_ISFIFO(pipe.stat().st_mode)
    finally:
        os.close(reading)
