"""Conventions of device families: messages in, what they say out."""
