"""Sentence Transformers in this process: bit for bit what it gives itself. It needs torch: run by `make soak`."""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from any_llm import AnyLLM, ContextLengthExceededError, UnsupportedParameterError, aembedding, embedding
from any_llm.exceptions import InvalidRequestError, ModelNotFoundError
from any_llm.providers.table import ROWS
from hub import serving
from library_models import static_folder
from library_process import in_a_process
from local_call import TINY, tiny_folder
from test_provider_pages import example

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.soak

PROVIDER = "sentence_transformers"
EXPECTED = json.loads((TINY / "expected.json").read_text(encoding="utf-8"))
TEXTS = ["a", "cab", "Bad cab, bad!", "the cat sat on the mat", "", " "]
TOKENS = [3, 5, 13, 11, 2, 2]
FULL, LONG = "a " * 18, "a " * 19


def itself(folder: Path, **client: Any) -> Any:
    """The library's own model."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", **client)


def ours(folder: Path | str, texts: Any = TEXTS, **options: Any) -> Any:
    return embedding(str(folder), texts, provider=PROVIDER, **options)


@pytest.mark.proves(PROVIDER, "server", "sentence-transformers")
def test_vectors_and_counts_are_its_own():
    result = ours(TINY)
    assert np.array_equal(result.to_numpy(), itself(TINY).encode(TEXTS))
    assert (result.usage.prompt_tokens, result.usage.source) == (sum(TOKENS), "measured")
    assert [ours(TINY, text).usage.prompt_tokens for text in TEXTS] == TOKENS
    assert (result.model, result.provider, result.input_type_applied) == (str(TINY), PROVIDER, None)


def test_a_vector_depends_on_its_text_and_not_on_its_company():
    together = ours(TINY).to_numpy()
    for batch_size in (1, 2, 5):
        assert np.allclose(ours(TINY, batch_size=batch_size).to_numpy(), together, atol=2e-7)
    assert np.allclose(ours(TINY, TEXTS[::-1]).to_numpy()[::-1], together, atol=2e-7)


def test_threads_and_tasks_get_the_same():
    expected, client = ours(TINY).to_numpy(), {"max_concurrency": 4}

    async def tasks() -> list[Any]:
        call = (aembedding(str(TINY), TEXTS, provider=PROVIDER, batch_size=1, client_args=client) for _ in range(4))
        return await asyncio.gather(*call)

    with ThreadPoolExecutor(4) as pool:
        threads = [pool.submit(ours, TINY, batch_size=1, client_args=client) for _ in range(8)]
        made = [thread.result() for thread in threads] + asyncio.run(tasks())
    for result in made:
        assert np.allclose(result.to_numpy(), expected, atol=2e-7)
        assert result.usage.prompt_tokens == sum(TOKENS)


@pytest.fixture
def _hasty():
    """Let threads interrupt one another a thousand times as often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(before / 1000)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_hasty")
def test_threads_that_count_do_not_keep_others_from_cutting():
    texts = [LONG * 3, "a"]
    expected = itself(TINY).encode(texts)
    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(ours, TINY, texts, overflow="truncate") for _ in range(200)]
        assert all(np.array_equal(each.result().to_numpy(), expected) for each in made)


def test_an_over_long_text_is_named_once(tmp_path):
    code = f"embedding({str(TINY)!r}, {LONG!r}, provider={PROVIDER!r})"
    printed = in_a_process(f"sys.stderr = sys.stdout\ntry: {code}\nexcept AnyLLMError as error: print(error)", tmp_path)
    assert printed.endswith("Input 0 has 21 tokens and " + f"{TINY} reads 20: shorten it, or pass overflow='truncate'.")
    assert printed.lower().count("token") == 1  # transformers would warn of it, too


def test_an_over_long_text_is_named_or_cut_where_it_cuts():
    assert ours(TINY, FULL).usage.prompt_tokens == 20
    with pytest.raises(ContextLengthExceededError, match=r"Input 2 has 21 tokens .* reads 20: .*'truncate'") as refused:
        ours(TINY, ["a", FULL, LONG], batch_size=2)
    assert (refused.value.index, "a a a" in str(refused.value)) == (2, False)
    cut = ours(TINY, [LONG, FULL, "a"], overflow="truncate")
    assert np.array_equal(cut.to_numpy(), itself(TINY).encode([LONG, FULL, "a"]))
    assert cut.usage.prompt_tokens == 20 + 20 + 3
    assert np.allclose(cut.to_numpy()[0], cut.to_numpy()[1], atol=2e-7)


