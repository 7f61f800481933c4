"""Soil probes: `garden/7/soil` with four bytes, temperature in tenths of °C and moisture in tenths of %.

0118 022b   28.0 °C, 55.5 %
"""

import re
import struct
from collections.abc import Sequence

from hub.decoders.base import Decode, Decoded, Knowledge, Malformed
from hub.decoders.identity import device_id

TOPIC = re.compile(r"garden/([^/]+)/soil")
LAYOUT = struct.Struct(">hH")
UNITS = {"temperature": "°C", "moisture": "%"}


class SoilProbe:
    """The convention: one file, no state of its own, no clock."""

    family = "soil-probe"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
        """Topics as `garden/7/soil`; the function that is returned decodes all messages of the topic."""
        del payload, knowledge  # the topic says enough, and there is nothing to learn
        found = TOPIC.fullmatch(topic)
        if found is None:
            return None
        device = device_id("soil-" + found[1])

        def decode(payload: bytes, _now_ms: int) -> Sequence[Decoded]:
            if len(payload) != LAYOUT.size:
                raise Malformed(f"{LAYOUT.size} bytes are a message; this has {len(payload)}")
            temperature, moisture = LAYOUT.unpack(payload)
            data = {"temperature": temperature / 10, "moisture": moisture / 10}
            return [Decoded(device, "telemetry", data, UNITS)]

        return decode
