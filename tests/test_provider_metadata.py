"""ProviderMetadata has any-llm's fields, and ours at the end."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from any_llm.types.provider import ProviderMetadata

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
    metadata = ProviderMetadata(**GIVEN, evidence="sdk", kind="gateway", file_operations=("upload",))
    assert again(metadata) == metadata
    assert metadata.model_copy(update={"kind": "cloud"}) != metadata
    assert repr(again(metadata)).startswith(
        "ProviderMetadata(name='voyage', tier='community', env_key='VOYAGE_API_KEY', "
    )


@pytest.mark.parametrize("wrong", [{**GIVEN, "embedding": "yes"}, {**GIVEN, "tier": "gold"}, {}, None, "{"])
def test_what_is_wrong_is_a_value_error(wrong):
    with pytest.raises(ValueError, match=r"^ProviderMetadata: "):
        ProviderMetadata.model_validate(wrong)
