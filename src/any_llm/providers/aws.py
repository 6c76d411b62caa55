"""How a request to Amazon is signed, with whose keys and for which region, by AWS's own library.

botocore is imported only inside the function given to Run.
"""

from __future__ import annotations

from email.utils import formatdate, parsedate_to_datetime
from functools import partial
from importlib import import_module
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from any_llm.exceptions import AuthenticationError, InvalidRequestError, MissingApiKeyError
from any_llm.providers.auth import UNDATED, not_installed, proven
from any_llm.providers.fields import refusal
from any_llm.wire import Refusal, Run, Token

if TYPE_CHECKING:
    from any_llm.providers.auth import Flow
    from any_llm.wire import Call, Reply, Send

ACCESS, SECRET = "aws_access_key_id", "aws_secret_access_key"


class Found(NamedTuple):
    """What AWS's own library knows."""

    region: str | None
    keys: Any = None
    """botocore's ReadOnlyCredentials; None where a key of Bedrock's needs none."""
    expires: float | None = None
    """Wall-clock seconds."""


def sign(call: Call, service: str) -> Flow | None:
    """Sign with the keys in client_args, else with those that AWS's own chain finds. Needs the extra `aws`.

    A key of Bedrock's needs no signature: then the region alone is looked for, where nobody gave it.
    """
    return None if proven(call) and call.client.get("region_name") else _signed(call, service)


def _signed(call: Call, service: str) -> Flow:
    if (ACCESS in call.client) != (SECRET in call.client):
        raise InvalidRequestError(f"{ACCESS} and {SECRET} go together.", provider_name=call.row.name)
    outcome = yield Run(partial(_found, call), apart=True)
    (monotonic, wall), found = outcome.now, outcome.value
    region = call.client.get("region_name") or found.region
    if not region:
        ways = "pass region_name= in client_args, set AWS_REGION, or name it in the profile (which needs the extra aws)"
        raise InvalidRequestError(f"{call.row.title} needs a region: {ways}.", provider_name=call.row.name)
    expires = monotonic + (UNDATED if found.expires is None else found.expires - wall)
    signer = Signer(found.keys, region, service) if found.keys else None
    return Token({}, expires, signer, found={"region_name": region})


def _found(call: Call) -> Found:
    """Ask for the region, and for keys where there are none. Raises when there are none at all."""
    given = call.client
    try:
        library = import_module("botocore.session")
        failed = import_module("botocore.exceptions").BotoCoreError
        import_module("botocore.auth")  # for Signer, which is called in an event loop
    except ImportError as error:
        if proven(call):
            return Found(None)
        raise not_installed(call.row) from error
    try:
        session = given.get("botocore_session") or library.Session(profile=given.get("profile_name"))
        region = session.get_config_variable("region")
        if proven(call):
            return Found(region)
        if ACCESS in given:
            own = import_module("botocore.credentials").Credentials
            credentials = own(given[ACCESS], given[SECRET], given.get("aws_session_token"))
        else:
            credentials = session.get_credentials()
        keys = None if credentials is None else credentials.get_frozen_credentials()
    except failed as error:
        raise AuthenticationError(f"AWS's credentials: {error}", error, call.row.name) from error
    if keys is None:
        raise MissingApiKeyError(call.row.name, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    # botocore shows the end to nobody; without it they are asked for more often.
    end = getattr(credentials, "_expiry_time", None)
    return Found(region, keys, inf if ACCESS in given else end.timestamp() if end else None)


class Signer(msgspec.Struct, frozen=True):
    """Signs a request by Signature Version 4."""

    keys: Any
    region: str
    service: str

    def __call__(self, send: Send, now: float) -> dict[str, str]:
        """Headers to add, good for five minutes around `now` (wall-clock seconds)."""
        library, request = import_module("botocore.auth"), import_module("botocore.awsrequest").AWSRequest
        time = parsedate_to_datetime(formatdate(now, usegmt=True)).strftime(library.SIGV4_TIMESTAMP)
        added = {"X-Amz-Date": time, **({"X-Amz-Security-Token": self.keys.token} if self.keys.token else {})}
        signed = {name: value for name, value in send.headers.items() if name.lower() == "content-type"}
        going = request(send.method, send.url, {**signed, **added}, send.body)
        going.context["timestamp"] = time
        by = library.SigV4Auth(self.keys, self.service, self.region)
        proof = by.signature(by.string_to_sign(going, by.canonical_request(going)), going)
        names = by.signed_headers(by.headers_to_sign(going))
        return {
            **added,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={by.scope(going)}, SignedHeaders={names}, Signature={proof}",
        }

    def __repr__(self) -> str:
        """Never the keys."""
        return f"Signer(***, {self.region!r}, {self.service!r})"


class Said(msgspec.Struct, rename={"kind": "__type", "capital": "Message", "original": "OriginalMessage"}):
    """A refusal. SageMaker capitalises, and hands on what its container said."""

    kind: str = ""
    message: str = ""
    capital: str = ""
    original: str = ""


def explained(reply: Reply) -> Refusal:
    """Read a refusal of any of Amazon's services. Never raises."""
    try:
        said = msgspec.json.decode(reply.body, type=Said)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = Said()
    kind = (reply.headers.get("x-amzn-errortype") or said.kind).partition(":")[0].rpartition("#")[2] or None
    message = said.original or said.message or said.capital or refusal(reply).message
    return Refusal(message=message, code=kind, error_type=kind)


RUN_OUT = frozenset({"ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"})
"""Refusals of keys that ran out or were replaced: others may have taken their place.

Source: https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/CommonErrors.html (of all services)
"""


def meant(reply: Reply) -> int:
    """401 for keys that ran out, where Amazon answers 403 as to who may not."""
    return 401 if reply.status in {400, 403} and explained(reply).code in RUN_OUT else reply.status
