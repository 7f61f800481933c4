import pytest

from hub import quota as quota_module
from hub.errors import TooManyRequests
from hub.quota import Quota


def test_a_burst_then_the_rate() -> None:
    quota = Quota(per_s=2, burst=3)
    for _ in range(3):
        quota.take("anna", "messages", now_s=100)
    with pytest.raises(TooManyRequests, match="2 messages a second; wait 1 s") as refused:
        quota.take("anna", "messages", now_s=100)
    assert refused.value.retry_after_s == 1
    quota.take("ivan", "messages", now_s=100)
    quota.take("anna", "messages", now_s=100.5)
    with pytest.raises(TooManyRequests):
        quota.take("anna", "messages", now_s=100.6)
    assert quota.refused == 2


def test_a_long_rest_gives_no_more_than_a_burst() -> None:
    quota = Quota(per_s=1, burst=2)
    quota.take("anna", "messages", now_s=0)
    for _ in range(2):
        quota.take("anna", "messages", now_s=1000)
    with pytest.raises(TooManyRequests):
        quota.take("anna", "messages", now_s=1000)


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota_module, "MAX_KNOWN", 1)
    quota = Quota(per_s=1, burst=1)
    quota.take("anna", "messages", now_s=0)
    quota.take("ivan", "messages", now_s=0)
    quota.take("anna", "messages", now_s=0)
