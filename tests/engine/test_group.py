from hub.engine.group import Group


def take(group: Group, member: str, *, head: int = 10, now: float = 0, limit: int = 100) -> list[int]:
    return group.take(member, head=head, now=now, idle_s=5, limit=limit)


def test_new_offsets_go_to_whoever_asks_first() -> None:
    group = Group(2)
    assert take(group, "a", limit=3) == [3, 4, 5]
    assert take(group, "b") == [6, 7, 8, 9, 10]
    assert take(group, "a") == []


def test_acked_is_where_everything_before_is_done() -> None:
    group = Group(0)
    take(group, "a", limit=3)
    take(group, "b", limit=3)
    assert not group.ack(5)  # b did 4 and 5; a still has 1
    assert group.acked == 0
    assert group.ack(2)
    assert group.acked == 2
    assert group.ack(3)
    assert group.acked == 5
    assert not group.ack(3)
    assert not group.ack(99)


def test_a_member_that_enters_again_gets_its_own_first() -> None:
    group = Group(0)
    take(group, "a", limit=2)
    take(group, "b", limit=2)
    group.enter("a")
    assert take(group, "a", limit=1) == [1]
    assert take(group, "a", limit=5) == [2]
    assert take(group, "a", limit=2) == [5, 6]


def test_what_was_left_idle_is_claimed() -> None:
    group = Group(0)
    take(group, "a", limit=2, now=0)
    take(group, "a", limit=2, now=3)
    assert group.claim_at("a", idle_s=5) is None
    assert group.claim_at("b", idle_s=5) == 5
    assert take(group, "b", head=4, now=4.9) == []
    assert take(group, "b", head=4, now=5) == [1, 2]
    group.enter("a")
    assert take(group, "a", head=4, now=5) == [3, 4]


def test_what_was_claimed_meanwhile_is_not_due_again() -> None:
    group = Group(0)
    offsets = take(group, "a", limit=3)
    group.put_back("a", offsets)
    assert take(group, "b", head=3, now=5, limit=2) == [1, 2]
    assert take(group, "a", head=3, now=5) == [3]


def test_what_is_not_on_the_log_any_more_is_counted() -> None:
    group = Group(0)
    take(group, "a", limit=3)
    group.lose([1, 2])
    assert group.lost_batches == 2
    assert group.ack(3)
    assert group.acked == 3
