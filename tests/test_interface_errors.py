"""What a refusal and a lost connection become: any-llm's errors, with what any-llm's carry."""

from __future__ import annotations

import pytest

from any_llm import AnyLLMError, exceptions
from interface_calls import BOTH, EACH, KEY, SPOKEN, at
from loopback import Answer, Raw

SECRET = "the text that nobody may see in an error"
DETAILS = {"message": "no such thing", "type": "the type", "code": "the_code", "param": "the_param"}


def raised(embed, server, provider="openai", **options):
    with pytest.raises(AnyLLMError) as caught:
        embed(**{**at(server, provider), "client_args": {"max_retries": 0}, **options})
    return caught.value


@BOTH
@EACH
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "InvalidRequestError"),
        (401, "AuthenticationError"),
        (402, "InsufficientFundsError"),
        (403, "AuthenticationError"),
        (404, "ModelNotFoundError"),
        (408, "ProviderTimeoutError"),
        (413, "InvalidRequestError"),
        (422, "InvalidRequestError"),
        (429, "RateLimitError"),
        (500, "ProviderError"),
        (502, "UpstreamProviderError"),
        (503, "ProviderError"),
        (504, "GatewayTimeoutError"),
        (529, "ProviderError"),
    ],
)
def test_a_status_is_one_error_with_every_provider(embed, provider, status, kind, loopback):
    error = raised(embed, loopback(lambda _: Answer(status, json={"error": DETAILS})), provider)
    assert type(error) is getattr(exceptions, kind)
    assert (error.status_code, error.provider_name) == (status, provider)
    assert (error.code, error.param, error.error_type) == ("the_code", "the_param", "the type")
    assert str(error).startswith(f"[{provider}] ")
    assert SPOKEN[provider].model in error.message
    assert "no such thing" in error.message


@BOTH
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "retry_after"),
    [
        ({}, None),
        ({"retry-after": "7"}, "7"),
        ({"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}, "Wed, 21 Oct 2099 07:28:00 GMT"),
        ({"retry-after-ms": "1500"}, "1.5"),
        ({"retry-after": "2", "retry-after-ms": "1500"}, "2"),
    ],
    ids=str,
)
def test_retry_after_is_the_providers_own_word(embed, headers, retry_after, status, loopback):
    error = raised(embed, loopback(lambda _: Answer(status, json={}, headers=headers)))
    assert isinstance(error, exceptions.RateLimitError if status == 429 else exceptions.ProviderError)
    assert error.retry_after == retry_after


@BOTH
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("context_length_exceeded", "ContextLengthExceededError"),
        ("content_filter", "ContentFilterError"),
        ("insufficient_quota", "InsufficientFundsError"),
        ("model_not_found", "ModelNotFoundError"),
        ("invalid_api_key", "AuthenticationError"),
    ],
)
def test_a_code_says_more_than_a_status(embed, code, kind, loopback):
    error = raised(embed, loopback(lambda _: Answer(400, json={"error": {"message": "no", "code": code}})))
    assert type(error) is getattr(exceptions, kind)


@BOTH
@EACH
@pytest.mark.parametrize(
    ("write", "kind", "also"),
    [
        (lambda _: None, "ProviderConnectionError", ConnectionError),
        (lambda connection: connection.reset(), "ProviderConnectionError", ConnectionError),
        (lambda connection: connection.send(b"HTTP/1.1 200 OK\r\n"), "ProviderConnectionError", ConnectionError),
        (lambda connection: connection.send(b"not HTTP at all\r\n\r\n"), "ProviderConnectionError", ConnectionError),
    ],
    ids=["hangs up", "resets", "stops in the headers", "speaks something else"],
)
def test_a_lost_connection_is_also_pythons_error(embed, provider, *, write, kind, also, loopback):
    error = raised(embed, loopback(lambda _: Raw(write)), provider)
    assert type(error) is getattr(exceptions, kind)
    assert isinstance(error, also)
    assert (error.status_code, error.provider_name) == (None, provider)


@BOTH
def test_nobody_there_is_a_connection_error(embed):
    with pytest.raises(ConnectionError, match=r"^\[openai\] m: "):
        embed(
            "m", "Hello", provider="openai", api_key=KEY, api_base="http://127.0.0.1:9", client_args={"max_retries": 0}
        )


@BOTH
@EACH
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"data": 3, "embeddings": 3}',
        b'{"data": [], "embeddings": []}',
        b"\xff",
    ],
    ids=str,
)
def test_a_200_that_is_no_reply_is_an_error_of_ours(embed, provider, body, loopback):
    error = raised(embed, loopback(lambda _: Answer(200, body=body)), provider)
    assert type(error) is exceptions.InvalidResponseError
    assert (error.status_code, error.provider_name) == (200, provider)


@BOTH
@EACH
def test_no_key_and_no_text_stands_in_an_error(embed, provider, loopback):
    def echo(request):
        return Answer(400, json={"error": {"message": f"bad: {request.body.decode()} {request.headers}"}})

    error = raised(embed, loopback(echo), provider, inputs=[SECRET])
    seen, link = "", error
    while link is not None:
        seen, link = f"{seen}{link!s}{link!r}{link.__dict__}", link.__cause__ or link.__context__
    assert SECRET not in seen
    assert KEY not in seen


@BOTH
def test_a_redirect_is_not_followed(embed, loopback):
    target = loopback(SPOKEN["openai"].answer)
    error = raised(embed, loopback(lambda _: Answer(307, json={}, headers={"location": f"{target.url}/v1/embeddings"})))
    assert "redirect" in str(error)
    assert "api_base" in str(error)
    assert target.requests == []
