"""Where a library's model comes from: a hub, by its name, or a folder; and what is said when it does not come."""

from __future__ import annotations

import inspect
import json
import os
from typing import TYPE_CHECKING

import pytest

from any_llm import AnyLLM, InvalidRequestError, ModelNotFoundError, embedding, list_models
from any_llm.exceptions import ProviderError
from any_llm.providers.table import ROWS
from hub import serving
from library_models import LISTED, onnx_folder, static_folder
from library_process import in_a_process
from local_call import TINY, tiny_folder
from loopback import Answer
from test_provider_pages import example

if TYPE_CHECKING:
    from pathlib import Path

LIBRARIES = {"fastembed": "fastembed", "model2vec": "model2vec", "sentence_transformers": "sentence-transformers"}
"""Provider -> its extra."""


@pytest.mark.parametrize(("provider", "extra"), LIBRARIES.items())
def test_without_the_extra_the_error_is_the_command_that_installs_it(provider, extra, tmp_path):
    code = f"sys.modules[{provider!r}] = None; print(ask('some/model', provider={provider!r}))"
    said = f'MissingPackageError [{provider}] needs packages not installed: pip install "omniembed[{extra}]"'
    assert in_a_process(code, tmp_path) == said
    assert ROWS[provider].extra == extra


def hub_of(provider: str, folder: Path) -> dict[str, Path]:
    """A hub with the one model, under the name that the library asks for."""
    if provider == "model2vec":
        return {"some/model": static_folder(folder)}
    (folder / "special_tokens_map.json").write_text("{}", encoding="utf-8")
    return {"Qdrant/all-MiniLM-L6-v2-onnx": onnx_folder(folder)}


NAMES = {"fastembed": LISTED, "model2vec": "some/model"}


@pytest.mark.parametrize("provider", NAMES)
def test_a_name_is_downloaded_once(provider, loopback, tmp_path):
    (tmp_path / "hub").mkdir()
    server = loopback(serving(hub_of(provider, tmp_path / "hub")))
    code = f"print(ask({NAMES[provider]!r}, provider={provider!r}, input_type='query', batch_size=1).to_numpy().shape)"
    width = 16 if provider == "fastembed" else 8
    assert in_a_process(code, tmp_path / "home", HF_ENDPOINT=server.url) == f"(2, {width})"
    weights = [each for each in server.requests if each.method == "GET" and "/model." in each.path]
    assert len(weights) == 1
    before = len(server.requests)
    assert in_a_process(code, tmp_path / "home", HF_ENDPOINT=server.url, HF_HUB_OFFLINE="1") == f"(2, {width})"
    assert len(server.requests) == before


def test_the_example_of_fastembeds_page_runs(loopback, tmp_path):
    folder = onnx_folder(tmp_path / "hub")
    (folder / "model.onnx").rename(folder / "model_optimized.onnx")
    server = loopback(serving({"Qdrant/bge-small-en-v1.5-onnx-Q": folder}))
    code = example("fastembed") + "print(vectors.shape)"
    assert in_a_process(code, tmp_path / "home", HF_ENDPOINT=server.url) == "(2, 16)"


def test_the_example_of_model2vecs_page_runs(loopback, tmp_path):
    server = loopback(serving({"minishlab/potion-base-8M": static_folder(tmp_path / "hub")}))
    code = example("model2vec") + "print(vectors.shape)"
    assert in_a_process(code, tmp_path / "home", HF_ENDPOINT=server.url) == "(2, 8)"


def test_fastembed_lists_its_models_and_no_folder_of_ours(tmp_path):
    from fastembed import TextEmbedding

    embedding(str(onnx_folder(tmp_path)), "text", provider="fastembed")
    listed = [model.id for model in list_models("fastembed")]
    assert len(listed) > 30
    assert {*listed} <= {each["model"] for each in TextEmbedding.list_supported_models()}
    assert not any(str(tmp_path) in name for name in listed)


REFUSALS = [
    (404, "RepoNotFound", "ModelNotFoundError [model2vec] 'some/model' is neither a folder nor a model"),
    (403, "GatedRepo", "AuthenticationError [model2vec] 'some/model' may not be downloaded without leave"),
    (500, "", "ProviderConnectionError [model2vec] 'some/model' is not on this machine"),
]


@pytest.mark.parametrize(("status", "code", "said"), REFUSALS)
def test_what_a_hub_refuses_is_named(status, code, said, loopback, tmp_path):
    server = loopback(lambda _: Answer(status, json={"error": "no"}, headers={"x-error-code": code}))
    printed = in_a_process("print(ask('some/model', provider='model2vec'))", tmp_path, HF_ENDPOINT=server.url)
    assert printed.startswith(said)


@pytest.mark.parametrize(
    ("provider", "surroundings"),
    [
        ("fastembed", {"HF_HUB_OFFLINE": "1"}),  # not told so, it tries for 39 seconds before it gives up
        ("model2vec", {"HF_HUB_OFFLINE": "1"}),
        ("model2vec", {"HF_ENDPOINT": "http://127.0.0.1:9"}),
    ],
)
def test_without_a_network_the_error_says_so(provider, surroundings, tmp_path):
    printed = in_a_process(f"print(ask({NAMES[provider]!r}, provider={provider!r}))", tmp_path, **surroundings)
    assert printed.startswith(f"ProviderConnectionError [{provider}] '{NAMES[provider]}' is not on this machine")
    assert "the hub was not reached" in printed


