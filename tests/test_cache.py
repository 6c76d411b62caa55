"""Does a client with a cache pay once, in threads, tasks, processes and children, and does no broken file stop it?"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
from contextlib import closing

import pytest

from any_llm import AnyLLM, InvalidRequestError, embedding
from any_llm.cache.care import clear, info, prune
from any_llm.cache.database import VERSION, opened
from any_llm.cache.store import FileStore
from any_llm.types.entry import Entry

TEXTS = [f"text {number}" for number in range(20)]


def client(path, **options):
    return AnyLLM.create("fake", cache=path, **options)


def embed(path, texts=TEXTS, **options):
    with client(path) as made:
        return made.embedding("m", texts, **options)


def aembed(path, texts=TEXTS, **options):
    async def run():
        async with client(path) as made:
            return await made.aembedding("m", texts, **options)

    return asyncio.run(run())


COLOURS = pytest.mark.parametrize("colour", [embed, aembed], ids=["sync", "async"])


@COLOURS
@pytest.mark.parametrize("again", [embed, aembed], ids=["sync", "async"])
def test_what_was_paid_for_is_found(tmp_path, colour, again):
    path = tmp_path / "new" / "vectors"
    miss, hit = colour(path), again(str(path), [*reversed(TEXTS), "new"])
    assert (miss.requests.cached, hit.requests.cached) == (0, len(TEXTS))
    assert [item.embedding for item in miss.data] == [item.embedding for item in hit.data][-2::-1]
    assert info(path).vectors == len(TEXTS) + 1
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


def test_streams_find_too(tmp_path):
    with client(tmp_path / "v") as made:
        for count in (0, 20):
            chunks = list(made.embed_iter(iter(TEXTS), "m", chunk_size=7))
            assert sum(chunk.result.requests.cached for chunk in chunks) == count


@pytest.mark.parametrize(
    ("asked", "said", "used"),
    [
        (None, None, False),
        (None, "0", False),
        (None, "1", True),
        (None, "{path}", True),
        (False, "1", False),
        (True, None, True),
        (True, "0", True),
    ],
)
def test_the_option_and_the_variable_say_whether_and_where(tmp_path, monkeypatch, asked, said, used):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("ANY_LLM_CACHE", raising=False)
    if said is not None:
        monkeypatch.setenv("ANY_LLM_CACHE", said.format(path=tmp_path / "named"))
    arguments = {} if asked is None else {"cache": asked}
    for count in (0, 1 if used else 0):
        assert embedding("fake:m", "text", client_args=arguments).requests.cached == count
    found = [path for path in tmp_path.rglob("*") if path.is_file() and not path.name.endswith(("-wal", "-shm"))]
    assert [path.name for path in found] == ([] if not used else ["named"] if said == "{path}" else ["vectors.sqlite3"])


@pytest.mark.parametrize("wrong", [7, 1.5, b"path", ["path"]])
def test_what_is_no_path_is_refused(wrong):
    with pytest.raises(InvalidRequestError, match="cache must be"):
        AnyLLM.create("fake", cache=wrong)


def test_a_vector_that_depends_on_its_neighbours_is_not_kept(tmp_path):
    with AnyLLM.create("jina", api_key="key", api_base="http://127.0.0.1:9", cache=tmp_path / "v") as made:
        from any_llm.arguments import job
        from any_llm.flow.cached import CachedJob

        kinds = [
            isinstance(job(made._configuration, "jina-embeddings-v3", ["a", "b"], {}, extra), CachedJob)
            for extra in ({}, {"late_chunking": True}, {"late_chunking": False}, {"titles": ["a", "b"]})
        ]
    assert kinds == [True, False, True, False]


# --- no broken file stops a call -------------------------------------------------------------------------------------


def not_a_database(path):
    path.write_bytes(b"these are no vectors" * 1000)


def of_another_version(path):
    with sqlite3.connect(path) as connection:
        opened(path).close()
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()


def of_another_program(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()


def without_its_table(path):
    opened(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE vectors")
    connection.close()


def torn(path):
    embed(path, [f"{text} {'x' * 100}" for text in TEXTS * 20])
    forget()
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 + 100)


def overwritten(path):
    embed(path)
    forget()
    with path.open("r+b") as file:
        file.seek(100)
        file.write(os.urandom(40_000))


def a_folder(path):
    path.mkdir()


def under_a_file(path):
    path.parent.rmdir()
    path.parent.write_text("")


BROKEN = [
    not_a_database, of_another_version, of_another_program, without_its_table, torn, overwritten, a_folder,
    under_a_file,
]  # fmt: skip


def forget():
    """As a new process begins."""
    from any_llm.cache import place

    for cache in place._caches.values():
        cache.store.close()
    place._caches.clear()


@COLOURS
@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_broken_file_is_told_once_and_gone_on_without(tmp_path, colour, broken):
    path = tmp_path / "folder" / "v"
    path.parent.mkdir()
    broken(path)
    forget()
    with pytest.warns(UserWarning, match="calls go on without it") as told:
        results = [colour(path) for _ in range(3)]
    assert all(result.vectors == AnyLLM.create("fake").embedding("m", TEXTS).vectors for result in results)
    assert [result.requests.cached for result in results] == [0, 0, 0]
    assert len(told) == 1
    assert not any(text in str(told[0].message) for text in TEXTS)


@COLOURS
def test_a_locked_file_is_gone_on_without(tmp_path, colour):
    path = tmp_path / "v"
    opened(path).close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.warns(UserWarning, match="locked"):
            result = colour(path)
    finally:
        holder.close()
    assert len(result.data) == len(TEXTS)


def test_a_full_disk_is_gone_on_without(tmp_path):
    path = tmp_path / "v"
    told = []
    store = FileStore(path, told.append)
    entries = {bytes([number]) * 16: Entry(bytes(range(1, 201)) * 100) for number in range(100)}
    store.put({key: entries[key] for key in [*entries][:10]})
    store._connection.execute(f"PRAGMA max_page_count = {path.stat().st_size // 16384 + 20}")
    store.put(entries)
    assert [word for word in told if "full" in word] == told
    assert len(told) == 1
    store.close()
    with closing(FileStore(path, pytest.fail)) as again:
        assert again.get(entries).keys() == {*[*entries][:10]}


def test_a_bit_that_flipped_is_no_hit(tmp_path):
    path = tmp_path / "v"
    embed(path)
    with sqlite3.connect(path) as connection:
        row, vector = connection.execute("SELECT rowid, vector FROM vectors LIMIT 1").fetchone()
        flipped = bytes([vector[0] ^ 1]) + vector[1:]
        connection.execute("UPDATE vectors SET vector = ? WHERE rowid = ?", (flipped, row))
    connection.close()
    again = embed(path)
    assert again.requests.cached == len(TEXTS) - 1
    assert again.vectors == AnyLLM.create("fake").embedding("m", TEXTS).vectors
    assert embed(path).requests.cached == len(TEXTS)


# --- processes and threads -------------------------------------------------------------------------------------------

WRITER = """
    import sys
    from any_llm import AnyLLM
    path, first = sys.argv[1], int(sys.argv[2])
    with AnyLLM.create("fake", cache=path) as client:
        for start in range(first, first + 200, 10):
            client.embedding("m", [f"text {number}" for number in range(start, start + 10)])
