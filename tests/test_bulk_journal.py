"""What does a journal keep of what was written, whatever became of the file? And the lock, and the manifest."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.bulk.errors import JobChangedError, JobError, JobHeldError, JobStorageError
from any_llm.bulk.folder import Folder
from any_llm.bulk.journal import AHEAD, Journal
from any_llm.bulk.lock import held, sole
from any_llm.bulk.manifest import Counts, Done, Manifest, Source, fingerprint, load, save
from any_llm.bulk.replay import FRAME, HEAD, PIECE, Damage, Facts

ENTRIES = [
    (Facts([0, 1], 2, "float32", tokens=5, usd=0.5, requests=1), bytes(range(16))),
    (Facts([], errors={2: "InvalidRequestError: no"}, requests=3), b""),
    (Facts([3], 2, "int8", usd=0.0), b"aLJ1aLJ1"),
]
"""The last one's vectors look as an entry begins."""


def written(path, entries=ENTRIES):
    """Write a journal; the byte at which each entry ends."""
    ends = []
    with Journal(path) as journal:
        for facts, vectors in entries:
            journal.append(facts, memoryview(vectors))
            ends.append(journal.end)
    return ends


def read(path):
    """What is read when it is opened, which cuts what is torn; and the entries, by what their heads say."""
    with Journal(path) as journal:
        found = journal.found
    data, behind = path.read_bytes(), dict(found.damaged)
    entries, begins, at = [], [], behind.get(0, 0)
    while at < found.end:
        _, told, vectors, _ = HEAD.unpack_from(data, at)
        begin = at + FRAME + told
        entries.append((msgspec.msgpack.decode(data[at + FRAME : begin], type=Facts), data[begin : begin + vectors]))
        begins.append(begin)
        at = behind.get(begin + vectors, begin + vectors)
    assert found.slots == [slot for facts, _ in entries for slot in facts.slots]
    assert found.begins == [begin for begin, (facts, _) in zip(begins, entries, strict=True) if facts.slots]
    assert found.counts == [len(facts.slots) for facts, _ in entries if facts.slots]
    assert found.tokens == sum(facts.tokens for facts, _ in entries)
    assert found.requests == sum(facts.requests for facts, _ in entries)
    return entries, found.damaged


def test_a_journal_has_one_writer(tmp_path):
    path = tmp_path / "journal"
    with Journal(path), pytest.raises(JobHeldError, match="being written to by another process"):
        sole(path, patience=0.0)
    os.close(sole(path, patience=0.0))


def test_what_was_spent_on_failed_rows_tried_again_counts_before_their_part_is_written_anew(tmp_path):
    folder = Folder(tmp_path / "out.parquet")
    done = {"0": Done(3, failed=1, usd=0.5), "1": Done(3, usd=0.25)}
    manifest = Manifest(sources=[], identity={}, layout={}, counts=Counts(), shard_rows=3, done=done)
    facts = Facts([], usd=0.5)
    written(folder.journal(0), [(facts, b""), (facts, b"")])
    written(folder.journal(2), [(facts, b"")])
    assert folder.spent(manifest) == 1.75


@pytest.fixture(scope="module")
def in_memory(tmp_path_factory):
    """A folder where it takes no time to force a file onto the disk, if this system has one."""
    memory = Path("/dev/shm")  # noqa: S108  # for as long as the tests
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path_factory.getbasetemp()) as folder:
        yield Path(folder)


def test_what_was_written_is_read(tmp_path):
    ends = written(tmp_path / "journal")
    assert read(tmp_path / "journal") == (ENTRIES, [])
    assert (tmp_path / "journal").stat().st_size == ends[-1]


@given(kept=st.integers(0, 400), zeros=st.integers(0, 50))
def test_a_torn_end_is_cut_and_what_was_whole_stays(kept, zeros, in_memory):
    path = in_memory / "journal"
    path.unlink(missing_ok=True)
    ends = written(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:kept] + bytes(zeros))
    count = sum(end <= kept for end in ends)
    assert read(path) == (ENTRIES[:count], [])
    with Journal(path) as journal:
        journal.append(*ENTRIES[0][:1], memoryview(ENTRIES[0][1]))
    assert read(path) == ([*ENTRIES[:count], ENTRIES[0]], [])


@given(data=st.data())
def test_a_flipped_bit_is_found_and_costs_its_own_entry_alone(data, in_memory):
    path = in_memory / "journal"
    path.unlink(missing_ok=True)
    ends = written(path)
    place = data.draw(st.integers(0, ends[1] - 1))
    whole = bytearray(path.read_bytes())
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(whole)
    entries, damaged = read(path)
    hit = 0 if place < ends[0] else 1
    if HEAD.size <= place - (0, *ends)[hit] < FRAME:  # the sum of the head, which only finds what lies behind damage
        assert (entries, damaged) == (ENTRIES, [])
        return
    assert entries == [entry for number, entry in enumerate(ENTRIES) if number != hit]
    assert damaged == [((0, *ends)[hit], ends[hit])]


