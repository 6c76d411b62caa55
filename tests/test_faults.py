"""Is the vector right, or the error clear, whatever a server does? Every fault, for threads and for tasks."""

from __future__ import annotations

import asyncio
import itertools
import time

import pytest

from any_llm import AnyLLM, AnyLLMError, exceptions
from colours import COLOURS, in_a_loop
from loopback import Answer
from numbered import KEY, numbers, texts, to, vectors
from patience import within
from wrong_replies import FAULTS

INPUTS = texts(3)
TIMEOUT = 0.25
AMPLE = 20
"""Seconds for what ends without a timeout: it would have to hang to take so long."""
REFUSED = Answer(400, json={"error": {"message": "no"}})
each_fault = pytest.mark.parametrize("name", FAULTS)


def bounds(fault):
    """How such a call is kept from waiting."""
    if fault.waits:
        return {"timeout": within(TIMEOUT)}
    return {"deadline": TIMEOUT if fault.drips else AMPLE}


@COLOURS
@each_fault
def test_alone_it_is_the_right_result_or_its_error(name, call, loopback):
    fault = FAULTS[name]
    server = loopback(lambda request: fault.answer(request) if len(request.json["input"]) == len(INPUTS) else REFUSED)
    begun = time.monotonic()
    options = {"inputs": INPUTS, **bounds(fault), **to(server.url, max_retries=0)}
    if fault.error is None:
        assert numbers(call(**options)) == [0, 1, 2]
    else:
        with pytest.raises(AnyLLMError) as caught:
            call(**options)
        error = caught.value
        assert type(error) is getattr(exceptions, fault.error), repr(error)
        assert fault.words in str(error)
        assert error.index == fault.index
        assert KEY not in f"{error!r} {vars(error)} {error.__cause__!r}"
    assert len(server.requests) == fault.sends + 2 * fault.probed
    assert time.monotonic() - begun < within(2 * TIMEOUT + 0.5 if fault.waits or fault.drips else AMPLE)


@COLOURS
@each_fault
def test_a_server_that_recovers_is_asked_again(name, call, loopback):
    fault = FAULTS[name]
    count = itertools.count()
    server = loopback(lambda request: vectors(request) if next(count) else fault.answer(request))
    options = {"inputs": INPUTS, **bounds(fault), **to(server.url)}
    if fault.error is not None and (fault.drips or not (fault.again or fault.probed)):
        with pytest.raises(getattr(exceptions, fault.error)):
            call(**options)
        assert len(server.requests) == 1
    else:
        assert numbers(call(**options)) == [0, 1, 2]
        if fault.waits:  # fewer at once may be answered in time
            assert len(server.requests) == 1 + len(INPUTS)
        elif fault.again:
            assert len(server.requests) == (1 if fault.error is None else 2)


@COLOURS
@each_fault
def test_the_next_call_gets_its_own_vectors(name, call, loopback):
    fault = FAULTS[name]
    count = itertools.count()
    server = loopback(lambda request: vectors(request) if next(count) >= fault.sends else fault.answer(request))

    async def twice(embed):
        client = AnyLLM.create("openai", KEY, server.url, max_retries=0)
        try:
            await embed(client, INPUTS, **bounds(fault))
        except AnyLLMError as error:
            assert type(error).__name__ == fault.error  # noqa: PT017  # of some faults there is none
        found = numbers(await embed(client, ["7", "8"], deadline=AMPLE))
        await client.aclose()
        return found

    async def in_threads(client, inputs, **options):
        return client.embedding("m", inputs, **options)

    async def in_tasks(client, inputs, **options):
        return await client.aembedding("m", inputs, **options)

    assert asyncio.run(twice(in_tasks if call is in_a_loop else in_threads)) == [7, 8]
