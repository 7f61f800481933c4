"""Asks other servers of the web for JSON: the one place that does, with a limit on time and size."""

from collections.abc import Mapping

import httpx
import orjson

from hub.errors import Unavailable

TIMEOUT_S = 5.0
MAX_ANSWER_BYTES = 1024 * 1024


class Refused(Unavailable):
    """The other server answers, but not with 200."""


async def get_json(url: str) -> object:
    """What a GET answers; raises Unavailable where there is no answer of 200 (Refused), or one that is no JSON."""
    return await _ask(httpx.Request("GET", url, headers={"Accept": "application/json"}))


async def post_form(url: str, form: Mapping[str, str], *, user: tuple[str, str] | None = None) -> object:
    """What a POST of a form answers, signed in with `user` (name, password); raises Unavailable as `get_json` does."""
    request = httpx.Request("POST", url, data=dict(form), headers={"Accept": "application/json"})
    return await _ask(request, None if user is None else httpx.BasicAuth(*user))


async def _ask(request: httpx.Request, auth: httpx.BasicAuth | None = None) -> object:
    # What a URL asks for is not shown: it may hold what only the two servers should know.
    shown = request.url.copy_with(query=None, userinfo=b"")
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            answer = await client.send(request, auth=auth, stream=True)
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MAX_ANSWER_BYTES:
                    raise Unavailable(f"{shown} answers with over {MAX_ANSWER_BYTES} bytes.")
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise Unavailable(f"{shown} does not answer: {error or type(error).__name__}.") from error
    if answer.status_code != httpx.codes.OK:
        raise Refused(f"{shown} answers with the status {answer.status_code}.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unavailable(f"{shown} does not answer with JSON.") from None
