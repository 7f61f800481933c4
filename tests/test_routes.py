from hub.interest import PLAIN, Options
from hub.predicate import Predicate
from hub.routes import Router

HOT = Options(Predicate.parse({"key": "t", "op": "gt", "value": 30}))
SLOW = Options(max_rate=1)
KEYS = Options(fields=frozenset({"t"}))


def test_who_asks_the_same_shares_a_selection() -> None:
    router: Router[str] = Router()
    asked = [("anna", HOT), ("ivan", SLOW), ("page", HOT), ("ivan", HOT), ("wall", HOT), ("wall", SLOW)]
    routes = router.route("telemetry/a", asked)
    assert routes.plain == []
    assert [askers for _, askers in routes.selected] == [["anna", "page"], ["ivan", "wall"]]
    again = router.route("telemetry/b", asked[:1])
    assert again.selected[0][0] is routes.selected[0][0]


def test_the_plain_filter_wins() -> None:
    routes = Router[str]().route("telemetry/a", [("anna", HOT), ("anna", PLAIN), ("ivan", HOT)])
    assert routes.plain == ["anna"]
    assert [askers for _, askers in routes.selected] == [["ivan"]]


def test_beside_telemetry_only_conditions_count() -> None:
    router: Router[str] = Router()
    asked = [("anna", KEYS), ("ivan", SLOW), ("page", HOT)]
    assert router.route("telemetry/a", asked).plain == []
    routes = router.route("alarm/a/hot", asked)
    assert routes.plain == ["anna", "ivan"]
    assert [askers for _, askers in routes.selected] == [["page"]]


def test_nobody_asks_for_nothing() -> None:
    assert Router[str]().route("telemetry/a", []) == ([], [])
