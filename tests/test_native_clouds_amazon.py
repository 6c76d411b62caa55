"""Are Amazon's keys found where its own library finds them, in time, and are requests signed as they should be?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.session import Session

from any_llm.flow.memory import Memory
from any_llm.providers.aws import AWSKeys, signature
from any_llm.wire import Send
from by_hand import WALL, reply
from cloud_rows import client_of
from clouds_by_hand import COLOURS, converse_with, embed, nobodys_machine, setting_of, token_of
from oracles import cloud_replies
from oracles.cloud_replies import example

REGION = {"region_name": "eu-west-1"}
TITAN, GOOD = "amazon.titan-embed-text-v2:0", reply(example("bedrock titan v2"))


@pytest.fixture(autouse=True)
def _nobodys_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    nobodys_machine(monkeypatch, tmp_path)


# The published examples of Amazon's test suite for Signature Version 4.
KEYS = AWSKeys(access="AKIDEXAMPLE", secret="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", session=None,
               region="us-east-1", service="service")  # fmt: skip
PUBLISHED = [
    ("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ("GET", "/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "target", "proof"), PUBLISHED)
def test_the_published_examples_are_signed_as_published(method, target, proof):
    send = Send(url=f"https://example.amazonaws.com{target}", method=method)
    signed = signature(KEYS, send, datetime(2015, 8, 30, 12, 36, tzinfo=UTC).timestamp())
    assert signed["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={proof}"
    )
    assert signed["X-Amz-Date"] == "20150830T123600Z"


HOSTS = [("https://h:443/", "h"), ("https://h:8443/", "h:8443"), ("http://h:80/", "h"), ("https://user@H/", "h")]


@pytest.mark.parametrize(("url", "host"), HOSTS)
def test_the_host_that_is_signed_is_the_one_that_is_sent(url, host):
    assert signature(KEYS, Send(url=url), 0.0) == signature(KEYS, Send(url=f"{url[:5].rstrip(':')}://{host}/"), 0.0)


def session_of(keys: Any) -> Session:
    session = Session()
    session._credentials = keys
    return session


def boto(**given: Any) -> dict[str, Any]:
    return {"model": TITAN, "client": {**REGION, **given}, "headers": {}}


def test_each_request_is_signed_at_its_own_time_by_keys_that_are_kept():
    memory, session = Memory(), session_of(Credentials("AK", "secret", "session"))
    sent = [
        converse_with(setting_of("bedrock", memory=memory, **boto(botocore_session=session)), GOOD, at=at).sent[0]
        for at in (0, 60)
    ]
    session._credentials = Credentials("rotated", "secret")
    for at in (299, 301):  # those without an end are looked for again after five minutes
        told = converse_with(setting_of("bedrock", memory=memory, **boto(botocore_session=session)), GOOD, at=at)
        sent += told.sent
    owners = [each.headers["Authorization"].partition("=")[2].partition("/")[0] for each in sent]
    assert owners == ["AK", "AK", "AK", "rotated"]
    assert [each.headers.get("X-Amz-Security-Token") for each in sent] == ["session"] * 3 + [None]
    assert len({each.headers["X-Amz-Date"] for each in sent}) == 4


def test_keys_of_a_role_are_kept_until_a_minute_before_their_end():
    taken = []

    def metadata() -> dict[str, str]:
        taken.append(1)
        end = datetime.now(UTC) + timedelta(hours=1)
        return {"access_key": "role", "secret_key": "s", "token": "t", "expiry_time": end.isoformat()}

    keys = RefreshableCredentials.create_from_metadata(metadata(), metadata, "assume-role")
    setting = setting_of("bedrock", **boto(botocore_session=session_of(keys)))
    ends = token_of(setting).value.expires - 50_000.0 + WALL
    assert ends == pytest.approx((datetime.now(UTC) + timedelta(hours=1)).timestamp(), abs=60)
    assert len(taken) == 1


@COLOURS
@pytest.mark.parametrize("where", ["client_args", "environment", "profile"])
def test_keys_are_found_where_amazons_own_library_finds_them(where, mode, loopback, monkeypatch, tmp_path):
    server = loopback(cloud_replies.bedrock("titan v2"))
    given: dict[str, Any] = {"region_name": "eu-west-1"}
    if where == "client_args":
        given |= {"aws_access_key_id": "client_args", "aws_secret_access_key": "s"}
    elif where == "environment":
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "environment")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    else:
        (tmp_path / "credentials").write_text("[mine]\naws_access_key_id = profile\naws_secret_access_key = s\n")
        given["profile_name"] = "mine"
    embed(client_of("bedrock", api_base=server.url, **given), mode, TITAN)
    assert server.requests[0].headers["authorization"].startswith(f"AWS4-HMAC-SHA256 Credential={where}/")
    assert "/eu-west-1/bedrock/aws4_request" in server.requests[0].headers["authorization"]


def test_one_profile_is_not_taken_for_another(loopback, tmp_path):
    server = loopback(cloud_replies.bedrock("titan v2"))
    lines = [f"[{name}]\naws_access_key_id = {name}\naws_secret_access_key = s\n" for name in ("one", "two")]
    (tmp_path / "credentials").write_text("".join(lines))
    for name in ("one", "two", "one"):
        embed(client_of("bedrock", api_base=server.url, profile_name=name, **REGION), "sync", TITAN)
    owners = [request.headers["authorization"].split("=")[1].split("/")[0] for request in server.requests]
    assert owners == ["one", "two", "one"]


@pytest.mark.parametrize(
    ("environment", "given", "host"),
    [
        ({"AWS_REGION": "a"}, {}, "a"),
        ({"AWS_DEFAULT_REGION": "b"}, {}, "b"),
        ({"AWS_DEFAULT_REGION": "b", "AWS_REGION": "a"}, {}, "b"),  # what Amazon's own library reads
        ({"AWS_REGION": "a"}, {"region_name": "c"}, "c"),
    ],
)
def test_the_region_is_in_the_address(environment, given, host, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    configuration = client_of("bedrock", **given)._configuration
    assert configuration.base == f"https://bedrock-runtime.{host}.amazonaws.com"
    assert configuration.options["region_name"] == host


def test_no_noun_shows_a_key():
    setting = setting_of("bedrock", **boto(aws_access_key_id="AK", aws_secret_access_key="hush"))
    token = token_of(setting).value
    assert "hush" not in f"{token!r} {token.sign!r} {token.sign.args!r} {setting.call!r}"