"""


def test_ten_processes_on_one_file_lose_nothing(tmp_path):
    path = tmp_path / "v"
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", textwrap.dedent(WRITER), str(path)]
    # Each shares half of its texts with the next.
    running = [
        subprocess.Popen([*command, str(100 * number)], stderr=subprocess.PIPE, text=True)  # our own
        for number in range(10)
    ]
    assert [(process.communicate()[1], process.returncode) for process in running] == [("", 0)] * 10
    assert info(path).vectors == 1100
    result = embed(path, [f"text {number}" for number in range(1100)])
    assert result.requests.cached == 1100
    plain = AnyLLM.create("fake").embedding("m", [f"text {number}" for number in range(1100)])
    assert result.vectors == plain.vectors


def test_threads_share_one_file(tmp_path):
    results = []
    with client(tmp_path / "v") as made:
        threads = [
            threading.Thread(target=lambda: results.append(made.embedding("m", TEXTS, batch_size=3))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(results) == 8
    assert all(result.vectors == results[0].vectors for result in results)
    assert sum(len(TEXTS) - result.requests.cached for result in results) == len(TEXTS)


FORKER = """
    import os, sys
    from any_llm import AnyLLM
    client = AnyLLM.create("fake", cache=sys.argv[1])
    client.embedding("m", ["one", "two"])
    child = os.fork()
    result = client.embedding("m", ["one", "two", "child" if child == 0 else "parent"])
    assert result.requests.cached == 2, result.requests
    if child == 0:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert client.embedding("m", ["child", "parent"]).requests.cached == 2
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_opens_its_own(tmp_path):
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", textwrap.dedent(FORKER), str(tmp_path / "v")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # our own
    assert (ran.stderr, ran.returncode) == ("", 0)


# --- care ------------------------------------------------------------------------------------------------------------


def test_prune_keeps_what_was_used_last_and_clear_nothing(tmp_path):
    path = tmp_path / "v"
    texts = [f"text {number}" for number in range(3000)]
    embed(path, texts)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE vectors SET used = used - 5")
    connection.close()
    embed(path, texts[:100])
    forget()
    size = info(path).bytes
    assert prune(10 * size, path) == 0
    gone = prune(size // 2, path)
    assert 1000 < gone < 2900
    assert info(path) == (str(path), 3000 - gone, info(path).bytes)
    assert info(path).bytes <= size // 2
    assert embed(path, texts[:100]).requests.cached == 100
    assert clear(path) == 3000 - gone
    assert info(path).vectors == 0
    with pytest.raises(InvalidRequestError, match="no cache"):
        info(tmp_path / "none")


def test_a_client_without_a_cache_loads_nothing_of_it():
    program = (
        "import sys; from any_llm import embedding; embedding('fake:m', 'x'); "
        "print([name for name in sys.modules if 'sqlite' in name or 'cache.' in name and 'any_llm' in name])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_a_call_that_was_cancelled_holds_nobody_up(tmp_path):
    held = threading.Event()

    def key():
        held.set()
        threading.Event().wait(0.2)
        return "key"

    async def run():
        async with AnyLLM.create("openai", api_key=key, api_base="http://127.0.0.1:9/v1", cache=tmp_path / "v") as made:
            task = asyncio.create_task(made.aembedding("m", ["one"]))
            await asyncio.to_thread(held.wait)
            flights = made._configuration.cache.flights.under_way
            assert len(flights) == 1
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not flights

    asyncio.run(run())
