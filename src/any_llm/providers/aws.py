"""How a request to Amazon is signed, and with whose keys.

botocore, which knows every place where keys may be, is imported only inside the function given to Run.
"""

from __future__ import annotations

import hmac
from email.utils import formatdate, parsedate_to_datetime
from functools import partial
from hashlib import sha256
from importlib import import_module
from math import inf
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msgspec

from any_llm.exceptions import AuthenticationError, InvalidRequestError, MissingApiKeyError, MissingPackageError
from any_llm.providers.auth import UNDATED
from any_llm.providers.fields import refusal
from any_llm.wire import Refusal, Run, Token

if TYPE_CHECKING:
    from any_llm.providers.auth import Flow
    from any_llm.wire import Call, Reply, Send


class AWSKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What signs a request to a service in a region."""

    access: str
    secret: str
    session: str | None
    """Sent along where the keys are temporary."""
    region: str
    service: str

    def __repr__(self) -> str:
        """Never the keys."""
        return f"AWSKeys(***, {self.region!r}, {self.service!r})"


def sign(call: Call, service: str) -> Flow:
    """Sign with the keys in client_args, else with those that AWS's own chain finds (the extra `aws`)."""
    given = call.client
    region = given.get("region_name")
    if not region:
        reason = "AWS signs for a region: pass region_name= in client_args, or set AWS_REGION."
        raise InvalidRequestError(reason, provider_name=call.row.name)
    access, secret, session = (
        given.get(f"aws_{name}") for name in ("access_key_id", "secret_access_key", "session_token")
    )
    expires = inf
    if (access is None) != (secret is None):
        reason = "aws_access_key_id and aws_secret_access_key go together."
        raise InvalidRequestError(reason, provider_name=call.row.name)
    if access is None:
        look = partial(_chain, call.row.name, given.get("profile_name"), given.get("botocore_session"))
        outcome = yield Run(look)
        (access, secret, session), end = outcome.value
        expires = outcome.now[0] + (UNDATED if end is None else end - outcome.now[1])
    keys = AWSKeys(access=access, secret=str(secret), session=session, region=region, service=service)
    return Token({}, expires, partial(signature, keys))


def _chain(provider: str, profile: str | None, session: Any) -> tuple[tuple[str, str, str | None], float | None]:
    """The keys, and until when (wall-clock seconds)."""
    try:
        library = import_module("botocore.session")
        failed = import_module("botocore.exceptions").BotoCoreError
    except ImportError as error:
        raise MissingPackageError(provider, "aws") from error
    try:
        credentials = (session or library.Session(profile=profile)).get_credentials()
        keys = None if credentials is None else credentials.get_frozen_credentials()
    except failed as error:
        raise AuthenticationError(f"AWS's credentials: {error}", error, provider) from error
    if keys is None:
        raise MissingApiKeyError(provider, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    end = getattr(
        credentials, "_expiry_time", None
    )  # botocore shows it to nobody; without it they are asked more often
    return (keys.access_key, keys.secret_key, keys.token), None if end is None else end.timestamp()


def signature(keys: AWSKeys, send: Send, now: float) -> dict[str, str]:
    """Sign by Signature Version 4: headers to add, good for five minutes around `now` (wall-clock seconds).

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    time = parsedate_to_datetime(formatdate(now, usegmt=True)).strftime("%Y%m%dT%H%M%SZ")
    parts = urlsplit(send.url)
    added = {"X-Amz-Date": time, **({"X-Amz-Security-Token": keys.session} if keys.session else {})}
    given = {name.lower(): value for name, value in {**send.headers, **added}.items()}
    signed = {name: value for name, value in given.items() if name == "content-type" or name.startswith("x-amz")}
    default = {"http": 80, "https": 443}.get(parts.scheme)
    signed["host"] = parts.netloc.rpartition("@")[2].removesuffix(f":{default}").lower()
    names = ";".join(sorted(signed))
    canonical = "\n".join(
        (
            send.method,
            quote(parts.path or "/", safe="/"),  # quoted twice: what is signed is the path as it is sent
            "&".join(sorted(parts.query.split("&"), key=lambda pair: pair.partition("=")[::2])),
            *(f"{name}:{' '.join(signed[name].split())}" for name in sorted(signed)),
            "",
            names,
            sha256(send.body).hexdigest(),
        )
    )
    scope = f"{time[:8]}/{keys.region}/{keys.service}/aws4_request"
    key = f"AWS4{keys.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    message = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    proof = hmac.digest(key, message.encode(), "sha256").hex()
    credential = f"Credential={keys.access}/{scope}, SignedHeaders={names}, Signature={proof}"
    return {**added, "Authorization": f"AWS4-HMAC-SHA256 {credential}"}


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
