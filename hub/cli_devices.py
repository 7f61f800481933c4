"""`hub devices`: the registry of a hub at a terminal, over its HTTP API."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from hub.cli_client import address, token_of
from hub.client.errors import refused
from hub.errors import BAD_REQUEST, HubError
from hub.web import send_json

PAGE = 100
"""Devices asked for at a time."""
NO_CONTENT = 204

Arguments = Mapping[str, Any]


def devices(arguments: Arguments, write: Callable[[str], object]) -> None:
    """Carry out a command of `hub devices`, and write its lines as they come; raises HubError."""
    asyncio.run(_devices(_Registry(arguments), arguments, write))


async def _devices(registry: "_Registry", given: Arguments, write: Callable[[str], object]) -> None:
    command, device = given["command"], given.get("device", "")
    if command == "list":
        async for entry in registry.all(given):
            write(json.dumps(entry, ensure_ascii=False) if given["json"] else _line(entry))
        return
    match command:
        case "show":
            entry = await registry.ask("GET", device)
            write(json.dumps(entry, ensure_ascii=False, indent=2))
        case "rename":
            entry = await registry.change(device, {"name": given["name"]})
            write(f"{device} is called {entry['name']}.")
        case "tag":
            entry = await registry.tag(device, add=given["tags"], remove=given["remove"] or ())
            write(f"{device} has {', '.join(entry['tags']) or 'no tags'}.")
        case "merge":
            await registry.ask("POST", f"{device}/merge", {"into": given["into"]})
            write(f"{device} stands alone." if given["into"] is None else f"{device} is part of {given['into']}.")
        case "approve":
            await registry.change(device, {"approved": not given["refuse"]})
            write(f"{device} is refused." if given["refuse"] else f"{device} is approved.")
        case _:
            await registry.ask("DELETE", device, query={"history": "true"} if given["history"] else {})
            write(f"{device} is forgotten{', its history goes' if given['history'] else ''}.")


class _Registry:
    """`/api/devices` of a hub."""

    def __init__(self, given: Arguments) -> None:
        self._url = f"{address(given['url']).rstrip('/')}/api/devices"
        token = token_of(given["token_file"])
        self._token = token() if callable(token) else token

    async def ask(
        self,
        method: str,
        path: str = "",
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        version: int | None = None,
    ) -> Any:
        """What the hub answers; raises HubError, as it refuses it or else Unavailable."""
        url = f"{self._url}{'/' * bool(path)}{quote(path)}{'?' * bool(query)}{urlencode(query or {})}"
        headers = {"Authorization": f"Bearer {self._token}"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        status, answer = await send_json(method, url, body, headers=headers)
        if status == NO_CONTENT or (status < BAD_REQUEST.http_status and isinstance(answer, dict)):
            return answer
        error = answer.get("error") if isinstance(answer, dict) else None
        error = error if isinstance(error, dict) else {}
        number, message = (
            error.get("code", BAD_REQUEST.number),
            error.get("message", f"{self._url} answers {status}, and not as a hub does."),
        )
        raise refused(int(number), str(error.get("name", "unknown")), str(message))

    async def all(self, given: Arguments) -> AsyncIterator[dict[str, Any]]:
        """The devices that are wanted, page by page."""
        query = {name: given[name] for name in ("search", "tag", "family", "state") if given[name]}
        cursor, left = given["after"], given["limit"]
        while left > 0:
            page = await self.ask("GET", query={**query, "cursor": cursor, "limit": str(min(left, PAGE))})
            for entry in page["devices"]:
                yield entry
            left -= len(page["devices"])
            cursor = page["next"]
            if cursor is None:
                return

    async def change(self, device: str, change: Mapping[str, object], *, version: int | None = None) -> dict[str, Any]:
        """Change what people say of a device; what it is then."""
        entry: dict[str, Any] = await self.ask("PATCH", device, change, version=version)
        return entry

    async def tag(self, device: str, *, add: Collection[str], remove: Collection[str]) -> dict[str, Any]:
        """Add and remove tags; where somebody else changes the device meanwhile, that is said."""
        entry = await self.ask("GET", device)
        unknown = [tag for tag in remove if tag not in entry["tags"]]
        if unknown:
            raise HubError(f"{device} has no tag {unknown[0]!r}.", code=BAD_REQUEST)
        tags = [tag for tag in dict.fromkeys([*entry["tags"], *add]) if tag not in remove]
        return await self.change(device, {"tags": tags}, version=entry["version"])


def _line(entry: Mapping[str, Any]) -> str:
    tags = " ".join(f"#{tag}" for tag in entry["tags"])
    return "\t".join([entry["device"], entry["name"], entry["connectivity"] or "unknown", entry["family"], tags])
