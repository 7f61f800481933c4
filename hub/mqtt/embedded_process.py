"""The child process that is the embedded broker: `python -P embedded_process.py CONFIG`.

rumqttd has no way to stop and would share the hub's interpreter lock, so it gets a process. It is the only file that
imports iotcore, and it imports nothing of the hub: it starts in a tenth of a second.
"""

import logging
import os
import sys
import threading

import iotcore


def main() -> None:
    """Serve until the parent closes this process's standard input, which its end does too, however it ends."""
    # rumqttd opens an error span for each message; without this every one of them becomes a line of log.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    iotcore.Broker(config_path=sys.argv[1]).run_forever()


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
