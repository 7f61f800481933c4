"""After InfluxDB's documentation, "Line protocol reference": syntax, data types, special characters."""

import pytest

from hub.decoders.base import Decoded, Malformed, Unsupported
from hub.decoders.influx_line import Line, read_line
from hub.decoders.leaves import MAX_LEAVES
from hub.events import Scalar
from tests.decoders.told import decoders, family, one, told

AT = "1700000000000000000"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"m,a=b x=1.5,y=2i,z=3u {AT}", Line("m", {"a": "b"}, {"x": 1.5, "y": 2, "z": 3}, int(AT))),
        (
            r'my\ m,t\,ag=a\=b f\ 1="say \"hi\" \\ x=1,y=2"',
            Line("my m", {"t,ag": "a=b"}, {"f 1": 'say "hi" \\ x=1,y=2'}, None),
        ),
        ("m a=t,b=F,c=-1e3,d=7,e=.5", Line("m", {}, {"a": True, "b": False, "c": -1000.0, "d": 7, "e": 0.5}, None)),
        ("m n=18446744073709551615u,f=99999999999999999999", Line("m", {}, {"n": 2**64 - 1, "f": 1e20}, None)),
    ],
)
def test_lines(text: str, line: Line) -> None:
    assert read_line(text)._replace(head="") == line


@pytest.mark.parametrize(
    "text", ["m", "m a", "m a=", "m a=nan", "m a=1e999", "m a=99999999999999999999i", "m a=b c", "#m a=1", 'm a="x']
)
def test_what_is_no_line_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        read_line(text)


@pytest.mark.parametrize(
    ("topic", "payload", "device", "data"),
    [
        ("telegraf/host01", f"file,node=node1 temp=32.3 {AT}", "node1", {"file.temp": 32.3}),
        ("telegraf/pc/cpu", f"cpu,host=pc,cpu=cpu0 idle=9i {AT}", "pc", {"cpu.cpu0.idle": 9}),
        ("sensors", "air,device_name=d5,site=x t=1", "d5", {"air.t": 1}),
        ("site/kitchen/lines", "air,site=x t=1", "kitchen%2Flines", {"air.t": 1}),
        ("telemetry", "air,site=x t=1", "air", {"air.t": 1}),
        ("telegraf/a", 'm x="deadbeefdeadbeef00",y=1', "a", {"m.y": 1}),
        ("telegraf/a", "m,host=" + "x" * 200 + " y=1", "a", {"m.y": 1}),
    ],
)
def test_tags_or_the_topic_name_the_device(topic: str, payload: str, device: str, data: dict[str, Scalar]) -> None:
    found = one(topic, payload)
    assert (found.device, found.data) == (device, data)


def test_lines_of_one_device_and_moment_are_one_event() -> None:
    payload = f"# head\nm,host=a x=1 {AT}\nn,host=a y=2 {AT}\n\nm,host=a x=3 {AT}\n"
    at = int(AT) // 1_000_000
    assert told("telegraf/a", payload) == [
        Decoded("a", "telemetry", {"m.x": 1, "n.y": 2}, time=at),
        Decoded("a", "telemetry", {"m.x": 3}, time=at),
    ]


def test_what_is_not_claimed_or_refused() -> None:
    assert family("node/state", b"hello a=1") == "plain"
    assert family("telegraf/a", b"#=") == "plain"
    by = decoders()
    one("telegraf/a", "m x=1", by)
    with pytest.raises(Unsupported, match="lines in one message"):
        told("telegraf/a", "m x=1\n" * (MAX_LEAVES + 1), by)
    with pytest.raises(Unsupported, match="a key of over"):
        told("telegraf/a", "m" * 300 + " x=1", by)
