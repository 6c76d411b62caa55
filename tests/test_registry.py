"""Is a provider that somebody registers as good as one of the table's, and is a row that cannot work refused?"""

from __future__ import annotations

import copy
import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

import any_llm
from any_llm import AnyLLM, InvalidProviderError, Limits, LLMProvider, Names, Row, register_provider
from any_llm.exceptions import UnsupportedProviderError
from any_llm.providers.table import ROWS
from any_llm.registry import REGISTRY
from loopback import Answer
from our_house import Lengths, row

SERVER = Row(name="mine", title="Mine", kind="server", source="the wiki", read="2026-11-22", key_required=False)


def test_a_registered_provider_is_found_by_every_door():
    assert register_provider(row) == "our-house"
    vector = [5.0, 1.0]
    assert any_llm.embedding("our-house:m", "Hello").data[0].embedding == vector
    assert any_llm.embedding("m", "Hello", provider="Our-House").data[0].embedding == vector
    assert AnyLLM.create("our-house").embedding("m", "Hello").provider == "our-house"
    assert AnyLLM.create(LLMProvider("our-house")).embedding("m", ["a", "bb"]).data[1].embedding == [2.0, 1.0]
    assert AnyLLM.split_model_provider("our-house:m") == ("our-house", "m")
    assert AnyLLM.get_provider_class("our-house") is AnyLLM.get_provider_class(" OUR-HOUSE ")
    assert AnyLLM.get_provider_class("our-house").row is row
    assert "our-house" in AnyLLM.get_supported_providers()
    assert AnyLLM.get_supported_providers() == sorted(AnyLLM.get_supported_providers())
    metadata = AnyLLM.get_provider_metadata("our-house")
    assert (metadata.embedding, metadata.kind, metadata.doc_url) == (True, "in-process", "the wiki")
    assert metadata.evidence == ()
    assert metadata in AnyLLM.get_all_provider_metadata()
    assert AnyLLM.get_model_info("our-house:m") is None


def test_a_registered_row_is_spoken_to_over_the_wire(loopback, monkeypatch):
    data = {"data": [{"embedding": [1.0, 2.0], "index": 0}], "usage": {"prompt_tokens": 1, "total_tokens": 1}}
    server = loopback(lambda _: Answer(json=data))
    keyed = SERVER._replace(
        key_required=True, key_env=("MINE_KEY",), auth=("x-mine", ""), names=Names(dimensions="width"),
        limits=Limits(items=1), api_base=server.url, path="/embed/v1",
    )  # fmt: skip
    register_provider(keyed)
    monkeypatch.setenv("MINE_KEY", "k")
    assert len(any_llm.embedding("mine:m", ["a", "b"], dimensions=2).data) == 2
    assert {(one.path, one.headers["x-mine"]) for one in server.requests} == {("/embed/v1", "k")}
    bodies = sorted((one.json for one in server.requests), key=lambda body: body["input"])
    assert bodies == [{"input": [text], "model": "m", "width": 2} for text in "ab"]


def test_an_address_may_have_parts_that_the_caller_names(loopback, monkeypatch):
    server = loopback(lambda _: Answer(json={"data": [{"embedding": [1.0], "index": 0}]}))
    port = server.url.rpartition(":")[2]
    base = "http://127.0.0.1:{port}/{tenant}"
    register_provider(SERVER._replace(api_base=base, variables={"port": "MINE_PORT", "tenant": "MINE_TENANT"}))
    monkeypatch.setenv("MINE_PORT", port)
    any_llm.embedding("mine:m", "Hello", client_args={"tenant": "t"})
    assert [one.path for one in server.requests] == ["/t/embeddings"]


def test_a_row_that_is_known_no_more_is_not_asked_again(loopback):
    servers = [loopback(lambda _: Answer(json={"data": [{"embedding": [1.0], "index": 0}]})) for _ in range(2)]
    for server in servers:
        REGISTRY.forget()
        register_provider(SERVER._replace(api_base=server.url))
        any_llm.embedding("mine:m", "Hello")
    assert [len(server.requests) for server in servers] == [1, 1]


