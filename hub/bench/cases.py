"""The named measurements: each is a sentence and the loads it consists of."""

from dataclasses import dataclass, replace

from hub.bench.load import Load, SetUp
from hub.errors import NOT_FOUND, HubError

QUIET_S = 5
STUCK_S = 60
MANY = 10_000


@dataclass(frozen=True, slots=True)
class Case:
    """Loads that are measured one after the other; `doubling`: the last one's rate is doubled until it breaks."""

    name: str
    sentence: str
    loads: tuple[Load, ...]
    doubling: bool = False


_COMPARED = Load(500, 5_000)
_OWN = Load(500, 20_000, devices=10_000, own=8)
_SMALL = (Load(100, 1_000), Load(100, 100))

CASES = (
    Case("quick", "a look at what this machine can do", (Load(50, 500, seconds=3, set_up=SetUp.DEFAULT),)),
    Case(
        "wide",
        "500 dashboards see everything: 2.5, 10 and 20 million deliveries per second",
        (_COMPARED, Load(500, 20_000), Load(500, 40_000, deflate=True)),
    ),
    Case(
        "breaking",
        "500 dashboards see everything, compressed; the rate is doubled until something is lost or late",
        (Load(500, 40_000, deflate=True),),
        doubling=True,
    ),
    Case(
        "own",
        "500 dashboards see 8 of 10,000 devices each, which are new to the hub, then which it knows",
        (_OWN, replace(_OWN, known=True)),
    ),
    Case(
        "small",
        "100 dashboards and few messages: how long one takes, in both set-ups",
        (*(Load(one.dashboards, one.rate, set_up=SetUp.DEFAULT) for one in _SMALL), *_SMALL),
    ),
    Case("one", "one dashboard, QoS 1, nothing configured", (Load(1, 20_000, qos=1, set_up=SetUp.DEFAULT),)),
    Case("idle", "10,000 dashboards that are sent nothing: memory", (Load(MANY, seconds=QUIET_S),)),
    Case(
        "connect", "10,000 dashboards connect and get 100 topics each: seconds", (Load(MANY, seconds=1, snapshot=True),)
    ),
    Case(
        "compression",
        "the same without and with compression: bytes and CPU",
        (_COMPARED, Load(500, 5_000, deflate=True)),
    ),
    Case("stuck", "499 dashboards and one that stops reading for a minute", (Load(500, 5_000, STUCK_S, stuck=1),)),
)


def case(name: str) -> Case:
    """The case of that name; raises HubError."""
    for one in CASES:
        if one.name == name:
            return one
    names = ", ".join(one.name for one in CASES)
    raise HubError(f"There is no case {name!r}; there are {names}.", code=NOT_FOUND)