def with_prompts(folder: Path, prompts: dict[str, str], **changed: Any) -> Path:
    settings = {"prompts": prompts, **changed.pop("settings", {})}
    return tiny_folder(folder, config_sentence_transformers=settings, **changed)


PROMPTS = {"query": "cat: ", "passage": "mat: ", "Clustering": "bad: ", "STS": "tab: "}
ROLES = [
    ("query", "prefix", "cat: "),
    ("document", "prefix", "mat: "),
    ("clustering", "prefix", "bad: "),
    ("similarity", "prefix", "tab: "),
    ("sts", "prefix", "tab: "),
    (None, None, ""),
]


@pytest.mark.parametrize(("role", "applied", "words"), ROLES)
def test_a_role_puts_the_models_words_before_the_text_once(tmp_path, role, applied, words):
    folder = with_prompts(tmp_path / "e5-base-v2", PROMPTS)  # whose name has words of its own
    result = ours(folder, input_type=role, overflow="truncate")
    assert result.input_type_applied == applied
    assert np.array_equal(result.to_numpy(), itself(folder).encode(TEXTS, prompt=words))
    assert np.allclose(result.to_numpy(), ours(TINY, [words + text for text in TEXTS]).to_numpy(), atol=2e-7)


@pytest.mark.parametrize("role", ["query", "document"])
@pytest.mark.parametrize("include", [True, False])
def test_queries_and_documents_are_what_its_own_methods_give(tmp_path, role, include):
    folder = with_prompts(tmp_path, {"query": "cat: ", "document": "mat: "}, pooling={"include_prompt": include})
    own = itself(folder)
    expected = (own.encode_query if role == "query" else own.encode_document)(TEXTS)
    assert np.array_equal(ours(folder, input_type=role).to_numpy(), expected)


def test_one_that_has_words_for_one_role_has_none_for_the_other():
    result = ours(TINY, input_type="document")
    assert result.input_type_applied == "not needed"
    assert np.array_equal(result.to_numpy(), itself(TINY).encode_document(TEXTS))
    with pytest.raises(UnsupportedParameterError, match="Its model knows document, query") as refused:
        ours(TINY, input_type="clustering")
    assert refused.value.parameter_name == "input_type='clustering'"


def test_words_for_every_text_are_left_out_only_where_a_role_has_others(tmp_path):
    folder = with_prompts(tmp_path, {"query": "cat: "}, settings={"default_prompt_name": "query"})
    plain = itself(TINY).encode(TEXTS)
    result = ours(folder)
    assert result.input_type_applied is None
    assert np.array_equal(result.to_numpy(), itself(folder).encode(TEXTS))
    assert result.usage.prompt_tokens == sum(TOKENS) + len(TEXTS) * len(["cat", ":"])
    assert np.array_equal(ours(folder, input_type="document").to_numpy(), plain)


@pytest.mark.parametrize(
    ("name", "role", "applied", "words"),
    [("e5-base-v2", "query", "prefix", "query: "), ("all-MiniLM-L6-v2", "query", "not needed", "")],
)
def test_without_words_of_its_own_a_known_name_has_those_of_its_card(tmp_path, name, *, role, applied, words):
    folder = with_prompts(tmp_path / name, {"query": "", "document": ""})
    result = ours(folder, ["cab"], input_type=role)
    assert result.input_type_applied == applied
    assert np.array_equal(result.to_numpy(), itself(folder).encode([words + "cab"]))


def test_an_unknown_one_is_warned_of_where_it_was_called(tmp_path):
    folder = with_prompts(tmp_path, {})
    with warnings.catch_warnings(record=True, action="always") as caught:
        made = [ours(folder, input_type="query") for _ in range(2)]
    assert ["is not known here" in str(each.message) for each in caught] == [True]
    assert [each.input_type_applied for each in made] == ["unknown"] * 2
    assert np.array_equal(made[1].to_numpy(), itself(folder).encode(TEXTS))