def test_entries_that_lie_across_pieces_and_one_larger_than_a_piece_are_read(tmp_path):
    path = tmp_path / "journal"
    sizes = [PIECE // 3] * 8 + [3 * PIECE, 5, PIECE // 3, 2 * PIECE]
    vectors = [bytes([number]) * size for number, size in enumerate(sizes)]
    ends = written(path, [(Facts([number], size), vectors[number]) for number, size in enumerate(sizes)])
    entries, damaged = read(path)
    assert ([facts.slots for facts, _ in entries], damaged) == ([[number] for number in range(len(sizes))], [])
    assert [each for _, each in entries] == vectors
    with path.open("rb+") as file:
        for place in (ends[4] - 1, ends[8] - 1):
            file.seek(place)
            file.write(b"!")
    entries, damaged = read(path)
    assert [facts.slots[0] for facts, _ in entries] == [0, 1, 2, 3, 5, 6, 7, 9, 10, 11]
    assert damaged == [Damage(ends[3], ends[4]), Damage(ends[7], ends[8])]


def test_room_is_set_aside_before_it_is_needed_and_given_back(tmp_path):
    path = tmp_path / "journal"
    with Journal(path) as journal:
        journal.reserve(100)
        assert path.stat().st_size == 100 + AHEAD
        journal.append(ENTRIES[0][0], memoryview(ENTRIES[0][1]))
        assert read_while_open(path) == ENTRIES[:1]
    assert path.stat().st_size == journal.end


def read_while_open(path):
    """What a process would find that came after a kill."""
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    return read(copy)[0]


def test_a_disk_that_is_full_is_told_before_anything_is_lost(tmp_path):
    path = tmp_path / "journal"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Journal(path) as journal:
        journal.append(ENTRIES[0][0], memoryview(ENTRIES[0][1]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        try:
            journal.reserve(500)
            with pytest.raises(JobStorageError, match="cannot grow") as caught:
                journal.reserve(5000)
            with pytest.raises(JobStorageError):
                journal.append(Facts([1], 5000), memoryview(bytes(5000)))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert caught.value.errno == errno.EFBIG
        journal.append(ENTRIES[2][0], memoryview(ENTRIES[2][1]))
    assert read(path) == ([ENTRIES[0], ENTRIES[2]], [])


def test_a_second_process_is_told_who_holds_the_job(tmp_path):
    program = "import pathlib, sys; from any_llm.bulk.lock import held\nwith held(pathlib.Path(sys.argv[1])): pass"
    command = [sys.executable, "-c", program, str(tmp_path / "lock")]
    with held(tmp_path / "lock"):
        with pytest.raises(JobHeldError, match=f"process {os.getpid()} on "), held(tmp_path / "lock"):
            pass
        other = subprocess.run(command, capture_output=True, text=True, check=False)
        assert f"process {os.getpid()} on " in other.stderr
    assert subprocess.run(command, capture_output=True, text=True, check=False).stderr == ""


BEGUN = Manifest([Source("a.csv", 5, "00")], {"model": "m", "dimensions": 8}, {"column": "text"}, Counts(rows=9), 1000)


def test_a_manifest_is_read_as_it_was_saved(tmp_path):
    path = tmp_path / "manifest.json"
    assert load(path) is None
    for done in ({}, {"0": Done(5, failed=1, tokens=9, usd=None)}):
        manifest = Manifest(BEGUN.sources, BEGUN.identity, BEGUN.layout, BEGUN.counts, 1000, done)
        save(path, manifest)
        assert load(path) == manifest
    assert [each.name for each in tmp_path.iterdir()] == ["manifest.json"]


@pytest.mark.parametrize(
    ("content", "error"),
    [("", JobError), ("{}", JobError), ("[]", JobError), (None, JobChangedError)],
    ids=["empty", "no fields", "a list", "of another version"],
)
def test_what_is_no_manifest_of_ours_is_refused(content, error, tmp_path):
    path = tmp_path / "manifest.json"
    save(path, Manifest(BEGUN.sources, {}, {}, Counts(), 1, version=99))
    if content is not None:
        path.write_text(content)
    with pytest.raises(error, match="--restart"):
        load(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, []),
        ({"counts": Counts(), "done": {"0": Done(1)}}, []),
        ({"sources": [Source("a.csv", 5, "01")]}, ["the input (a.csv)"]),
        ({"sources": [Source(f"{n}.csv", 5, "01") for n in range(5)]}, ["the input (a.csv, 0.csv, 1.csv, ...)"]),
        ({"identity": {"model": "n", "dimensions": 8}}, ["model (was m, is n)"]),
        (
            {"identity": {"model": "m", "prompt": "p"}},
            ["dimensions (was 8, is not given)", "prompt (was not given, is p)"],
        ),
        ({"layout": {"column": "body"}}, ["column (was text, is body)"]),
    ],
)
def test_what_differs_is_said(change, words):
    kept = {name: getattr(BEGUN, name) for name in ("sources", "identity", "layout", "counts", "shard_rows")}
    assert BEGUN.differs(Manifest(**{**kept, **change})) == words


def test_a_file_is_known_by_all_it_holds(tmp_path):
    path = tmp_path / "a"
    found = []
    for content in (b"x" * 100_000, b"x" * 99_999 + b"y", b""):
        path.write_bytes(content)
        found.append(fingerprint(path, "a"))
    assert [each.size for each in found] == [100_000, 100_000, 0]
    assert len({each.digest for each in found}) == 3
