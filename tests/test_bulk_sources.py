"""Is a corpus read wherever fsspec finds it, and is it told when it is not what it was, or cannot be read?"""

from __future__ import annotations

import sys

import fsspec
import pyarrow as pa
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from pyarrow import csv, feather, parquet

from any_llm.bulk import JobChangedError, JobError, embed_file, estimate_file
from any_llm.bulk.sources import Remote
from cli_command import omniembed

TABLE = pa.table({"id": ["0", "1", "2"], "text": ["a", "b\nc", "a"]})
MODEL = {"model": "fake:m", "dimensions": 4}
FILES = {
    "in.parquet": lambda file: parquet.write_table(TABLE, file),
    "in.arrow": lambda file: feather.write_feather(TABLE, file),
    "in.csv": lambda file: csv.write_csv(TABLE, file),
    "in.jsonl": lambda file: file.write(b'{"id":"0","text":"a"}\n{"id":"1","text":"b\\nc"}\n{"id":"2","text":"a"}\n'),
}


@pytest.fixture(autouse=True)
def memory(tmp_path, monkeypatch):
    """A file system that fsspec has in memory, empty, and a folder to work in."""
    monkeypatch.chdir(tmp_path)
    files = fsspec.filesystem("memory")
    yield files
    files.rm("/", recursive=True)


def put(files, path, write):
    with files.open(path, "wb") as file:
        write(file)


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_where_it_lies(name, memory):
    put(memory, f"/corpora/{name}", FILES[name])
    address = f"memory://corpora/{name}"
    assert estimate_file(address, model="fake:m").rows == 3
    report = embed_file(address, "out.parquet", **MODEL, shard_rows=2)
    made = parquet.read_table("out.parquet")
    assert made.select(["id", "text"]).to_pylist() == TABLE.to_pylist()
    assert (report.texts, len({*map(tuple, made["embedding"].to_pylist())})) == (2, 2)
    assert embed_file(address, "out.parquet", **MODEL).texts == 0


def test_a_folder_is_read_in_the_order_of_its_names(memory):
    for name in ("b.csv", "a/z.parquet", "a/notes.md", "_drafts/in.csv", ".hidden.csv", "out.job/in.csv"):
        put(memory, f"/corpora/deep/{name}", FILES["in.parquet" if name.endswith("parquet") else "in.csv"])
    for address in ("memory://corpora/deep", "memory://corpora/deep/"):
        report = embed_file(address, "out.parquet", **MODEL)
    assert (report.rows, report.texts) == (6, 0)


def test_a_file_that_has_changed_is_another_job(memory):
    put(memory, "/in.csv", FILES["in.csv"])
    embed_file("memory://in.csv", "out.parquet", **MODEL)
    put(memory, "/in.csv", FILES["in.csv"])  # the same bytes, later: all that this file system can say
    with pytest.raises(JobChangedError, match=r"the input \(in.csv\)"):
        embed_file("memory://in.csv", "out.parquet", **MODEL)


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")  # of others
def test_a_bucket_is_read_and_its_etags_tell_what_has_changed(monkeypatch):
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        keys = {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "DEFAULT_REGION": "us-east-1"}
        for name, value in {**keys, "ENDPOINT_URL": "http://{}:{}".format(*server.get_host_and_port())}.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        bucket = boto3.resource("s3").create_bucket(Bucket="corpora")
        for name in ("a.csv", "deep/b.csv"):
            bucket.put_object(Key=f"in/{name}", Body=b"text\nhello\nworld\n")
        assert embed_file("s3://corpora/in", "out.parquet", **MODEL).rows == 4
        bucket.put_object(Key="in/a.csv", Body=b"text\nhello\nworld\n")
        assert embed_file("s3://corpora/in", "out.parquet", **MODEL).texts == 0
        bucket.put_object(Key="in/a.csv", Body=b"text\nhello\nWorld\n")
        with pytest.raises(JobChangedError, match=r"the input \(a.csv\)"):
            embed_file("s3://corpora/in", "out.parquet", **MODEL)
        with pytest.raises(JobError, match=r"there is no s3://corpora/nothing.csv"):
            embed_file("s3://corpora/nothing.csv", "other.parquet", **MODEL)
    finally:
        server.stop()


class Silent(MemoryFileSystem):
    """Says no more of a file than how long it is."""

    protocol = "silent"

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.replace("silent://", "memory://"))

    def info(self, path, **_):
        """Leave out when it was made."""
        return {name: fact for name, fact in super().info(path).items() if name != "created"}


def test_where_a_file_system_says_nothing_all_of_a_file_is_read(memory):
    fsspec.register_implementation("silent", Silent, clobber=True)
    put(memory, "/in.csv", FILES["in.csv"])
    told = Remote("memory://in.csv").source("in.csv")
    silent = Remote("silent://in.csv").source("in.csv")
    assert told.digest.startswith("created 2")
    assert (silent.size, len(silent.digest)) == (told.size, 32)


@pytest.mark.parametrize(
    ("address", "hidden", "words"),
    [
        ("memory://nothing.csv", "", "there is no memory://nothing.csv."),
        ("memory://in.xlsx", "", "tells no format"),
        ("unheard-of://in.csv", "", "nothing that is installed reads unheard-of://."),
        ("s3://bucket/in.csv", "fsspec", "s3:// needs a package that is not installed: pip install fsspec s3fs"),
        ("gs://bucket/in.csv", "gcsfs", "gs:// needs a package that is not installed: pip install fsspec gcsfs"),
        ("http://me:secret@127.0.0.1:9/in.csv?sig=secret", "", "there is no http://127.0.0.1:9/in.csv."),
    ],
)
def test_what_cannot_be_read_is_one_line_without_a_secret(address, hidden, words, memory, monkeypatch):
    put(memory, "/in.xlsx", FILES["in.csv"])
    if hidden:
        monkeypatch.setitem(sys.modules, hidden, None)
    ran = omniembed("bulk", address, "-o", "out.parquet", "-m", "fake:m")
    assert ran.code == 1
    assert words in ran.stderr
    assert "secret" not in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_the_output_is_a_path_of_this_machine(memory):
    put(memory, "/in.csv", FILES["in.csv"])
    with pytest.raises(JobError, match="the output is a path of this machine"):
        embed_file("memory://in.csv", "memory://out.parquet", **MODEL)
