"""Keys of Home Assistant's discovery messages, long or abbreviated, and topics that begin or end with `~`."""

from typing import Any

_WHOLE = {
    "stat_t": "state_topic", "cmd_t": "command_topic", "avty_t": "availability_topic", "avty": "availability",
    "avty_tpl": "availability_template", "pl_avail": "payload_available", "pl_not_avail": "payload_not_available",
    "val_tpl": "value_template", "unit_of_meas": "unit_of_measurement", "uniq_id": "unique_id", "obj_id": "object_id",
    "dev": "device", "ids": "identifiers", "cns": "connections", "mf": "manufacturer", "mdl": "model",
    "sw": "sw_version", "hw": "hw_version", "t": "topic", "p": "platform", "cmps": "components", "o": "origin",
    "dev_cla": "device_class", "ent_cat": "entity_category", "atype": "automation_type", "pl": "payload",
    "json_attr_t": "json_attributes_topic", "stype": "subtype", "sn": "serial_number", "sa": "suggested_area",
    "cmd_tpl": "command_template", "cmd_on_tpl": "command_on_template", "cmd_off_tpl": "command_off_template",
    "set_pos_t": "set_position_topic", "set_pos_tpl": "set_position_template", "set_fan_spd_t": "set_fan_speed_topic",
    "ret": "retain",
}  # fmt: skip
_ENDINGS = {
    "_stat_t": "_state_topic", "_cmd_t": "_command_topic", "_stat_tpl": "_state_template",
    "_val_tpl": "_value_template", "_cmd_tpl": "_command_template", "_tpl": "_template", "_t": "_topic",
}  # fmt: skip
_WORDS = {
    "bri": "brightness", "curr_temp": "current_temperature", "curr_hum": "current_humidity", "temp": "temperature",
    "temp_hi": "temperature_high", "temp_lo": "temperature_low", "hum": "humidity", "pos": "position", "act": "action",
    "clr_temp": "color_temp", "fx": "effect", "pct": "percentage", "pr_mode": "preset_mode", "osc": "oscillation",
    "tilt_status": "tilt_status", "whit_val": "white_value", "dir": "direction", "pow": "power",
}  # fmt: skip
_PAYLOAD = "pl_"
_PAYLOADS = {
    "cls": "close", "unlk": "unlock", "prs": "press", "inst": "install", "strt": "start", "paus": "pause",
    "ret": "return_to_base", "cln_sp": "clean_spot", "loc": "locate", "osc_on": "oscillation_on",
    "osc_off": "oscillation_off", "arm_nite": "arm_night", "arm_custom_b": "arm_custom_bypass", "trig": "trigger",
}  # fmt: skip
_BASE = "~"


def long_key(key: str) -> str:
    """The key in full; one that is not known stays as it is."""
    whole = _WHOLE.get(key)
    if whole is not None:
        return whole
    if key.startswith(_PAYLOAD):
        word = key.removeprefix(_PAYLOAD)
        return f"payload_{_PAYLOADS.get(word, word)}"
    for ending, full in _ENDINGS.items():
        if key.endswith(ending) and len(key) > len(ending):
            stem = key[: -len(ending)]
            return _WORDS.get(stem, stem) + full
    return key


def expanded(message: dict[str, Any]) -> dict[str, Any]:
    """The message with keys in full and topics with their base, on the levels where Home Assistant has them."""
    return _expanded(message, "")


def _expanded(members: dict[str, Any], base: str) -> dict[str, Any]:
    own = members.get(_BASE)
    base = own if isinstance(own, str) else base
    found: dict[str, Any] = {}
    for key, value in members.items():
        name = long_key(key)
        if name == "components" and isinstance(value, dict):
            found[name] = {k: _expanded(v, base) for k, v in value.items() if isinstance(v, dict)}
        elif name in ("device", "origin") and isinstance(value, dict):
            found[name] = {long_key(k): v for k, v in value.items()}
        elif name == "availability":
            sources = value if isinstance(value, list) else [value]
            found[name] = [_expanded(source, base) for source in sources if isinstance(source, dict)]
        elif name.endswith("topic") and isinstance(value, str):
            found[name] = _topic(value, base)
        elif key != _BASE:
            found[name] = value
    return found


def _topic(topic: str, base: str) -> str:
    if not base:
        return topic
    if topic.startswith(_BASE):
        return base + topic[1:]
    return topic[:-1] + base if topic.endswith(_BASE) else topic
