"""Conversations with an exchange of credentials, played by hand: the test is the servers, the network and the clock."""

from __future__ import annotations

import asyncio
import os
import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from any_llm.exceptions import AnyLLMError
from any_llm.flow.converse import converse
from any_llm.flow.setting import Problem
from any_llm.providers.table import ROWS
from any_llm.transport.drive import drive
from any_llm.wire import Once, Outcome, Reply, Run, Send, Sleep, Token, TransportError
from by_hand import MONOTONIC, WALL, a_batch, a_call, a_setting, reply
from oracles.cloud_replies import example

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from any_llm.flow.memory import Memory
    from any_llm.flow.setting import Setting

WATSON_TOKEN = reply(example("watsonx token"))
GIGA_TOKEN = reply({"access_token": "giga-1", "expires_at": (WALL + 1800) * 1000})


EMBEDS = re.compile("embeddings|/model/|/endpoints/|:predict$")


class Told(msgspec.Struct):
    """How it went: the words of the trace, what was sent (as it left, signed), and how it ended."""

    trace: list[str]
    sent: list[Send]
    value: Any = None
    error: AnyLLMError | None = None


def setting_of(provider: str, word: str = "k-1", *, memory: Memory | None = None, **given: Any) -> Setting:
    """One text for this provider, with this key."""
    row = ROWS[provider]
    headers = {} if "key" in given else {row.auth[0]: row.auth[1] + word}
    call = a_call(row=row, **{"model": "m", "headers": headers, "client": {"project_id": "p"}, **given})
    return a_setting(call, memory=memory, count=1, place=("https://c.test", "m", hash(word)))


class Played:
    """The servers and the clock of one story."""

    def __init__(self, replies: Sequence[Reply | TransportError], at: float) -> None:
        """Begin when `at` seconds have passed."""
        self.told = Told([], [])
        self.left = list(replies)
        self.passed = at

    def run(self, flow: Generator[Any, Outcome, Any]) -> Any:
        """Drive it, as the transports do."""
        return drive(flow, self._perform)

    def _perform(self, command: Any) -> Outcome:
        value: Any = None
        if isinstance(command, Once):
            value = self.run(command.flow())
        elif isinstance(command, Run):
            value = command.function()
        elif isinstance(command, Sleep):
            self.passed += command.seconds
        elif isinstance(command, Send):
            value = self._serve(command)
        return Outcome(value, (MONOTONIC + self.passed, WALL + self.passed))

    def _serve(self, command: Send) -> Reply:
        signed = {**command.headers, **(command.sign(command, WALL + self.passed) if command.sign else {})}
        self.told.sent.append(msgspec.structs.replace(command, headers=signed, sign=None))
        self.told.trace.append("embed" if EMBEDS.search(command.url) else "exchange")
        answer = self.left.pop(0)
        if isinstance(answer, TransportError):
            raise answer
        return answer


def tell(flow: Generator[Any, Outcome, Any], replies: Sequence[Reply | TransportError], *, at: float = 0.0) -> Told:
    """Serve these replies in turn; `at` is how many seconds have passed when it begins."""
    played = Played(replies, at)
    try:
        played.told.value = played.run(flow)
        if isinstance(played.told.value, Problem):
            raise played.told.value.error
    except AnyLLMError as error:
        played.told.error = error
    assert played.left == []
    return played.told


def converse_with(setting: Setting, *replies: Reply | TransportError, at: float = 0.0) -> Told:
    """Play one batch of one text."""
    return tell(converse(setting, a_batch(["a text"])), replies, at=at)


def token_of(setting: Setting, *replies: Reply | TransportError) -> Told:
    """Play the exchange alone."""
    told = tell(setting.adapter.authorise(setting.call), replies)
    assert told.error or isinstance(told.value, Token)
    return told


CLOUDS = ("AWS_", "AZURE_", "GOOGLE_", "GCE_", "IDENTITY_", "MSI_", "IMDS_")
"""Beginnings of the names of variables that their libraries look for."""


def nobodys_machine(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Hide the credentials of whoever runs this, and look for none at a cloud's own address."""
    for name in [name for name in os.environ if name.startswith(CLOUDS)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))
    on_a_machine_of_googles(monkeypatch, answers=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(folder))


def on_a_machine_of_googles(monkeypatch: pytest.MonkeyPatch, *, answers: bool) -> None:
    """Let google-auth look for its machine's account, or not. It reads NO_GCE_CHECK once, when it is imported."""
    monkeypatch.setattr("google.auth.compute_engine._metadata._NO_GCE_CHECK", not answers)


COLOURS = pytest.mark.parametrize("mode", ["sync", "async"])


def embed(client: Any, mode: str, model: str, **options: Any) -> Any:
    """Embed one text, and close the client."""
    with client:
        if mode == "sync":
            return client.embedding(model, "a", **options)
        return asyncio.run(client.aembedding(model, "a", **options))
