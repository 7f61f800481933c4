"""Templates after Home Assistant's documentation, pages "Templating" and "MQTT", and what people's devices declare."""

import pytest

from hub.decoders.template import MAX_TEMPLATE, compile_template
from hub.events import Scalar

DOCUMENT = {
    "a": {"b": 21.46, "list": [1, 2], "word": "On"}, "n": 215, "s": "21.5", "none": None, "zero": 0, "t": True,
    "DS18B20-2": {"Temperature": 7},
}  # fmt: skip


def value(source: str, text: str = "12", document: object = DOCUMENT) -> Scalar | None:
    template = compile_template(source)
    assert template is not None
    return template.value(text, document)


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("{{ value }}", 12),
        ("{{ value_json.a.b }}", 21.46),
        ("{{ value_json['a'][\"b\"] }}", 21.46),
        ("{{- value_json.a.list[1] -}}", 2),
        ("{{ value_json.a.list[-1] }}", 2),
        ("{{ value_json.a.list.0 }}", 1),
        ("{{ value_json.a.word }}", "On"),
        ("{{ value_json.missing.deeper }}", None),
        ("{{ value_json.missing | default(5) }}", 5),
        ("{{ value_json.none | default(5, true) }}", 5),
        ("{{ value_json.n / 10 }}", 21.5),
        ("{{ (value_json.n | float / 10) | round(1) }}", 21.5),
        ("{{ value_json.a.b | round(1) }}", 21.5),
        ("{{ value_json.a.b | round }}", 21),
        ("{{ value_json.s | float * 2 }}", 43.0),
        ("{{ value_json.a.word | float(-1) }}", -1),
        ("{{ value_json.a.word | int }}", 0),
        ("{{ value_json.n | int }}", 215),
        ("{{ value_json.a.b | int }}", 21),
        ("{{ value_json.a.word | float }}", None),
        ("{{ float(value|int) * 99 + 1 }}", 1189.0),
        ("{{ 'ON' if value_json.t else 'OFF' }}", "ON"),
        ("{{ 'ON' if value == '13' }}", None),
        ("{{ 1 if not value_json.t else 2 }}", 2),
        ("{{ value_json.zero or 4 }}", 4),
        ("{{ 1 if value_json.x else 2 }}", 2),
        ("x{{ value_json.x }}", "x"),
        ("{{ value_json.n > 200 and value_json.n < 300 }}", True),
        ("{{ value_json.n >= 216 }}", False),
        ("{{ value in ['12'] }}", "!"),
        ("{{ 'x' not in value }}", True),
        ("{{ '1' in value }}", True),
        ("{{ value_json.n % 10 }}", 5),
        ("{{ value_json.n // 10 }}", 21),
        ("{{ -value_json.n }}", -215),
        ("{{ value_json.n - 15 + 1 }}", 201),
        ("{{ value ~ value_json.n }}", 12215),
        ("{{ 'a' + 'b' }}", "ab"),
        ("{{ value_json.none is none }}", True),
        ("{{ value_json.x is not defined }}", True),
        ("{{ value_json.a.word | lower | upper | trim | title | capitalize | replace('O', 'o') }}", "on"),
        ("{{ value_json.a.word.lower() }}", "on"),
        ("{{ value.split('2')[0] }}", 1),
        ("{{ 'a b'.split() | first }}", "a"),
        ("{{ value_json.a.list | last }}", 2),
        ("{{ value_json.a.list | length }}", 2),
        ("{{ value_json.n | length }}", None),
        ("{{ value_json.get('n') }}", 215),
        ("{{ value_json.get('x', 3) }}", 3),
        ("{{ value.startswith('1') }}", True),
        ("{{ value.endswith('1') }}", False),
        ("{{ iif(value_json.t, 'yes', 'no') }}", "yes"),
        ("{{ value_json.zero | iif('yes', 'no') }}", "no"),
        ("{{ value_json.a.word | bool }}", True),
        ("{{ value_json.zero | bool }}", False),
        ("{{ 'x' | bool(7) }}", 7),
        ("{{ value | is_number }}", True),
        ("{{ 'x' | is_number }}", False),
        ("{{ value_json.n | multiply(0.1) | add(1) }}", 22.5),
        ("{{ value_json.n | abs }}", 215.0),
        ("{{ value_json.t | string }}", True),
        ("{{ value_json.n | is_defined }}", 215),
        ("{{ 'it\\'s' }}", "it's"),
        ("{{ true }}", True),
        ("{% if value == '12' %}on{% else %}off{% endif %}", "on"),
        ("{% if value == '1' %} 1 {% elif value == '12' %} 2 {% else %} 3 {% endif %}", 2),
        ("{% if value == '1' %}1{% endif %}", None),
        ("{% if value == '1' %}1{% elif value == '2' %}2{% endif %}", None),
        ("{{ value }} °C", "12 °C"),
        ("{{ value }} {{ value }}", "12 12"),
        ("{% if true %}a {{ value }}{% endif %}", "a 12"),
        ("fixed", "fixed"),
        ("{{ value_json.a }}", None),
        ("{{ value_json.n / 0 }}", None),
        ("{{ value_json.a.word * 3 }}", None),
        ("{{ value_json.n * value_json.n * 9999999999999999 }}", None),
        ("{{ 99999999999999999999 }}", None),
        ("{{ 'x' % 3 }}", None),
        ("{{ 1e999 }}", "!"),
        ("{{ '1e400' | float | round(1) }}", None),
        ("{{ '1e400' | float }}", None),
        ("{{ '1e400' | float | int }}", None),
        ("{{ value_json.n | round(99999999) }}", None),
        ("{{ value.split('') }}", None),
        ("{{ value_json.a.list + value_json.a.list }}", None),
        ("{{ value_json.n < 'x' }}", None),
        ("{{ float() }}", None),
        ("{{ int }}", None),
    ],
)
def test_what_templates_give(source: str, result: Scalar | None) -> None:
    if result == "!":
        assert compile_template(source) is None
    else:
        assert value(source) == result


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("{{ value_json.a.b }}", ("a", "b")),
        ("{{ value_json['DS18B20-2'].Temperature | float | round(1) }}", ("DS18B20-2", "Temperature")),
        ("{{ value_json.a.list[0] }}", ("a", "list", "0")),
        ("{{ value_json.n if value_json.n is defined else 0 }}", ("n",)),
        ("{{ value_json.n if value_json.a is defined else 0 }}", None),
        ("{{ value_json.n if value_json.n is not defined else 0 }}", None),
        ("{{ value_json }}", ()),
        ("{{ value_json.n | multiply(2) }}", None),
        ("{{ value_json[value] }}", None),
        ("{{ value }}", None),
        ("x{{ value_json.n }}", None),
    ],
)
def test_members_that_are_shown_as_they_are(source: str, path: tuple[str, ...] | None) -> None:
    template = compile_template(source)
    assert template is not None
    assert template.path == path


