import pytest

from hub.topic_shape import LAST_SIBLINGS, Shapes


def shapes_of(*topics: str) -> list[str]:
    shapes, kept = Shapes(), dict[str, None]()
    for topic in topics:
        shape, absorbed = shapes.place(topic)
        for each in absorbed:
            del kept[each]
        kept[shape] = None
    assert len(shapes) == len(kept)
    return sorted(kept)


@pytest.mark.parametrize(
    ("topics", "expected"),
    [
        (["sensors/a/x"], ["sensors/a/x"]),
        (["sensors/a/x", "sensors/a/x"], ["sensors/a/x"]),
        (["sensors/a/x", "sensors/b/x"], ["sensors/+/x"]),
        (["sensors/a/x", "sensors/a/y", "sensors/b/x", "sensors/b/y"], ["sensors/+/x", "sensors/+/y"]),
        (["kitchen/odd", "bath/odd"], ["+/odd"]),
        (["a/1/x", "a/2/x", "b/1/x", "b/2/x"], ["+/+/x"]),
        (["a/x", "b/y/z", "c"], ["a/x", "b/y/z", "c"]),
        (["s/dev-1", "s/dev-22", "s/other"], ["s/+", "s/other"][:1]),
        (["s/a4c1380f", "s/b827eb11"], ["s/+"]),
        (["one1", "one2"], ["one1", "one2"]),
        (["a/1", "b/1", "a/2"], ["+/1", "a/2"]),
        (["$a/x/y", "$b/x/y"], ["$a/x/y", "$b/x/y"]),
        (["h/$x/y", "h/$z/y"], ["h/$x/y", "h/$z/y"]),
        (["h/x/y", "h/x/z"], ["h/x/y", "h/x/z"]),
    ],
)
def test_levels_that_vary_among_siblings(topics: list[str], expected: list[str]) -> None:
    assert shapes_of(*topics) == expected


def test_the_last_level_varies_when_many_do() -> None:
    names = [f"s/{'abcdefghijkl'[n] * 3}" for n in range(LAST_SIBLINGS)]
    assert len(shapes_of(*names[:-1])) == LAST_SIBLINGS - 1
    assert shapes_of(*names) == ["s/+"]


def test_a_topic_of_two_shapes_is_of_the_narrower() -> None:
    shapes = Shapes()
    for topic in ("a/b/c", "x/1/y", "x/2/y"):
        shapes.place(topic)
    assert shapes.place("q/b/c") == ("+/b/c", ("a/b/c",))
    assert shapes.place("x/b/y").shape == "x/+/y"


def test_what_is_removed_is_met_anew() -> None:
    shapes = Shapes()
    shapes.place("a/1/x")
    shapes.remove("a/1/x")
    assert shapes.place("a/2/x") == ("a/2/x", ())
