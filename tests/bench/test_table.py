from dataclasses import replace

from hub.bench.load import Load
from hub.bench.outcome import Connected, Outcome, Published, Received, Stuck
from hub.bench.table import COLUMNS, table

LATENCY_MS = {"p50": 1.234, "p90": 2.0, "p99": 30.4, "p999": 40.0, "max": 50.6}
GOT = Received(
    due=2_000,
    delivered=2_000,
    duplicated=0,
    reordered=0,
    foreign=0,
    conflated=0,
    bytes=1_500_000,
    frames=10,
    verified=2,
    same=0,
    differ=0,
    closed=0,
    seconds=2.0,
    latency_ms=LATENCY_MS,
    stuck=(),
    reason="",
)
LOAD = Load(2, 1_000, seconds=1)
WELL = Outcome(
    LOAD,
    "a test",
    Connected(2, 0.5, 20_500.0, 0, ""),
    Published(1_000),
    GOT,
    {"hub": 1.5, "redis": 0.2, "mosquitto": 0.1},
    0.4,
    99_000_000,
)


def cells(text: str) -> dict[str, str]:
    line = text.splitlines()[2]
    return dict(zip(COLUMNS, (cell.strip() for cell in line.strip("|").split("|")), strict=True))


def test_a_row() -> None:
    assert WELL.complete
    assert not WELL.broken
    texts = (LOAD.title, "a test", "1,000", "2,000", "yes", "0", "0", "0")
    numbers = ("1.23", "2.00", "30", "40", "51", "1,000", "1.5", "0.3", "0.4", "99", "1.5")
    assert cells(table([WELL])) == dict(zip(COLUMNS, (*texts, *numbers), strict=True))


def test_lines_are_aligned() -> None:
    rows = table([WELL, replace(WELL, load=LOAD, set_up="another test")]).splitlines()[:4]
    assert len({len(row) for row in rows}) == 1
    assert rows[1].startswith("|--")


def test_nobody_was_sent_anything() -> None:
    idle = replace(
        WELL, load=Load(2), published=Published(), received=replace(GOT, due=0, delivered=0), cpu_s={}, rss_bytes=0
    )
    row = cells(table([idle]))
    assert row["complete"] == "yes"
    assert {row[name] for name in ("published", "lost", "p99", "deliveries/s", "CPU s: hub", "others", "hub MB")} == {
        "-"
    }
    assert "2 dashboards connected in 0.50 s, 20.5 kB each." in table([idle])


def test_what_went_wrong_is_said() -> None:
    got = replace(GOT, delivered=1_900, differ=1, same=3, conflated=7, foreign=2, closed=1, reason="slow")
    got = replace(got, stuck=(Stuck(closed=True, code=3008, reason="slow", conflated=0),))
    failed = replace(WELL, connected=Connected(1, 1.0, None, 0, "no more"), published=Published(900, 5), received=got)
    assert failed.broken
    assert got.lost == 100
    said = table([failed])
    for sentence in (
        "1 did not: no more.",
        "of 3 others the bytes were the same as theirs, of 1 not (what these got is estimated)",
        "devices offered 1,000 messages; the broker took 900.",
        "did not acknowledge 5 messages",
        "7 events merged",
        "2 events were on the topic of another device",
        "the hub closed 1 dashboards, the last one with: slow.",
        "the dashboard that had stopped reading was closed: 3008 slow.",
    ):
        assert sentence in said


def test_late_is_broken_but_complete() -> None:
    late = replace(WELL, received=replace(GOT, latency_ms=LATENCY_MS | {"p99": 1_500.0}))
    assert late.complete
    assert late.broken


def test_compression_is_compared() -> None:
    packed = replace(WELL, load=replace(LOAD, deflate=True), received=replace(GOT, bytes=300_000), cpu_s={"hub": 1.8})
    assert "Compression: 0.20 of the bytes, 1.20 of the hub's CPU." in table([WELL, packed])
    assert "Compression" not in table([packed, WELL])
    assert "Compression: 0.20 of the bytes." in table([replace(WELL, cpu_s={}), packed])


def test_as_json() -> None:
    told = WELL.as_json()
    assert (told["offered"], told["complete"], told["lost"], told["deliveries_per_s"]) == (1_000, True, 0, 1_000)
    assert told["received"]["latency_ms"]["p50"] == 1.234