@pytest.mark.parametrize(
    "source",
    [
        "x" * (MAX_TEMPLATE + 1), "{{ value", "{{ }}", "{{ value | unknown }}", "{{ value is odd }}", "{% set x = 1 %}",
        "{% for x in y %}{% endfor %}", "{% if value %}1", "{% endif %}", "{% else %}", "{{ value } }}", "{{ (value }}",
        "{% if value %}1{% else %}2{% else %}3{% endif %}", "{% if value %}1{% else %}2", "{{ value.__class__( }}",
        "{{ value.'x' }}", "{{ value | 5 }}", "{{ value[0 }}", "{{ value 5 }}", "{{ ; }}", "{{ value.evil() }}",
        "{{ replace(value) }}", "{{ round(1 2) }}", "{{ " + "(" * 100 + "1" + ")" * 100 + " }}", "{{ + }}",
        "{{ " + "not " * 100 + "1 }}", "{% if value %}1{% elif %}2{% endif %}", "{# remark #}",
        "{% if 1 %}" * 200,
    ],
)  # fmt: skip
def test_what_is_not_understood(source: str) -> None:
    template = compile_template(source)
    assert template is None or template.value("1", None) is None


def test_values_do_not_grow() -> None:
    grow = "{{ value" + "|replace('a','" + "a" * 100 + "')" + "|replace('a','" + "a" * 100 + "')" + " }}"
    assert value(grow, "a" * 50) is None
    assert value("{{ value ~ value }}", "x" * 6000) is None
    assert value("{{ value + value }}", "x" * 6000) is None


def test_no_python_is_reachable() -> None:
    assert value("{{ value.__class__ }}") is None
    assert value("{{ value_json.__class__.__mro__ }}") is None
    assert value("{{ value[value_json] }}") is None
