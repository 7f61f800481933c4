import pytest

from hub.client.renewal import renew_in_s


@pytest.mark.parametrize(("ttl_s", "after_s"), [(3600, 3540), (100, 90), (1, 5), (-10, 5)])
def test_a_token_is_renewed_before_it_ends(ttl_s: float, after_s: float) -> None:
    assert renew_in_s(1000 + ttl_s, now_s=1000) == after_s