def test_a_model_of_two_halves_sends_each_role_its_way(tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Router
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    tokenizer = itself(static_folder(tmp_path / "static"))[0].tokenizer
    halves = [[StaticEmbedding(tokenizer, embedding_dim=8)] for _ in range(2)]
    SentenceTransformer(modules=[Router.for_query_document(*halves)], device="cpu").save(str(tmp_path / "two"))
    own, texts = itself(tmp_path / "two"), ["word1 word2", "word3"]
    made = [ours(tmp_path / "two", texts, input_type=role) for role in ("query", "document")]
    assert [each.input_type_applied for each in made] == ["field"] * 2
    assert np.array_equal(made[0].to_numpy(), own.encode_query(texts))
    assert np.array_equal(made[1].to_numpy(), own.encode_document(texts))
    assert not np.allclose(made[0].to_numpy(), made[1].to_numpy())


def test_routes_for_other_things_than_roles_are_left_alone(tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Router
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    reader = StaticEmbedding(itself(static_folder(tmp_path / "static"))[0].tokenizer, embedding_dim=8)
    router = Router({"main": [reader]}, default_route="main")
    SentenceTransformer(modules=[router], device="cpu", prompts={"query": "word1 "}).save(str(tmp_path / "one"))
    result = ours(tmp_path / "one", ["word2"], input_type="query")
    assert result.input_type_applied == "prefix"
    assert np.array_equal(result.to_numpy(), itself(tmp_path / "one").encode(["word2"], prompt="word1 "))


def test_a_task_is_named_to_a_model_without_words_too(tmp_path):
    folder = with_prompts(tmp_path, {}, sentence_bert_config={"query_length": 4, "document_length": 6})
    with warnings.catch_warnings(action="ignore"):
        for role, length in (("query", 4), ("document", 6)):
            with pytest.raises(ContextLengthExceededError, match=rf"reads {length}:"):
                ours(folder, "a a a a a", input_type=role)
            cut = ours(folder, "a a a a a", input_type=role, overflow="truncate")
            own = itself(folder)
            assert np.array_equal(
                cut.to_numpy()[0], (own.encode_query if role == "query" else own.encode_document)("a a a a a")
            )
    assert ours(folder, "a a a a a").usage.prompt_tokens == 7


def test_a_static_model_reads_everything(tmp_path):
    folder, texts = static_folder(tmp_path, max_length=None), ["word1 word2 " * 3000, "word3", ""]
    result = ours(folder, texts)
    assert result.usage.prompt_tokens == 6001
    assert np.array_equal(result.to_numpy(), itself(folder).encode(texts))


def test_a_static_model_may_cut_where_its_tokenizer_says(tmp_path):
    folder, texts = static_folder(tmp_path), ["word1 " * 6, "word2 " * 7]
    with pytest.raises(ContextLengthExceededError, match=r"Input 1 has 7 tokens and .* reads 6:"):
        ours(folder, texts)
    for _ in range(2):
        cut = ours(folder, texts, overflow="truncate")
        assert np.array_equal(cut.to_numpy(), itself(folder).encode(texts))
        assert cut.usage.prompt_tokens == 12


def test_one_that_cannot_be_asked_whether_it_cuts_is_run_when_it_may(tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import BoW

    SentenceTransformer(modules=[BoW(["cat", "mat"])], device="cpu").save(str(tmp_path))
    with pytest.raises(InvalidRequestError, match="does not tell whether it cuts a text"):
        ours(tmp_path, ["cat"])
    result = ours(tmp_path, ["cat", "mat cat"], overflow="truncate")
    assert np.array_equal(result.to_numpy(), itself(tmp_path).encode(["cat", "mat cat"]))
    assert result.usage.source == "unknown"


OWN_CODE = "from sentence_transformers.base.modules import Transformer as Base\nclass Transformer(Base): pass\n"


def test_code_that_came_with_a_model_is_not_trusted_to_say_so(tmp_path):
    folder = tiny_folder(tmp_path)
    modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    modules[0]["type"] = "own_code.Transformer"
    (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    (folder / "own_code.py").write_text(OWN_CODE, encoding="utf-8")
    trusting = {"client_args": {"trust_remote_code": True}}
    with pytest.raises(InvalidRequestError, match="does not tell whether it cuts a text"):
        ours(folder, **trusting)
    made = ours(folder, overflow="truncate", **trusting)
    assert np.array_equal(made.to_numpy(), itself(folder, trust_remote_code=True).encode(TEXTS))
    with pytest.raises(InvalidRequestError, match="cannot be loaded: The model"):
        ours(folder, overflow="truncate")


def test_unit_length_is_the_callers_choice_where_the_model_leaves_it(tmp_path):
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    folder = tiny_folder(tmp_path, modules=modules)
    plain = ours(folder, normalize=False).to_numpy()
    assert np.array_equal(plain, itself(folder).encode(TEXTS))
    unit = ours(folder, normalize=True).to_numpy()
    assert np.allclose(unit, plain / np.linalg.norm(plain, axis=1, keepdims=True), atol=1e-7)


def test_client_options_are_its_own():
    from sentence_transformers import SentenceTransformer

    assert {*ROWS[PROVIDER].client_options} <= {*inspect.signature(SentenceTransformer).parameters}
    with AnyLLM.create(PROVIDER, prompts={"query": "cat: "}, device="cpu") as client:
        result = client.embedding(str(TINY), TEXTS, input_type="query")
    assert np.array_equal(result.to_numpy(), itself(TINY, prompts={"query": "cat: "}).encode_query(TEXTS))


def test_a_name_is_downloaded_once(loopback, tmp_path):
    server = loopback(serving({"some/model": TINY}))
    code = f"print(ask('some/model', provider={PROVIDER!r}, input_type='query').to_numpy().shape)"
    assert in_a_process(code, tmp_path, HF_ENDPOINT=server.url) == "(2, 16)"
    assert [each.method for each in server.requests if each.path.endswith("/model.safetensors")] == ["HEAD", "GET"]
    before = len(server.requests)
    assert in_a_process(code, tmp_path, HF_ENDPOINT=server.url, HF_HUB_OFFLINE="1") == "(2, 16)"
    assert len(server.requests) == before


def test_the_example_of_its_page_runs(loopback, tmp_path):
    server = loopback(serving({"sentence-transformers/all-MiniLM-L6-v2": TINY}))
    code = example(PROVIDER) + "print(vectors.shape)"
    assert in_a_process(code, tmp_path, HF_ENDPOINT=server.url) == "(2, 16)"


def test_a_name_that_the_hub_does_not_know(loopback, tmp_path):
    server = loopback(serving({}))
    printed = in_a_process(f"print(ask('nobody/nothing', provider={PROVIDER!r}))", tmp_path, HF_ENDPOINT=server.url)
    assert printed.startswith(f"ModelNotFoundError [{PROVIDER}] 'nobody/nothing' is neither a folder nor a model")


def test_without_a_network_the_error_says_so(tmp_path):
    printed = in_a_process(f"print(ask('some/model', provider={PROVIDER!r}))", tmp_path, HF_HUB_OFFLINE="1")
    assert printed.startswith(f"ProviderConnectionError [{PROVIDER}] 'some/model' is not on this machine")


def test_without_torch_the_error_is_the_command_that_installs_it(tmp_path):
    printed = in_a_process(f"sys.modules['torch'] = None; print(ask('some/model', provider={PROVIDER!r}))", tmp_path)
    assert printed.endswith('pip install "omniembed[sentence-transformers]"')


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("/not/there", ModelNotFoundError, "'/not/there' is neither a folder"),
        ("\0", ModelNotFoundError, "neither a folder"),
        ("{empty}", InvalidRequestError, "cannot be loaded: .*config.json"),
    ],
)
def test_what_is_no_model_is_named(name, kind, said, tmp_path):
    with pytest.raises(kind, match=said) as refused:
        ours(name.format(empty=tmp_path), "text")
    assert refused.value.provider_name == PROVIDER


def test_it_gives_what_was_written_down():
    made = ours(TINY, EXPECTED["texts"], overflow="truncate").to_numpy()
    assert np.allclose(made, EXPECTED["normalized"], atol=2e-6)
