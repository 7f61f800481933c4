"""The wires to clients: one session, many transports."""
