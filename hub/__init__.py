"""The hub: devices speak MQTT, people look at browsers, every event is on one log."""

__version__ = "0.1.0"
