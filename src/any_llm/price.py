"""What do tokens cost? The list price of a model at a provider, and what a client has spent by it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from any_llm.exceptions import InvalidRequestError
from any_llm.flow.budget import usd
from any_llm.flow.memory import MEMORY
from any_llm.models import model_info

if TYPE_CHECKING:
    from collections.abc import Callable

    from any_llm.configuration import Configuration
    from any_llm.flow.setting import Setting
    from any_llm.providers.row import Row


def price(row: Row, model: str) -> Callable[[], float | None]:
    """Give what looks it up, USD per million tokens, when somebody asks: most calls read no table."""
    return nothing if row.kind == "in-process" else partial(listed, row.name, model)


def listed(provider: str, model: str) -> float | None:
    """Look up the list price. None: nobody states one, or sources differ."""
    info = model_info(provider, model)
    return None if info is None or "usd_per_million_tokens" in info.estimated else info.usd_per_million_tokens


def nothing() -> float:
    """Nobody bills for a model in this process."""
    return 0.0


def budgeted(setting: Setting) -> None:
    """Price the call for its client's budget, if it has one. Raises InvalidRequestError where no price is known."""
    budget, call = setting.budget, setting.call
    if budget.most is None:
        return
    found = setting.price()
    if found is None:
        reason = "no price of this model is known here, so nothing was sent. Use a client without max_usd"
        raise InvalidRequestError(f"{call.model}: max_usd={budget.most:g}, but {reason}.", provider_name=call.row.name)
    with setting.memory.lock:
        budget.prices[call.model] = found


def spent(client: Configuration) -> float | None:
    """Add up what its calls cost. None: a model that was used has no known price."""
    with MEMORY.lock:
        tokens = client.budget.spent.copy()
    return usd(tokens, lambda model: price(client.row, model)())