@pytest.mark.parametrize(
    ("provider", "name", "said"),
    [
        ("fastembed", "nobody/nothing", r"list_supported_models\(\)"),
        ("fastembed", "./not/there", "'./not/there' is neither a folder"),
        ("fastembed", "\0", "neither a folder"),
        ("model2vec", "/not/there/at/all", "'/not/there/at/all' is neither a folder"),
        ("model2vec", "\0", "neither a folder"),
    ],
)
def test_what_is_no_model_is_named(provider, name, said):
    with pytest.raises(ModelNotFoundError, match=said) as refused:
        embedding(name, "text", provider=provider)
    assert refused.value.provider_name == provider


@pytest.mark.parametrize(
    ("changed", "kind", "said"),
    [
        ({"pooling": {"pooling_mode": "max"}}, InvalidRequestError, "fastembed has no pooling max"),
        ({"pooling": {"pooling_mode": "lasttoken"}}, InvalidRequestError, "pooling lasttoken is not one of"),
        ({"pooling": None}, InvalidRequestError, "cannot be loaded: .*pooling"),
        ({"modules": [{"type": "sentence_transformers.models.Dense"}]}, InvalidRequestError, "module Dense"),
        ({"tokenizer_config": None}, InvalidRequestError, "cannot be loaded: .*tokenizer_config.json"),
        ({"tokenizer": {"model": None}}, InvalidRequestError, "cannot be loaded"),
    ],
    ids=str,
)
def test_a_folder_that_fastembed_cannot_run_says_why(tmp_path, changed, kind, said):
    with pytest.raises(kind, match=said) as refused:
        embedding(str(onnx_folder(tmp_path, **changed)), "text", provider="fastembed")
    assert refused.value.provider_name == "fastembed"


@pytest.mark.parametrize(
    ("pooling", "said"), [("mean", "cannot be loaded"), ("cls", r"1_Pooling/config.json .*\(cls\)")]
)
def test_a_graph_that_pools_by_itself_is_not_pooled_again(tmp_path, pooling, said):
    folder = tiny_folder(tmp_path, "pooled.onnx", "model.onnx", pooling={"pooling_mode": pooling}, modules=[])
    with pytest.raises(InvalidRequestError, match=said):
        embedding(str(folder), "text", provider="fastembed")
    (folder / "1_Pooling/config.json").unlink()
    assert embedding(str(folder), "text", provider="fastembed").to_numpy().shape == (1, 16)


@pytest.mark.parametrize(("provider", "weights"), [("fastembed", "model.safetensors"), ("model2vec", "model.onnx")])
def test_a_folder_of_another_librarys_says_so(tmp_path, provider, weights):
    folder = tiny_folder(tmp_path, weights.replace("model.onnx", "tokens.onnx"), weights)
    with pytest.raises((ModelNotFoundError, InvalidRequestError), match=r"holds no model|cannot be loaded"):
        embedding(str(folder), "text", provider=provider)


def test_token_ids_beyond_the_weights_are_an_error_and_not_a_vector(tmp_path):
    model = json.loads((TINY / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    folder = onnx_folder(tmp_path, tokenizer={"model": {**model, "vocab": {**model["vocab"], "zzz": 900}}})
    with pytest.raises(ProviderError, match="could not run the model") as failed:
        embedding(str(folder), "zzz secret", provider="fastembed")
    assert "secret" not in str(failed.value)


def test_a_folder_may_be_a_client_option_of_fastembeds(tmp_path):
    onnx_folder(tmp_path)
    with AnyLLM.create("fastembed", specific_model_path=str(tmp_path)) as client:
        named, own = (client.embedding(name, "a cab").to_numpy() for name in (LISTED, "our/own-name"))
    assert (named == own).all()


def test_client_options_are_the_librarys_own():
    from fastembed import TextEmbedding
    from model2vec import StaticModel

    assert {*ROWS["model2vec"].client_options} <= {*inspect.signature(StaticModel.from_pretrained).parameters}
    told = inspect.getdoc(TextEmbedding.__init__)
    assert all(f"{option} (" in told for option in ROWS["fastembed"].client_options)
    for provider in LIBRARIES:
        with pytest.raises(InvalidRequestError, match=r"unknown client option 'truncate_dim': known: .*max_retries"):
            AnyLLM.create(provider, truncate_dim=8)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("provider", NAMES)
def test_a_child_makes_the_same_vectors_and_ends(provider, tmp_path):
    folder = onnx_folder(tmp_path) if provider == "fastembed" else static_folder(tmp_path)
    code = (
        f"mine = ask({str(folder)!r}, provider={provider!r})\n"
        "child = os.fork()\n"
        f"if not child: os._exit(0 if (ask({str(folder)!r}, provider={provider!r}).to_numpy() == mine.to_numpy()).all()"
        " else 3)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    assert in_a_process(code, tmp_path) == "0"
