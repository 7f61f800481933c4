import os

from hub.bench.usage import Usage


def test_a_process_uses_something() -> None:
    usage = Usage({"test": os.getpid()})
    assert usage.cpu_s()["test"] > 0
    assert usage.rss_bytes("test") > 1_000_000


def test_a_process_that_is_not_there_uses_nothing() -> None:
    usage = Usage({"gone": 2**22 + 1})
    assert usage.cpu_s() == {"gone": 0}
    assert usage.rss_bytes("gone") == 0
    assert usage.rss_bytes("never named") == 0
