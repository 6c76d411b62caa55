"""Does any order of faults, whatever they are, ever bring a wrong vector, a silent gap, or a false account?"""

from __future__ import annotations

import pytest

from chaos import Chaos
from planned import called
from programs import STRICT, run

BLOCKS, EACH = 10, 1000
SOAKED = 1_000_000
REAL = 100


def met(seed: int) -> None:
    """Play one number's call, in virtual time. Raises AssertionError when a law is broken."""
    chaos = Chaos(seed)
    ended = called(
        chaos.inputs, chaos, workers=chaos.workers, retries=chaos.retries, row=chaos.row, **chaos.options
    )  # fmt: skip
    chaos.judge(ended.result, ended.error)
    assert ended.at_rest


def broken(seeds: range) -> dict[int, str]:
    """Numbers whose call breaks a law, and how: each can be played again by itself."""
    found = {}
    for seed in seeds:
        try:
            met(seed)
        except Exception as error:  # noqa: BLE001  # whatever it is, its number must be told
            found[seed] = repr(error)
    return found


@pytest.mark.parametrize("block", range(BLOCKS))
def test_ten_thousand_schedules_of_faults(block):
    assert broken(range(block * EACH, (block + 1) * EACH)) == {}


@pytest.mark.soak
@pytest.mark.parametrize("block", range(10))
def test_a_million_schedules_of_faults(block):
    assert broken(range(block * SOAKED // 10, (block + 1) * SOAKED // 10)) == {}


def test_schedules_of_faults_through_real_connections():
    """On threads and as tasks, with every warning an error."""
    program = """
        from chaos_on_loopback import asynchronously, synchronously

        synchronously(range(int(sys.argv[2])))
        asyncio.run(asynchronously(range(int(sys.argv[2]), 2 * int(sys.argv[2]))))
        print("right")
    """
    assert run(program, "-", REAL, flags=STRICT) == (0, ["right"], "")
