"""`hub bench`: how fast this hub is on this machine, with a load generator that checks every message it is due."""