def test_a_member_is_a_member():
    member = register_provider(row)
    assert isinstance(member, LLMProvider)
    assert (member.name, member.value, str(member), f"{member}") == ("OUR_HOUSE", *["our-house"] * 3)
    assert (hash(member), {member: 1}["our-house"], member == "our-house", member != "other") == (
        hash("our-house"), 1, True, True
    )  # fmt: skip
    assert repr(member) == "<LLMProvider.OUR_HOUSE: 'our-house'>"
    assert LLMProvider("our-house") is LLMProvider.from_string("Our-House") is member
    assert sorted([member, LLMProvider.OPENAI]) == ["openai", "our-house"]


@pytest.mark.parametrize("name", ["our-house", "openai"])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_member_is_copied_and_pickled_as_itself(name, protocol):
    register_provider(row)
    member = LLMProvider(name)
    assert pickle.loads(pickle.dumps(member, protocol)) is member  # noqa: S301
    assert copy.copy(member) is copy.deepcopy(member) is member


def test_a_member_cannot_be_read_where_nobody_registered_it():
    register_provider(row._replace(name="elsewhere"))
    dumped = pickle.dumps(LLMProvider("elsewhere")).replace(b"elsewhere", b"elsewherf")
    with pytest.raises(ValueError, match="elsewherf"):
        pickle.loads(dumped)  # noqa: S301


def test_iteration_goes_over_the_table():
    member = register_provider(row)
    assert [one.value for one in LLMProvider] == list(ROWS)
    assert len(LLMProvider) == len(ROWS)
    assert not hasattr(LLMProvider, member.name)
    assert "OUR_HOUSE" not in LLMProvider.__members__


@pytest.mark.parametrize("name", ["", "our house", "our-hous", "open-ai", "OPENAI", 3, None, b"openai"])
def test_what_nobody_registered_is_no_member(name):
    register_provider(row)
    with pytest.raises(ValueError, match="is not a valid LLMProvider"):
        LLMProvider(name)


def test_a_near_name_is_suggested():
    register_provider(row)
    with pytest.raises(UnsupportedProviderError, match="Did you mean our-house"):
        AnyLLM.create("our-hose")


def test_the_same_row_may_be_registered_again():
    assert register_provider(row) is register_provider(Row(*row))
    assert register_provider(ROWS["voyage"]) is LLMProvider.VOYAGE
    assert AnyLLM.get_all_provider_metadata().count(AnyLLM.get_provider_metadata("voyage")) == 1


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (None, ROWS["openai"]._replace(api_base="https://elsewhere.example"), "'openai' is this package's own"),
        (None, SERVER._replace(name="anthropic"), "'anthropic' is this package's own"),
        (row, row._replace(limits=Limits(items=2)), "'our-house' is registered already, with another row"),
    ],
)
def test_a_name_is_one_row(first, second, words):
    if first is not None:
        register_provider(first)
    with pytest.raises(InvalidProviderError, match=words) as caught:
        register_provider(second)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, any_llm.AnyLLMError)


WRONG = [
    ({"name": "Mine"}, "name must be of a-z"),
    ({"name": "my house"}, "name must be of a-z"),
    ({"name": "mine:"}, "name must be of a-z"),
    ({"name": "a/b"}, "name must be of a-z"),
    ({"name": "3d"}, "name must be of a-z"),
    ({"name": ""}, "name must be of a-z"),
    ({"name": None}, "name must be of a-z"),
    ({"title": ""}, "title must be a str that is not empty"),
    ({"source": None}, "source must be a str that is not empty, not NoneType"),
    ({"kind": "own"}, "kind must be one of cloud, gateway, server, in-process"),
    ({"api_base": 3}, "api_base must be a str, or None, not int"),
    ({"api_base": "host:80"}, "api_base must be an address"),
    ({"api_base": "https://a.example?key=k"}, "a query, a login or a key"),
    ({"api_base": "https://{region}.example"}, r"holds \{region\}, which variables= does not name"),
    ({"key_env": "MINE_API_KEY"}, "key_env must be a tuple of str, not str"),
    ({"base_env": ["MINE"]}, "base_env must be a tuple of str, not list"),
    ({"key_required": "yes"}, "key_required must be True or False"),
    ({"key_required": True}, "key_env must name the variable"),
    ({"variables": ["region"]}, "variables must be a mapping"),
    ({"auth": ("x-api-key",)}, "auth must be the header's name, and what stands before"),
    ({"limits": {"items": 3}}, "limits must be a Limits, not dict"),
    ({"limits": Limits(items=0)}, "items must be a whole number above 0"),
    ({"limits": Limits(tokens=True)}, "tokens must be a whole number above 0"),
    ({"names": None}, "names must be a Names"),
    ({"names": Names(roles=["query"])}, "roles must be a mapping"),
    ({"names": Names(dimensions=3)}, "dimensions must be a str, or None"),
    ({"embedding": False}, "reason must say why"),
    ({"adapter": object()}, "lacks encode, decode, explain"),
    ({"adapter": SimpleNamespace(encode=len, decode=len)}, "lacks explain"),
    ({"adapter": None}, "lacks encode"),
    ({"adapter": SimpleNamespace}, r"not the class SimpleNamespace: write SimpleNamespace\(\)"),
]


