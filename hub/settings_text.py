"""The settings as text, made from their declaration: docs/settings.md, .env.example and the help of `hub serve`."""

from collections.abc import Iterator
from pathlib import Path

from pydantic.fields import FieldInfo

from hub.setting_kinds import ROLES, Kind
from hub.settings import Settings, variable

_HEAD = """# Settings

Every option is an environment variable; those in a file `.env` of the working directory count too, and the environment
wins. Made by `hub settings --markdown`.

| setting | type | default | meaning |
|---|---|---|---|
"""


def markdown() -> str:
    """docs/settings.md."""
    rows = (
        f"| `{name}` | {_kind(field)} | {f'`{default}`' if default else 'unset'} | {field.description} |\n"
        for name, field, default in _options()
    )
    return _HEAD + "".join(rows)


def env() -> str:
    """.env.example: every option commented out, with its default."""
    options = (f"# {field.description}\n# {name}={default}\n" for name, field, default in _options())
    return "# Copy to .env and take the # from what you change.\n\n" + "\n".join(options)


def table() -> str:
    """The settings for a terminal: name, default, sentence."""
    return "".join(
        f"  {name}={default}\n      {(field.description or '').replace('`', '')}\n"
        for name, field, default in _options()
    )


def _options() -> Iterator[tuple[str, FieldInfo, str]]:
    for field, declared in Settings.model_fields.items():
        yield variable(field), declared, _written(declared.default)


def _kind(field: FieldInfo) -> str:
    return next(mark.name for mark in field.metadata if isinstance(mark, Kind))


def _written(default: object) -> str:
    """A default as one would write it into the environment."""
    if default == frozenset(ROLES):
        return "all"
    if isinstance(default, tuple | frozenset):
        return ",".join(sorted(default))
    if isinstance(default, Path):
        return f"./{default}"
    return "" if default is None else str(default)
