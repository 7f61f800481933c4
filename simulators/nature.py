"""What the simulated devices measure: weather, rooms, and noise that moves as slowly as real values do."""

import math
from dataclasses import dataclass, field
from random import Random

DAY_S = 86_400.0
WARMEST_HOUR = 15
ROOM_LOSS_S = 30 * 3600.0
"""Time constant of a room that cools out: a day and a bit, as in a house with some insulation."""
HEATING_K = 28.0
"""How much warmer than outdoors a room gets with its radiator fully open."""
LONGEST_STEP_S = 600.0


def hour_of_day(now: float) -> float:
    """0 ≤ hour < 24 in UTC, the clock of all simulated devices."""
    return now % DAY_S / 3600


def bump(hour: float, peak: float, width: float) -> float:
    """A daily hump: 1 at `peak` o'clock, falling off within about `width` hours, also over midnight."""
    distance = abs(hour - peak)
    distance = min(distance, 24 - distance)
    return math.exp(-((distance / width) ** 2))


def outdoor_celsius(now: float) -> float:
    """A spring day: 9 °C on average, 5 K up and down, and fronts that pass within days."""
    daily = 5 * math.cos((hour_of_day(now) - WARMEST_HOUR) / 24 * math.tau)
    front = 2.5 * math.sin(now / (3.7 * DAY_S) * math.tau)
    return 9 + daily + front


@dataclass
class Wander:
    """Noise with a memory (an Ornstein-Uhlenbeck process): `spread` is its standard deviation, `memory_s` how long.

    It gives the same values however often it is asked within its memory, which independent noise does not.
    """

    random: Random
    spread: float
    memory_s: float
    value: float = 0
    at: float | None = None

    def step(self, now: float) -> float:
        """The value at `now`; time that runs backwards stands still."""
        keep = 0.0 if self.at is None else math.exp(-max(0.0, now - self.at) / self.memory_s)
        fresh = self.spread * math.sqrt(1 - keep * keep)
        self.value = self.value * keep + self.random.gauss(0, 1) * fresh
        self.at = now if self.at is None else max(self.at, now)
        return self.value


@dataclass
class Room:
    """One room with a radiator: its temperature follows outdoors and the valve, with people's heat on top."""

    random: Random
    temperature: float
    at: float | None = None
    _gain: Wander = field(init=False)
    _sensor: Wander = field(init=False)

    def __post_init__(self) -> None:
        self._gain = Wander(self.random, spread=1.5, memory_s=3600)
        self._sensor = Wander(self.random, spread=0.06, memory_s=20)

    def step(self, now: float, *, valve: float) -> float:
        """The measured temperature (°C) after the valve (0…1) stood like this since the last step."""
        left_s = 0.0 if self.at is None else max(0.0, min(now - self.at, DAY_S))
        self.at = now
        while left_s > 0:
            step_s = min(left_s, LONGEST_STEP_S)
            goal = outdoor_celsius(now) + HEATING_K * valve + 2 + self._gain.step(now)
            self.temperature += (goal - self.temperature) * step_s / ROOM_LOSS_S
            left_s -= step_s
        return self.temperature + self._sensor.step(now)
