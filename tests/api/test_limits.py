import asyncio
import threading

import pytest

from hub.api.limits import (
    ADDRESS_ATTEMPTS,
    ATTEMPTS,
    CONCURRENT,
    MAX_NAMES,
    MAX_WAITING,
    PasswordThreads,
    SignInLimiter,
)
from hub.errors import TooManyRequests


def test_the_window_slides() -> None:
    limiter = SignInLimiter()
    for second in range(ATTEMPTS):
        limiter.attempt("anna", now_s=second)
    with pytest.raises(TooManyRequests) as caught:
        limiter.attempt("anna", now_s=30.5)
    assert caught.value.retry_after_s == 30
    limiter.attempt("anna", now_s=60)
    with pytest.raises(TooManyRequests):
        limiter.attempt("anna", now_s=60)
    assert limiter.refused == 2


def test_names_count_apart_and_success_forgets() -> None:
    limiter = SignInLimiter()
    for _ in range(ATTEMPTS):
        limiter.attempt("anna", now_s=0)
    limiter.attempt("berta", now_s=0)
    limiter.succeed("anna")
    limiter.succeed("nobody")
    limiter.attempt("anna", now_s=0)


def test_the_oldest_name_makes_room() -> None:
    limiter = SignInLimiter()
    for _ in range(ATTEMPTS):
        limiter.attempt("anna", now_s=0)
    for number in range(MAX_NAMES):
        limiter.attempt(str(number), now_s=0)
    limiter.attempt("anna", now_s=0)


def exhaust(limiter: SignInLimiter, address: str) -> None:
    for number in range(ADDRESS_ATTEMPTS):
        limiter.attempt(f"name {number}", address=address, now_s=0)


@pytest.mark.parametrize(
    ("address", "same", "other"),
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1", "::ffff:192.0.2.2"),
        ("unix", "unix", "other"),
    ],
)
def test_an_address_has_a_limit_over_all_names(address: str, same: str, other: str) -> None:
    limiter = SignInLimiter()
    exhaust(limiter, address)
    with pytest.raises(TooManyRequests, match="address"):
        limiter.attempt("anna", address=same, now_s=0)
    limiter.attempt("anna", address=other, now_s=0)
    limiter.attempt("anna", now_s=0)
    limiter.attempt("anna", address=same, now_s=60)


def test_success_takes_its_own_attempt_back_and_no_other() -> None:
    limiter = SignInLimiter()
    exhaust(limiter, "192.0.2.1")
    limiter.succeed("name 0", address="192.0.2.1")
    limiter.succeed("nobody", address="192.0.2.9")
    limiter.attempt("anna", address="192.0.2.1", now_s=0)
    with pytest.raises(TooManyRequests):
        limiter.attempt("anna", address="192.0.2.1", now_s=0)


async def test_few_run_at_a_time_and_a_bounded_number_waits() -> None:
    threads, go, running = PasswordThreads(), threading.Event(), []

    def work() -> int:
        running.append(1)
        assert go.wait(10)
        return len(running)

    tasks = [asyncio.create_task(threads.run(work)) for _ in range(MAX_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyRequests) as caught:
        await threads.run(work)
    assert (caught.value.retry_after_s, threads.refused, len(running) <= CONCURRENT) == (1, 1, True)
    go.set()
    assert len(await asyncio.gather(*tasks)) == MAX_WAITING
    assert await threads.run(lambda: "free again") == "free again"
