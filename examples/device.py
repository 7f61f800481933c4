#!/usr/bin/env python3
"""A device in a few lines: a temperature now and then, and a status that tells when it is gone.

Any MQTT client can do this; no account at the hub and no configuration are needed.
"""

import argparse
import asyncio
import json
import random

import aiomqtt


async def run(options: argparse.Namespace) -> None:
    """Publish until enough was sent."""
    status = f"devices/{options.device}/status"
    will = aiomqtt.Will(status, "offline", qos=1, retain=True)
    temperature = 21.0
    async with aiomqtt.Client(options.host, options.port, identifier=options.device, will=will) as client:
        await client.publish(status, "online", qos=1, retain=True)
        for _ in range(options.count):
            temperature += random.gauss(0, 0.1)
            payload = json.dumps({"temperature": round(temperature, 2)})
            # QoS 1: with a broker of its own, the broker answers when it has the message safe.
            await client.publish(f"devices/{options.device}/telemetry", payload, qos=1)
            print(payload, flush=True)
            await asyncio.sleep(options.every)
        # Here the link ends in order, so that the broker does not send the will.
        await client.publish(status, "offline", qos=1, retain=True)


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=1883)
    parser.add_argument("--device", default="kitchen")
    parser.add_argument("--every", type=float, default=2.0, metavar="SECONDS")
    parser.add_argument("--count", type=int, default=1_000_000)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
