"""The project's own source files, read for tests about the sources themselves."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent


def python_files(*folders: str) -> list[Path]:
    """All Python files of the folders, as paths from the root, sorted."""
    return sorted(path.relative_to(ROOT) for folder in folders for path in (ROOT / folder).rglob("*.py"))


def text(path: Path) -> str:
    """What stands in a file of the root."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file of the root."""
    return ast.parse(text(path), str(path))


def module_name(path: Path) -> str:
    """hub/api/app.py → hub.api.app; a package's __init__.py → the package."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(path: Path) -> tuple[tuple[ast.stmt, str], ...]:
    """Every import statement of a file with each module it names, wherever it stands; `from a import b` is `a.b`."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[ast.stmt, str]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)
