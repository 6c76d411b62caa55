"""What does a call learn of its place from what went well, and from what was too much."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from any_llm.flow import tokens
from any_llm.flow.room import after_refusal, after_success, taught

if TYPE_CHECKING:
    from collections.abc import Hashable

    from any_llm.flow.caps import Cap
    from any_llm.flow.room import Room
    from any_llm.flow.setting import Answer, Setting
    from any_llm.providers.row import Limits
    from any_llm.wire import Batch, Options

KINDS = 64
"""Options a place is remembered to have answered with."""


@lru_cache(maxsize=256)
def kind(options: Options, *names: str) -> Hashable:
    """The options a place has answered with: ours that reach it, and the names of the provider's own fields."""
    return (msgspec.structs.replace(options, batch_size=None, on_error=None, dedupe=None), *names)


def from_success(setting: Setting, batch: Batch, answer: Answer, *, kind: Hashable, limits: Limits | None) -> None:
    """A batch was answered. `kind`: the call's options; `limits`: what it was planned under, None: it was not."""
    memory, place = setting.memory, setting.place
    with memory.lock:
        learnt = memory.known(place, answer.at)
        room = learnt.room if limits is None else after_success(learnt.room, batch, limits)
        seen, answered = learnt.seen, learnt.answered
        if answer.measured is not None:
            seen = tokens.learn(seen, batch.texts, answer.measured)
        if kind not in answered:
            answered = frozenset((*list(answered)[-KINDS:], kind))
        if not (room is learnt.room and seen is learnt.seen and answered is learnt.answered):
            memory.learn(place, answer.at, room=room, seen=seen, answered=answered)


def from_refusal(setting: Setting, batch: Batch, cap: Cap, now: float) -> Room:
    """A batch was too much, and should have kept this cap. Returns what was known before."""
    memory, place = setting.memory, setting.place
    with memory.lock:
        learnt = memory.known(place, now)
        counted = cap.counted if cap.limits.tokens is not None else None
        seen = learnt.seen if counted is None else tokens.learn(learnt.seen, batch.texts, counted)
        room = after_refusal(learnt.room, cap)
        memory.learn(place, now, room=room, seen=seen)
    if setting.watch is not None and (room.named, room.guessed) != (learnt.room.named, learnt.room.guessed):
        setting.watch.learnt(taught(cap))
    return learnt.room


def withdrawn(setting: Setting, before: Room, now: float) -> None:
    """What was guessed of the size of requests since then was an input's fault. What was named stays."""
    memory, place = setting.memory, setting.place
    with memory.lock:
        room = memory.known(place, now).room
        memory.learn(place, now, room=msgspec.structs.replace(room, guessed=before.guessed, good=0, sure=before.sure))
    if setting.watch is not None and room.guessed != before.guessed:
        setting.watch.learnt("an input was refused by itself: what was guessed of a request's size is forgotten")
