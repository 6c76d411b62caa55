"""Do conversations that run side by side share what one of them fetched? Each is halted where the other goes on."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.session import Session

from any_llm.flow.converse import converse
from any_llm.flow.memory import Memory
from any_llm.transport.drive import drive
from any_llm.wire import Once, Outcome, Reply, Send
from by_hand import MONOTONIC, WALL, a_batch, reply
from clouds_by_hand import nobodys_machine, setting_of
from oracles.cloud_replies import example

GOOD = reply(example("bedrock titan v2"))
EXPIRED = reply({"message": "expired"}, 403, x_amzn_errortype="ExpiredTokenException")


class Keys(Session):
    """Gives other keys each time it is asked."""

    asked = 0

    def get_credentials(self) -> Credentials:
        """Give the next: 1, 2, ..."""
        self.asked += 1
        return Credentials(str(self.asked), "s")


class Halting:
    """A conversation that is played up to a command, which waits to be done."""

    def __init__(self, memory: Memory, session: Keys) -> None:
        """Begin."""
        client = {"region_name": "eu-west-1", "botocore_session": session}
        setting = setting_of("bedrock", memory=memory, model="amazon.titan-embed-text-v2:0", client=client, headers={})
        self.flow = converse(setting, a_batch(["a text"]))
        self.command: Any = next(self.flow)

    def until(self, kind: type[Send | Once]) -> None:
        """Admit it, up to such a command."""
        while not isinstance(self.command, kind):
            self.resume(None)

    def resume(self, value: Any) -> None:
        """Say what the command led to."""
        self.command = self.flow.send(Outcome(value, (MONOTONIC, WALL)))

    def fetch(self) -> None:
        """Let it fetch, as it wants to."""
        self.resume(drive(self.command.flow(), ran))

    def send(self, answer: Reply) -> str:
        """Answer what it sends; say whose keys signed it."""
        headers = self.command.sign(self.command, WALL)
        try:
            self.resume(answer)
        except StopIteration:
            self.command = None
        return headers["Authorization"].partition("=")[2].partition("/")[0]


def ran(command: Any) -> Outcome:
    """Do what a flow of AWS's wants: it only ever runs something."""
    return Outcome(command.function(), (MONOTONIC, WALL))


@pytest.fixture
def pair(monkeypatch, tmp_path):
    """Two conversations of one caller, who both want a token, and where it comes from."""
    nobodys_machine(monkeypatch, tmp_path)
    memory, session = Memory(), Keys()
    one, other = Halting(memory, session), Halting(memory, session)
    for each in (one, other):
        each.until(Once)
    return one, other, session


def test_who_looked_before_it_was_there_takes_it_too(pair):
    one, other, session = pair
    for each in pair[:2]:
        each.fetch()
    assert [one.send(GOOD), other.send(GOOD)] == ["1", "1"]
    assert session.asked == 1


def test_new_keys_outlast_a_refusal_of_the_old(pair):
    one, other, session = pair
    for each in pair[:2]:
        each.fetch()
    assert one.send(EXPIRED) == "1"
    one.until(Once)
    one.fetch()
    assert other.send(EXPIRED) == "1"  # it was under way with them
    other.until(Send)
    assert [one.send(GOOD), other.send(GOOD)] == ["2", "2"]
    assert session.asked == 2
