"""What a client has spent, and may spend, over all its calls. Whoever calls holds the memory's lock."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MILLION = 1_000_000


class Budget:
    """Tokens by model: those that are paid for, and those that may be, of requests in flight."""

    def __init__(self, most: float | None = None) -> None:
        """Nothing is spent. `most`: USD; None: without end, and then nobody needs a price."""
        self.most = most
        self.prices: dict[str, float] = {}
        """Model -> USD per million tokens; with an end, every model that is asked for has one."""
        self.spent: Counter[str] = Counter()
        self._held: Counter[str] = Counter()

    def hold(self, model: str, tokens: int) -> bool:
        """Set so many tokens aside, if they are there."""
        asked = self._usd(self.spent) + self._usd(self._held) + self.prices[model] * tokens / MILLION
        if self.most is not None and asked > self.most:
            return False
        self._held[model] += tokens
        return True

    @property
    def idle(self) -> bool:
        """Whether nothing is set aside, so that no more can come back."""
        return not self._held.total()

    def settle(self, model: str, held: int, tokens: int) -> None:
        """Of what was set aside, so many tokens are paid for; the rest comes back."""
        self._held[model] -= held
        self.spent[model] += tokens

    def _usd(self, tokens: Mapping[str, int]) -> float:
        return sum(self.prices[model] * count for model, count in tokens.items()) / MILLION


def usd(tokens: Mapping[str, int], price: Callable[[str], float | None]) -> float | None:
    """What these tokens cost, by model; None where one of them has no price."""
    prices = {model: price(model) for model, count in tokens.items() if count}
    if None in prices.values():
        return None
    return sum((prices[model] or 0.0) * tokens[model] for model in prices) / MILLION
