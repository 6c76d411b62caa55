"""ProviderMetadata has any-llm's fields, and ours at the end."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys

import pytest

from any_llm import AnyLLM
from any_llm.types.provider import Evidence, ProviderMetadata

GIVEN = {
    "name": "voyage",
    "env_key": "VOYAGE_API_KEY",
    "doc_url": "https://example.com",
    "embedding": True,
    "class_name": "V",
}
# As any-llm 1.40 has them; None: it has no default there.
FIELDS = {
    "name": None,
    "tier": "community",
    "env_key": None,
    "env_api_base": None,
    "doc_url": None,
    "streaming": None,
    "reasoning": None,
    "completion": None,
    "embedding": None,
    "moderation": None,
    "responses": None,
    "image": None,
    "pdf": None,
    "class_name": None,
    "list_models": None,
    "messages": None,
    "messages_native": False,
    "batch_completion": None,
    "image_generation": False,
    "image_edit": False,
    "audio_transcription": False,
    "audio_speech": False,
    "rerank": False,
    "decide": False,
    "files": False,
    "file_operations": (),
}


def test_it_has_any_llms_fields_in_order_and_ours_last():
    dumped = ProviderMetadata(**GIVEN).model_dump()
    assert list(dumped) == [*FIELDS, "evidence", "kind"]
    for name, default in FIELDS.items():
        assert dumped[name] == GIVEN.get(name, default or dumped[name])
        assert name in GIVEN or dumped[name] in (default, False, None)


def test_what_we_do_not_do_is_false():
    false = {name for name, value in ProviderMetadata(**GIVEN).model_dump().items() if value is False}
    assert false == FIELDS.keys() - GIVEN.keys() - {"tier", "env_api_base", "file_operations"}


@pytest.mark.parametrize("missing", GIVEN)
def test_what_matters_must_be_passed(missing):
    with pytest.raises(TypeError, match=missing):
        ProviderMetadata(**{name: value for name, value in GIVEN.items() if name != missing})


def test_it_dumps():
    metadata = ProviderMetadata(**GIVEN, file_operations=("upload",))
    assert metadata.model_dump()["file_operations"] == ("upload",)
    assert metadata.model_dump(mode="json") == json.loads(metadata.model_dump_json())
    assert metadata.model_dump(include={"name", "kind"}) == {"name": "voyage", "kind": "cloud"}
    assert "env_api_base" not in metadata.model_dump(exclude_none=True)
    assert metadata.model_dump_json(include={"name"}, indent=2) == '{\n  "name": "voyage"\n}'


@pytest.mark.parametrize(
    "again",
    [
        copy.copy,
        copy.deepcopy,
        lambda noun: pickle.loads(pickle.dumps(noun)),  # noqa: S301
        lambda noun: noun.model_copy(),
        ProviderMetadata.model_validate,
        lambda noun: ProviderMetadata.model_validate(noun.model_dump()),
        lambda noun: ProviderMetadata.model_validate_json(noun.model_dump_json()),
    ],
)
def test_again_is_equal(again):
    proof = Evidence(kind="sdk", by="openai", version="3.54.0", date="2026-11-22")
    metadata = ProviderMetadata(**GIVEN, evidence=(proof,), kind="gateway", file_operations=("upload",))
    assert again(metadata) == metadata
    assert metadata.model_copy(update={"kind": "cloud"}) != metadata
    assert repr(again(metadata)).startswith(
        "ProviderMetadata(name='voyage', tier='community', env_key='VOYAGE_API_KEY', "
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {**GIVEN, "embedding": "yes"},
        {**GIVEN, "tier": "gold"},
        {**GIVEN, "evidence": [{"kind": "rumour"}]},
        {},
        None,
        "{",
    ],
)
def test_what_is_wrong_is_a_value_error(wrong):
    with pytest.raises(ValueError, match=r"^ProviderMetadata: "):
        ProviderMetadata.model_validate(wrong)


def test_it_says_how_far_a_provider_was_proven_and_by_what():
    docs, sdk = AnyLLM.get_provider_metadata("cohere").evidence
    assert (docs.kind, docs.by, docs.version) == ("docs", "https://docs.cohere.com/reference/embed", None)
    assert (sdk.kind, sdk.by) == ("sdk", "cohere")
    assert sdk.version[0].isdigit()
    dumped = AnyLLM.get_provider_metadata("cohere").model_dump(mode="json")["evidence"]
    assert [list(proof) for proof in dumped] == [["kind", "by", "version", "date"]] * 2


def test_nothing_is_claimed_of_a_server_of_ones_own_whatever_its_name():
    own = AnyLLM.create_openai_compatible("openai", "http://127.0.0.1:1/v1")
    assert own.get_provider_metadata().evidence == ()
    assert AnyLLM.get_provider_metadata("anthropic").evidence == ()


def test_evidence_is_read_when_somebody_asks():
    program = "import sys, any_llm; any_llm.embedding('any', 'Hello', provider='fake'); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "any_llm.metadata" not in ran.stdout.split()
