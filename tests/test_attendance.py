from hub.attendance import Attendance

PLENTY = 100
OPS, LAB = "chat/ops", "chat/lab"


def attendance() -> Attendance:
    return Attendance(leave_delay_s=2)


def test_sessions_of_a_user_are_counted_by_topic() -> None:
    here = attendance()
    here.enter("tab 1", [OPS, LAB], user="anna")
    here.enter("tab 2", [OPS], user="anna")
    here.enter("tab 3", [OPS], user="ivan")
    assert here.take(0, limit=PLENTY) == [(OPS, "anna", 2), (LAB, "anna", 1), (OPS, "ivan", 1)]
    assert here.take(0, limit=PLENTY) == []
    assert len(here) == 3
    here.leave("tab 1", user="anna", now_s=0)
    assert here.take(0, limit=PLENTY) == [(OPS, "anna", 1)]


def test_a_session_is_on_a_topic_once() -> None:
    here = attendance()
    here.enter("tab", [OPS], user="anna")
    here.enter("tab", [OPS], user="anna")
    here.enter("tab", [], user="anna")
    here.leave("tab", [LAB, OPS], user="anna", now_s=0)
    assert here.take(9, limit=PLENTY) == []


def test_a_session_on_no_topic_is_unknown() -> None:
    here = attendance()
    here.enter("tab", [], user="anna")
    here.leave("tab", user="anna", now_s=0)
    assert here.due_s() is None
    assert here._topics == {}


def test_a_session_leaves_one_of_its_topics() -> None:
    here = attendance()
    here.enter("tab", [OPS, LAB], user="anna")
    here.take(0, limit=PLENTY)
    here.leave("tab", [OPS], user="anna", now_s=0)
    assert here.take(2, limit=PLENTY) == [(OPS, "anna", 0)]
    here.leave("tab", user="anna", now_s=2)
    assert here.take(4, limit=PLENTY) == [(LAB, "anna", 0)]


def test_a_leave_waits() -> None:
    here = attendance()
    here.enter("tab", [OPS], user="anna")
    here.take(0, limit=PLENTY)
    here.leave("tab", [OPS], user="anna", now_s=10)
    assert here._topics == {}
    assert here.due_s() == 12
    assert len(here) == 1
    assert here.take(11.9, limit=PLENTY) == []
    assert here.told > 0
    assert here.take(12, limit=PLENTY) == [(OPS, "anna", 0)]
    assert here.told == 0
    assert here.due_s() is None
    assert len(here) == 0


def test_who_comes_back_in_time_has_not_left() -> None:
    here = attendance()
    here.enter("tab", [OPS], user="anna")
    here.take(0, limit=PLENTY)
    here.leave("tab", user="anna", now_s=10)
    here.enter("tab again", [OPS], user="anna")
    assert here.due_s() == 0
    assert here.take(20, limit=PLENTY) == []


def test_one_who_left_is_one_session_until_then() -> None:
    here = attendance()
    for tab in "ab":
        here.enter(tab, [OPS], user="anna")
    here.take(0, limit=PLENTY)
    for tab in "ab":
        here.leave(tab, user="anna", now_s=0)
    assert here.take(1, limit=PLENTY) == [(OPS, "anna", 1)]
    assert here.take(2, limit=PLENTY) == [(OPS, "anna", 0)]


def test_leaves_come_when_each_is_due() -> None:
    here = attendance()
    for user in ("anna", "ivan"):
        here.enter(user, [OPS], user=user)
    here.take(0, limit=PLENTY)
    here.leave("ivan", user="ivan", now_s=0)
    here.leave("anna", user="anna", now_s=1)
    assert here.take(2, limit=PLENTY) == [(OPS, "ivan", 0)]
    assert here.due_s() == 3
    assert here.take(3, limit=PLENTY) == [(OPS, "anna", 0)]


def test_no_more_is_taken_than_asked_for() -> None:
    here = attendance()
    for i in range(5):
        here.enter(i, [OPS], user=f"user{i}")
    assert [user for _, user, _ in here.take(0, limit=3)] == ["user0", "user1", "user2"]
    assert here.due_s() == 0
    assert [user for _, user, _ in here.take(0, limit=3)] == ["user3", "user4"]


def test_what_was_not_heard_is_told_again_as_it_is_by_then() -> None:
    here = attendance()
    for user in ("anna", "ivan"):
        here.enter(user, [OPS], user=user)
    taken = here.take(0, limit=1)
    here.leave("anna", user="anna", now_s=0)
    here.put_back(taken)
    assert here.take(1, limit=PLENTY) == [(OPS, "anna", 1), (OPS, "ivan", 1)]
    here.put_back([(OPS, "anna", 1)])
    assert here.take(2, limit=PLENTY) == [(OPS, "anna", 0)]
    here.put_back([(OPS, "anna", 0)])
    assert here.told > 0
    assert here.take(3, limit=PLENTY) == [(OPS, "anna", 0)]
    here.leave("ivan", user="ivan", now_s=3)
    assert here.take(5, limit=PLENTY) == [(OPS, "ivan", 0)]
    assert here.told == 0


def test_who_came_and_went_untold_is_not_told() -> None:
    here = attendance()
    here.enter("tab", [OPS], user="anna")
    here.leave("tab", user="anna", now_s=0)
    assert here.take(2, limit=PLENTY) == []
    assert here.told == 0


def test_after_a_restart_all_are_told_anew() -> None:
    here = attendance()
    for user in ("anna", "ivan", "gone"):
        here.enter(user, [OPS], user=user)
    here.leave("gone", user="gone", now_s=-2)
    here.take(0, limit=PLENTY)
    here.leave("ivan", user="ivan", now_s=0)
    here.restart()
    assert here.told == 0
    assert here.take(1, limit=PLENTY) == [(OPS, "anna", 1), (OPS, "ivan", 1)]
