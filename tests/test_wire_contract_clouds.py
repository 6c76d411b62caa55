"""Do we send the great clouds what their own SDKs send, token exchange and signature too, and read what they read?

What is expected is the SDK's recording. Amazon's takes a body ready made: there it is the one Amazon documents.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import struct
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import pytest

from any_llm import AnyLLM
from loopback import Loopback
from oracles import clouds
from oracles.cloud_cases import CLOUDS, Cloud, Sent
from oracles.shape import Case, Read
from test_wire_contract import IGNORED
from tls import AUTHORITY, SecureLoopback

if TYPE_CHECKING:
    from collections.abc import Callable

    from loopback import Request

OF_A_PROGRAM = IGNORED | {"amz-sdk-invocation-id", "amz-sdk-request", "x-ms-client-request-id", "x-amz-date", "rquid"}
"""Headers that say which program sends and when; the rquid is checked by itself."""


NUMBERS = itertools.count()
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def seen(requests: list[Request]) -> list[Sent]:
    """What arrived; a signature is checked, and stands for whose it is."""
    sent = []
    for request in requests:
        headers = {name: value for name, value in request.headers.items() if name not in OF_A_PROGRAM}
        if request.headers.get("authorization", "").startswith("AWS4"):
            headers["authorization"] = verified(request)
        assert UUID.fullmatch(request.headers["rquid"]) if request.path == "/oauth" else True
        is_form = "form" in headers.get("content-type", "")
        body = dict(parse_qsl(request.body.decode())) if is_form or not request.body else request.json
        sent.append(Sent(request.method, request.path, dict(request.query), headers, body))
    return sent


def verified(request: Request) -> str:
    """Sign it again with Amazon's own code, as the host would; say whose keys, for which region and service."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    found = re.match(
        r"AWS4-HMAC-SHA256 Credential=(\w+)/(\d{8})/([\w-]+)/(\w+)/aws4_request, SignedHeaders=(\S+), Signature=(\w+)$",
        request.headers["authorization"],
    )
    assert found
    access, day, region, service, names, proof = found.groups()
    assert {"host", "content-type", "x-amz-date"} <= {*names.split(";")}
    assert ("x-amz-security-token" in request.headers) == ("x-amz-security-token" in names)
    url = f"http://{request.headers['host']}{request.path}"
    again = AWSRequest("POST", url, {name: request.headers[name] for name in names.split(";")}, request.body)
    again.context["timestamp"] = request.headers["x-amz-date"]
    signer = SigV4Auth(Credentials(access, clouds.AWS["aws_secret_access_key"]), service, region)
    assert signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again) == proof
    assert request.headers["x-amz-date"].startswith(day)
    return f"{access} {region} {service}"


def ours(cloud: Cloud, case: Case, mode: str, url: str, key: str) -> Read:
    with ExitStack() as files:
        client = {
            name: word.format(url=url) if isinstance(word, str) else word(key) if callable(word) else word
            for name, word in cloud.client.items()
        }
        if cloud.secure:
            client["verify"] = files.enter_context(AUTHORITY.cert_pem.tempfile())
        made = AnyLLM.create(
            cloud.provider, key if cloud.keyed else None, url + cloud.base, max_concurrency=1, **client
        )
        options = {
            "dimensions": case.dimensions,
            "input_type": case.input_type,
            "overflow": case.overflow,
            "dtype": case.dtype,
        }
        with made:
            if mode == "sync":
                result = made.embedding(cloud.model, case.inputs, **options, **case.extra)
            else:
                result = asyncio.run(made.aembedding(cloud.model, case.inputs, **options, **case.extra))
    measured = result.usage.total_tokens if result.usage.source == "measured" else None
    return Read([item.embedding for item in result.data], measured)


def float32(vectors: list[list[float]]) -> list[bytes]:
    return [struct.pack(f"<{len(vector)}f", *vector) for vector in vectors]


CALLS = [
    pytest.param(
        *(cloud, case, mode),
        id=f"{cloud}: {case.name}, {mode}",
        marks=pytest.mark.proves(cloud.provider, "sdk", cloud.sdk),
    )
    for cloud in CLOUDS
    for case in cloud.cases
    for mode in ("sync", "async")
]


def recording(cloud: Cloud, case: Case, server: Loopback, key: str) -> tuple[list[Sent], Read]:
    """What the SDK sends and reads. IBM's looks up the project first, which no embedding needs."""
    already = len(server.requests)
    read = cloud.embed(server.url + (cloud.base if cloud.provider == "azure" else ""), key, cloud.model, case)
    return seen([each for each in server.requests[already:] if each.method == "POST"]), read


@pytest.mark.parametrize(("cloud", "case", "mode"), CALLS)
def test_we_send_what_the_sdk_sends_and_read_what_it_reads(cloud: Cloud, case: Case, mode: str):
    key = f"a2V5LW{next(NUMBERS):04}"  # of its own: a token is kept for who has the key
    with (SecureLoopback if cloud.secure else Loopback)(cloud.answer) as server:
        want, expected = recording(cloud, case, server, key)
        recorded = len(server.requests)
        read = ours(cloud, case, mode, server.url, key)
    for each in want:
        for difference in cloud.differences:
            difference(each)
    assert seen(server.requests[recorded:]) == want
    assert float32(read.vectors) == float32(expected.vectors)
    assert read.tokens == expected.tokens
    assert len(set(float32(read.vectors))) == len(case.texts)


DIFFERING = [
    pytest.param(cloud, difference, id=f"{cloud}-{difference.__name__}")
    for cloud in CLOUDS
    for difference in cloud.differences
]


@pytest.mark.parametrize(("cloud", "difference"), DIFFERING)
def test_a_difference_that_is_none_any_more_is_struck_off(cloud: Cloud, difference: Callable[[Sent], None]):
    with Loopback(cloud.answer) as server:
        sent, _ = recording(cloud, cloud.cases[0], server, "a2V5")
        again = seen([each for each in server.requests if each.method == "POST"])
    for each in sent:
        difference(each)
    assert sent != again
