"""Units of Venus OS' D-Bus paths: by the last name of a path, where its service does not make it something else."""

import re

from hub.decoders.leaves import Path

_NO_QUANTITIES = frozenset(("Alarms", "Relay", "State", "NrOfDistributors", "Settings", "Modes"))
_BY_NAME = {
    "V": "V", "I": "A", "P": "W", "S": "VA", "F": "Hz", "Soc": "%", "Soh": "%", "TimeToGo": "s", "Yield": "kWh",
    "User": "kWh", "System": "kWh", "Humidity": "%", "Pressure": "hPa", "CO2": "ppm", "NOX": None, "Irradiance": "W/m²",
    "WindSpeed": "m/s", "Latitude": "°", "Longitude": "°", "Course": "°", "Speed": "m/s", "Altitude": "m",
    "Remaining": "m³", "Level": "%", "ConsumedAmphours": "Ah", "Capacity": "Ah", "InstalledCapacity": "Ah",
    "DepthOfDischarge": "%", "EnergyIn": "kWh", "EnergyOut": "kWh", "ChargedEnergy": "kWh", "DischargedEnergy": "kWh",
    "TotalAhDrawn": "Ah", "LastDischarge": "Ah", "DeepestDischarge": "Ah", "AverageDischarge": "Ah",
    "Uptime": "s", "UpTime": "s", "Runtime": "s", "SocTarget": "%", "MinimumSocLimit": "%", "ActiveSocLimit": "%",
    "Power": "W", "Forward": "kWh", "Reverse": "kWh",
}  # fmt: skip
_BY_ENDING = (
    (re.compile(r".*(?:Voltage|voltage)(?:2|Sum|Diff)?"), "V"),
    (re.compile(r".*(?:Current|current)(?:Limit|In|Out)?"), "A"),
    (re.compile(r".*(?:Power|power)(?:Setpoint|Factor)?"), "W"),
    (re.compile(r".*(?:Temperature|temperature)\d?"), "°C"),
    (re.compile(r".*Frequency"), "Hz"),
    (re.compile(r"(?:soc|soh)"), "%"),
    (re.compile(r".*(?:Energy|Yield)"), "kWh"),
)
_LINE = re.compile(r"L[1-3]|\d+|Total")
_TANK = "tank"


def unit_of(path: Path) -> str | None:
    """The unit of a path `service/instance/…`, or None: states and alarms have none."""
    names = [name for name in path[2:] if not _LINE.fullmatch(name)] or [path[-1]]
    name = names[-1]
    if not _NO_QUANTITIES.isdisjoint(names) or name.endswith(("PowerFactor", "Id", "CellId")):
        return None
    if name in ("Capacity", "Level", "Remaining"):
        return {"Capacity": "m³", "Level": "%", "Remaining": "m³"}[name] if path[0] == _TANK else _battery(path, name)
    if name in _BY_NAME:
        return _BY_NAME[name]
    return next((unit for pattern, unit in _BY_ENDING if pattern.fullmatch(name)), None)


def _battery(path: Path, name: str) -> str | None:
    return "Ah" if name == "Capacity" and path[0] == "battery" else None
