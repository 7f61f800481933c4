"""The MQTT side: the client contract, its two implementations and the embedded broker."""
