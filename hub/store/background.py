"""Threads that keep history: they step back behind what people wait for."""

import os
import sys
import threading

NICENESS = 10
"""Where the cores are short, broker and event loop come first: history may be late for a moment, dashboards may not."""


def step_back() -> None:
    """Lower the priority of the thread that calls it."""
    # Linux keeps priorities by thread; elsewhere this would lower the whole process.
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
