from hub.disk_budget import DiskBudget

MB = 1_000_000


def test_no_limit_is_never_full() -> None:
    budget = DiskBudget(0)
    assert budget.used(10**15) is None
    assert not budget.full


def test_it_is_said_once_before_and_once_when_it_is_full() -> None:
    budget = DiskBudget(100 * MB)
    said = []
    for used in (79, 80, 90, 100, 96, 94, 94, 70, 85):
        sentence = budget.used(used * MB) or ""
        said.append((used, budget.full, sentence.partition("): ")[2] or sentence.partition("); ")[2][:16]))
    assert said == [
        (79, False, ""),
        (80, False, "when it is full,"),
        (90, False, ""),
        (100, True, "values are not kept any more; alarms, chat, commands and all else are."),
        (96, True, ""),
        (94, False, "values are kept again."),
        (94, False, ""),
        (70, False, ""),
        (85, False, "when it is full,"),
    ]


def test_the_sentence_says_how_much() -> None:
    assert "History uses 80 MB of 100 MB (HUB_HISTORY_MAX_BYTES)" in (DiskBudget(100 * MB).used(80 * MB) or "")
