"""Asks other servers of the web for JSON: the one place that does, with a limit on time and size."""

from collections.abc import Mapping

import httpx
import orjson

from hub.errors import Unavailable

TIMEOUT_S = 5.0
MAX_ANSWER_BYTES = 1024 * 1024
MAX_OWN_ANSWER_BYTES = 16 * 1024 * 1024
"""Of a hub that a person has named: a page of devices has all their values."""


class Refused(Unavailable):
    """The other server answers, but not with 200."""


async def get_json(url: str) -> object:
    """What a GET answers; raises Unavailable where there is no answer of 200 (Refused), or one that is no JSON."""
    return await _ask(httpx.Request("GET", url, headers={"Accept": "application/json"}))


async def post_form(url: str, form: Mapping[str, str], *, user: tuple[str, str] | None = None) -> object:
    """What a POST of a form answers, signed in with `user` (name, password); raises Unavailable as `get_json` does."""
    request = httpx.Request("POST", url, data=dict(form), headers={"Accept": "application/json"})
    return await _ask(request, None if user is None else httpx.BasicAuth(*user))


async def send_json(
    method: str, url: str, body: object = None, *, headers: Mapping[str, str] | None = None
) -> tuple[int, object]:
    """Status and answer of a request with JSON, or without a body, to a hub; None for an answer that is no JSON.

    Raises Unavailable where nothing answers.
    """
    try:
        request = httpx.Request(method, url, json=body, headers=dict(headers or {}))
        status, answered = await _answer_to(request, max_bytes=MAX_OWN_ANSWER_BYTES)
    except httpx.InvalidURL as error:
        raise Unavailable(f"{url[:80]!r} is no address: {error}.") from error
    try:
        return status, orjson.loads(answered)
    except orjson.JSONDecodeError:
        return status, None


async def _ask(request: httpx.Request, auth: httpx.BasicAuth | None = None) -> object:
    status, body = await _answer_to(request, auth, max_bytes=MAX_ANSWER_BYTES)
    shown = _shown(request)
    if status != httpx.codes.OK:
        raise Refused(f"{shown} answers with the status {status}.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unavailable(f"{shown} does not answer with JSON.") from None


def _shown(request: httpx.Request) -> httpx.URL:
    # What a URL asks for is not shown: it may hold what only the two servers should know.
    return request.url.copy_with(query=None, userinfo=b"")


async def _answer_to(
    request: httpx.Request, auth: httpx.BasicAuth | None = None, *, max_bytes: int
) -> tuple[int, bytes]:
    shown = _shown(request)
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            answer = await client.send(request, auth=auth, stream=True)
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > max_bytes:
                    raise Unavailable(f"{shown} answers with over {max_bytes} bytes.")
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise Unavailable(f"{shown} does not answer: {error or type(error).__name__}.") from error
    return answer.status_code, bytes(body)
