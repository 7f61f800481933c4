"""Topics of conventions with decoders of their own, which those that take any topic leave alone.

What looks like `<device>/<quantity>` there is something else: a channel, an attribute of a convention, a gateway's
envelope, a command. Without its decoder such a message is unclaimed, which is better than a device that isn't there.
"""

import re

_SITES = r"(?i:home|house|haus|site|building|office|garden|garage|floor\d*|room\d*|iot|devices?|sensors?)"
_SITE = re.compile(_SITES)
_RESERVED = re.compile(
    r"""
      homeassistant/.* | homie/.* | esphome/discover/.*
    | (?!{_SITES}/)
      [^/]+/(?:sensor|binary_sensor|switch|light|text_sensor|number|select|fan|cover|climate|lock|button)
      /[^/]+/(?:state|command|[a-z_]+/state|[a-z_]+/command)            # ESPHome
    | shellies/.* | [^/]+/(?:events/rpc|rpc|debug/log)                  # Shelly, both generations
    | [^/]+/(?:status|command)/(?:[a-z][a-z0-9_]*:\d+|mqtt|cloud|wifi|sys|ble|ws|eth|ui)
    | spBv1\.0/.* | STATE/.*                                            # Sparkplug B
    | owntracks/.* | senml/.* | msh/.*                                  # OwnTracks, SenML, Meshtastic
    | application/[^/]+/device/.*                                       # ChirpStack
    | v3/[^/]+/devices/.*                                               # The Things Stack
    | home/home_presence/.* | home/[^/]+/commands/.*                    # OpenMQTTGateway
    | [NRW]/[0-9a-f]{12}/.* | ruuvi/.*                                  # Victron, Ruuvi
    | v1/(?:devices/me|gateway)/.* | v2/[ta](?:/.*)?                    # ThingsBoard
    | devices/[^/]+/(?:modules/[^/]+/)?messages/.*                      # Azure
    | frigate/.* | valetudo/.* | wled/.*
    """.replace("{_SITES}", _SITES),
    re.VERBOSE | re.DOTALL,
)


# What may be on any level, behind a word without which it need not be looked for: that would take as long as the rest.
_WORDS = ("gateway/", "rtl_433/", "toMQTT/", "ems-esp/")
_ANYWHERE = re.compile(r".*/?gateway/[0-9a-f]{16}/.*|(?:.*/)?(?:rtl_433|[A-Z]+toMQTT|ems-esp)/.*", re.DOTALL)


def is_reserved(topic: str) -> bool:
    """Whether the topic is laid out by a convention that a decoder for any topic would misread."""
    # Brokers and clouds; attributes (Homie).
    if topic.startswith("$") or "/$" in topic or _RESERVED.fullmatch(topic) is not None:
        return True
    return any(map(topic.__contains__, _WORDS)) and _ANYWHERE.fullmatch(topic) is not None


def is_site(prefix: str) -> bool:
    """Whether a topic's beginning is one level that says where its devices are: no name of a device."""
    return _SITE.fullmatch(prefix) is not None
