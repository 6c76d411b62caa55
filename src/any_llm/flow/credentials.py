"""Which headers carry the key: as it was given, asked for, or exchanged for a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from any_llm import checks
from any_llm.wire import Once, Run

if TYPE_CHECKING:
    from collections.abc import Generator

    from any_llm.flow.converse import Setting
    from any_llm.wire import Call, Command, Outcome, Send


def with_key(setting: Setting, call: Call, command: Send | Run, now: float) -> Generator[Command, Outcome, Send | Run]:
    """The request with its headers; a callable key is asked for now, a token fetched if none is fresh."""
    if isinstance(command, Run):
        return command
    headers = {**call.headers, **command.headers}
    authorise = getattr(setting.adapter, "authorise", None)
    if authorise is not None:
        key = (setting.place[0], setting.place[2])
        token = setting.memory.token(key, now)
        if token is None:
            token = (yield Once(key, lambda: authorise(call))).value
            setting.memory.keep(key, token)
        headers.update(token.headers)
    elif call.key is not None and call.row.auth[0].lower() not in map(str.lower, headers):
        header, prefix = call.row.auth
        headers[header] = prefix + checks.key(call.row.name, (yield Run(call.key)).value)
    return msgspec.structs.replace(command, headers=headers)


def forget_key(setting: Setting, sent: Send, now: float) -> None:
    """Forget the token that was sent; one that another conversation fetched meanwhile stays."""
    key = (setting.place[0], setting.place[2])
    token = setting.memory.token(key, now)
    if token is not None and token.headers.items() <= sent.headers.items():
        setting.memory.drop(key, token)
