import pytest

from hub.mapping_path import MAX_PATH_CHARS, MAX_STEPS, MISSING, InvalidMapping, Template, find, parse_path

DOCUMENT = {"a": {"b": [10, {"c": 1}]}, "0": "zero", "x/y": 2, "m~n": 3, "": 4, "x y": 5, "01": 6}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", DOCUMENT), ("$", DOCUMENT), ("/a/b/0", 10), ("$.a.b[0]", 10), ("/a/b/1/c", 1), ("$.a.b[1].c", 1),
        ("/0", "zero"), ("/x~1y", 2), ("/m~0n", 3), ("/", 4), ("$['x y']", 5), ('$["x y"]', 5), ("/01", 6),
        ("/a/b/2", MISSING), ("/a/b/c", MISSING), ("/nothing", MISSING), ("/0/1", MISSING),
    ],
)  # fmt: skip
def test_what_a_path_finds(path: str, found: object) -> None:
    assert find(DOCUMENT, parse_path(path)) is found or find(DOCUMENT, parse_path(path)) == found


@pytest.mark.parametrize(
    "path", ["a", "$.", "$..a", "$[*]", "$.a[?(@.b)]", "$x", "/" * (MAX_STEPS + 1), "/" + "x" * MAX_PATH_CHARS]
)
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(InvalidMapping):
        parse_path(path)


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("kitchen", "kitchen"), ("{2}", "b"), ("x-{1}-{2}", "x-a-b"), ("{/id}", "7"), ("{$.id}-{1}", "7-a"),
        ("{3}", None), ("{/no}", None), ("{/list}", None), ("{/yes}", None), ("{/empty}", None),
    ],
)  # fmt: skip
def test_what_a_template_says(template: str, filled: str | None) -> None:
    document = {"id": 7, "list": [], "yes": True, "empty": ""}
    assert Template(template).fill(["a", "b"], document) == filled


def test_what_a_template_names() -> None:
    assert (Template("x-{1}-{12}").is_of_topic, Template("x-{1}-{12}").deepest_level) == (True, 12)
    assert (Template("{/a}").is_of_topic, Template("{/a}").deepest_level) == (False, 0)
    assert (Template("x/{3#}").is_of_topic, Template("x/{3#}").deepest_level) == (True, 3)


def test_a_level_with_all_behind_it() -> None:
    template = Template("x/{2#}")
    assert [template.fill(topic.split("/")) for topic in ("a/b", "a/b/c", "a//c", "a")] == [
        "x/b",
        "x/b/c",
        "x//c",
        None,
    ]


@pytest.mark.parametrize("template", ["{", "a}", "{}", "{0}", "{99}", "{a}", "{{1}}", "{1", "{0#}", "{#}", "{1##}"])
def test_what_is_no_template(template: str) -> None:
    with pytest.raises(InvalidMapping):
        Template(template)
