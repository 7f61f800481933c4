"""The AsyncAPI 3.0 document of everything that is no request and answer; `scripts/generate.py` writes it down."""
