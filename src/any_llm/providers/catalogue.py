"""GET {base}/models: how most providers list their models.

Source: https://platform.openai.com/docs/api-reference/models/list
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec

from any_llm.providers.fields import address
from any_llm.types.model import Model
from any_llm.wire import Page, Send

if TYPE_CHECKING:
    from any_llm.wire import Call, Reply


class Item(msgspec.Struct):
    """One model. Some leave out all but the id, and some write a date as `created`."""

    id: str
    created: Any = None
    owned_by: Any = None


class Body(msgspec.Struct):
    """A 200 reply."""

    data: list[Item]


_decoder = msgspec.json.Decoder(Body)


def models(call: Call, after: str | None) -> Send:  # noqa: ARG001  # as an adapter's
    """Ask where the row says, else beside its embeddings. All come at once, so `after` is never needed."""
    row = call.row
    path, _, query = (row.models_path or f"{row.path.removesuffix('/embeddings')}/models").partition("?")
    return Send(method="GET", url=address(call, path, dict(parse_qsl(query))))


def listed(call: Call, reply: Reply) -> Page:
    """Read {"data": [{"id", "created", "owned_by"}]}."""
    return Page([named(call, item.id, item.created, item.owned_by) for item in _decoder.decode(reply.body).data])


def named(call: Call, name: str, created: object = None, owner: object = None) -> Model:
    """Fill in what a provider leaves out."""
    known = isinstance(created, int | float) and not isinstance(created, bool)
    return Model(
        id=name,
        created=int(created) if known else 0,  # type: ignore[call-overload]
        owned_by=owner if isinstance(owner, str) and owner else call.row.name,
    )
