from typing import Any

import pytest

from hub.transports.forwarded import Proxies, address_of

PROXIES = Proxies(("127.0.0.1", "10.0.0.0/8"))


def located(client: tuple[str, int] | None, *named: bytes) -> str:
    scope: dict[str, Any] = {"client": client, "headers": [(b"x-forwarded-for", each) for each in named]}
    PROXIES.locate(scope)
    return address_of(scope)


@pytest.mark.parametrize(
    ("client", "named", "address"),
    [
        (("192.0.2.1", 1), [b"192.0.2.9"], "192.0.2.1"),
        (("127.0.0.1", 1), [b"192.0.2.9"], "192.0.2.9"),
        (("127.0.0.1", 1), [b"192.0.2.8, 192.0.2.9, 10.1.1.1"], "192.0.2.9"),
        (("127.0.0.1", 1), [b"192.0.2.8", b"192.0.2.9"], "192.0.2.9"),
        (("10.1.1.1", 1), [b"[2001:db8::1]:443"], "2001:db8::1"),
        (("127.0.0.1", 1), [], "127.0.0.1"),
        (("127.0.0.1", 1), [b""], "127.0.0.1"),
        (("127.0.0.1", 1), [b"x" * 10_000], "x" * 64),
        (None, [b"192.0.2.9"], ""),
    ],
)
def test_only_a_trusted_proxy_says_where_a_client_is(
    client: tuple[str, int] | None, named: list[bytes], address: str
) -> None:
    assert located(client, *named) == address
