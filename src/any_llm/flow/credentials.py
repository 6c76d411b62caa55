"""How a request says who asks: with a key, a key that a callable gives, or a token that either is exchanged for."""

from __future__ import annotations

from functools import partial
from math import inf
from typing import TYPE_CHECKING

import msgspec

from any_llm import checks
from any_llm.exceptions import InvalidRequestError
from any_llm.secret import Secret, hidden
from any_llm.wire import Once, Outcome, Run, Send

if TYPE_CHECKING:
    from collections.abc import Generator, Hashable, Mapping

    from any_llm.flow.setting import Setting
    from any_llm.wire import Call, Command, Token

    Exchange = Generator[Command, Outcome, Token]


def identified(setting: Setting, call: Call, command: Send, now: float) -> Generator[Command, Outcome, Send]:
    """The request with its headers; a callable key is asked for now, a token fetched if none is fresh."""
    headers = {**call.headers}
    for name, word in command.headers.items():
        headers[name] = hidden(name, word)
    url, sign = command.url, command.sign
    exchange = _exchange(setting, call)
    if exchange is not None:
        key = (setting.place[0], setting.place[2])
        fetch = partial(_token, setting, exchange, key, now)
        token: Token = setting.memory.token(key, now) or (yield Once(key, fetch)).value
        headers.update({name: Secret(word) for name, word in token.headers.items()})
        url = _whole(call, url, token.found)
        sign = token.sign or sign
    if call.key is not None and call.row.auth[0].lower() not in map(str.lower, headers):
        header, prefix = call.row.auth
        headers[header] = Secret(prefix + checks.key(call.row.name, (yield Run(call.key, apart=True)).value))
    return msgspec.structs.replace(command, url=url, headers=headers, sign=sign)


def renewed(setting: Setting, sent: Send, now: float) -> bool:
    """Whether another try may carry another key or token, now that this one was refused.

    The token that was sent is forgotten; one that another conversation fetched meanwhile stays.
    """
    if _exchange(setting, setting.call) is None:
        return setting.call.key is not None
    key = (setting.place[0], setting.place[2])
    token = setting.memory.token(key, now)
    if token is not None and token.headers.items() <= sent.headers.items() and token.sign in {None, sent.sign}:
        setting.memory.drop(key, token)
    return setting.call.key is not None or token is None or token.expires < inf


def _whole(call: Call, url: str, found: Mapping[str, str]) -> str:
    """The address with what the credentials know of it. Raises InvalidRequestError for what nobody knows."""
    for name in call.row.found:
        if f"{{{name}}}" not in url:
            continue
        if name not in found:
            reason = f"{call.row.title} needs {name}= in client_args: the credentials name none."
            raise InvalidRequestError(reason, provider_name=call.row.name)
        url = url.replace(f"{{{name}}}", found[name])
    return url


def _exchange(setting: Setting, call: Call) -> Exchange | None:
    """The flow that exchanges this call's key, not yet begun; None where the key goes as it is."""
    authorise = getattr(setting.adapter, "authorise", None)
    return None if authorise is None else authorise(call)


def _token(setting: Setting, exchange: Exchange, key: Hashable, now: float) -> Exchange:
    """Fetch a token and keep it, unless somebody has since it was looked for."""
    token = setting.memory.token(key, now)
    if token is None:
        token = yield from exchange
        setting.memory.keep(key, token)
    return token