@pytest.mark.parametrize(("fields", "words"), WRONG)
def test_a_row_that_cannot_work_is_refused(fields, words):
    with pytest.raises(InvalidProviderError, match=words):
        register_provider(SERVER._replace(**fields))
    assert "mine" not in AnyLLM.get_supported_providers()


@pytest.mark.parametrize("thing", [None, "mine", {"name": "mine"}, Row, tuple(SERVER)])
def test_what_is_no_row_is_refused(thing):
    with pytest.raises(InvalidProviderError, match="registered as a Row, not as"):
        register_provider(thing)


@pytest.mark.parametrize("table_row", ROWS.values(), ids=lambda one: one.name)
def test_every_row_of_the_table_could_be_registered(table_row):
    assert register_provider(table_row) is LLMProvider(table_row.name)


UNUSABLE = [
    ("no_such_package.adapter", "No module named 'no_such_package'"),
    ("json", "module 'json' has no attribute 'adapter'"),
    ("", "adapter names ''"),
    ("numbered", "no attribute 'adapter'"),
    ("any_llm.providers.fields", "no attribute 'adapter'"),
    ("half_an_adapter", "must have encode, decode, explain; it lacks decode, explain"),
]


@pytest.mark.parametrize(("adapter", "words"), UNUSABLE)
def test_an_adapter_that_is_not_there_is_found_on_first_use(adapter, words, monkeypatch):
    monkeypatch.setitem(sys.modules, "half_an_adapter", SimpleNamespace(adapter=SimpleNamespace(encode=len)))
    register_provider(SERVER._replace(adapter=adapter, api_base="http://127.0.0.1:9"))
    client = AnyLLM.create("mine")
    with pytest.raises(InvalidProviderError, match=words):
        client.embedding("m", "Hello")


def test_an_adapter_may_be_an_object_or_a_module_of_ones_own():
    register_provider(row._replace(name="an-object", adapter=Lengths()))
    register_provider(row._replace(name="a-module"))
    for name in ("an-object", "a-module"):
        assert any_llm.embedding(f"{name}:m", "abc").data[0].embedding == [3.0, 1.0]


def test_a_row_without_embeddings_says_why():
    register_provider(SERVER._replace(embedding=False, reason="it only chats.", lists_models=True))
    with pytest.raises(any_llm.EmbeddingsNotSupportedError, match="mine makes no embeddings: it only chats"):
        AnyLLM.create("mine")
    assert "mine" not in AnyLLM.get_supported_providers()
    metadata = AnyLLM.get_provider_metadata("mine")
    assert (metadata.embedding, metadata.list_models) == (False, False)


def test_threads_may_register_and_ask_at_once():
    barrier = threading.Barrier(8)

    def use(number):
        barrier.wait()
        member = register_provider(row._replace(name="together-now"))
        register_provider(row._replace(name=f"alone-{number}"))
        return member

    with ThreadPoolExecutor(8) as threads:
        members = set(map(id, threads.map(use, range(8))))
    assert members == {id(LLMProvider("together-now"))}
    assert {f"alone-{number}" for number in range(8)} <= set(AnyLLM.get_supported_providers())
