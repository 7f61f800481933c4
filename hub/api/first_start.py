"""The link of the first start: whoever has it makes the first admin."""

import asyncio
import hmac


class FirstStart:
    """The one-time code of a hub without users; without a code there is nothing to match.

    `lock` is held from the check of the code to the admin's being there, so that a code never makes two.
    """

    def __init__(self, code: str | None = None) -> None:
        self.lock = asyncio.Lock()
        self._code = code

    def matches(self, code: str) -> bool:
        """Whether it is the code and was not spent."""
        return self._code is not None and hmac.compare_digest(self._code.encode(), code.encode())

    def spend(self) -> None:
        """Let the code never match again."""
        self._code = None

    def link(self, origin: str) -> str | None:
        """What to open in a browser, for an origin such as `http://127.0.0.1:8000`; the code is never sent as a URL."""
        return None if self._code is None else f"{origin}/sign-in#code={self._code}"
