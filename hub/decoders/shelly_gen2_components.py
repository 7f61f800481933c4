"""Components of later Shelly devices (`switch:0`, `em:0`, `sys`): what in them is a reading, and in which unit."""

import re

from hub.decoders.leaves import Path
from hub.decoders.outline import Field

_NUMBERED = re.compile(
    r"(?:switch|light|rgb|rgbw|cct|cover|input|em|em1|emdata|em1data|pm1|temperature|humidity|devicepower|voltmeter"
    r"|illuminance|smoke|flood|presence\w*|thermostat|script|bthome\w+|boolean|number|enum|text|button|group|object"
    r"|blutrv|matter\w*|modbus|service|camera|media|plugs_ui):[0-9]+"
)
_NO_READINGS = frozenset((
    "id", "ts", "by_minute", "minute_ts", "mac", "time", "unixtime", "last_sync_ts", "cfg_rev", "kvs_rev",
    "schedule_rev", "webhook_rev", "btrelay_rev", "bthc_rev", "avail_updates", "available_updates", "sta_ip", "sta_ip6",
    "ssid", "bssid", "mac", "utc_offset", "timer_started_at", "last_updated_ts", "updated_ts", "started_at", "addr",
    "ip", "reset_reason", "wakeup_period",
))  # fmt: skip
_UNITS = (
    (re.compile(r"(?:apower|(?:[abc]_|total_)?act_power)"), "W"),
    (re.compile(r"(?:[abc]_|total_)?aprt_power"), "VA"),
    (re.compile(r"(?:[abc]_)?voltage"), "V"),
    (re.compile(r"(?:[abcn]_|total_)?current"), "A"),
    (re.compile(r"(?:[abc]_)?freq"), "Hz"),
    (re.compile(r"(?:[abc]_)?(?:total_act(?:_ret)?(?:_energy)?|fund_act_energy|total_act_(?:ret_)?energy)"), "Wh"),
    (re.compile(r"(?:tC|target_C|current_C)"), "°C"),
    (re.compile(r"(?:tF|target_F|current_F)"), "°F"),
    (re.compile(r"(?:rh|percent|brightness|current_pos|target_pos|target_humidity|current_humidity|pos)"), "%"),
    (re.compile(r"V"), "V"),
    (re.compile(r"rssi"), "dBm"),
    (re.compile(r"(?:uptime|timer_duration)"), "s"),
    (re.compile(r"lux"), "lx"),
    (re.compile(r"ct"), "K"),
    (re.compile(r"(?:ram|fs|mem)_\w+"), "B"),
)  # fmt: skip


def is_component(name: str) -> bool:
    """Whether `status/<name>` or `command/<name>` is surely of such a device: a numbered component."""
    return _NUMBERED.fullmatch(name) is not None


def rule(path: Path) -> Field | None:
    """What a member is: ids, clocks and addresses are no readings."""
    name = path[-1]
    if name in _NO_READINGS or name.endswith("_rev"):
        return None
    return Field(".".join(path), _unit(path))


def _unit(path: Path) -> str | None:
    if path[-1] == "total":
        # Of energy only: a pulse counter has a total too, in pulses.
        return "Wh" if path[-2:-1] and path[-2].endswith("aenergy") else None
    return next((unit for name, unit in _UNITS if name.fullmatch(path[-1])), None)
