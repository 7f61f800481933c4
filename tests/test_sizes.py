"""How large things are: one noun, one small module; and that every public name says what it is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import pytest

from tests.sources import ROOT, python_files, text, tree

MODULE_LINES = 400
MODULE_LINES_MEDIAN = 150
FUNCTION_LINES = 60
FUNCTION_LINES_P90 = 35
VAGUE = re.compile(r"Manager|Helper|Util|Service|Handler|Base(?![a-z])|Impl|Data(?![a-z])|Info(?![a-z])")

Function = ast.FunctionDef | ast.AsyncFunctionDef
MODULES = python_files("hub", "simulators")


def functions() -> Iterator[tuple[str, int]]:
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, Function):
                assert node.end_lineno is not None
                yield f"{path}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def public_names(path: Path) -> Iterator[tuple[str, ast.Module | ast.ClassDef | Function]]:
    module = tree(path)
    if module.body:
        yield str(path), module
    for node in module.body:
        if not isinstance(node, ast.ClassDef | Function) or node.name.startswith("_"):
            continue
        yield f"{path}:{node.lineno} {node.name}", node
        for member in node.body if isinstance(node, ast.ClassDef) else []:
            if isinstance(member, Function) and not member.name.startswith("_"):
                yield f"{path}:{member.lineno} {node.name}.{member.name}", member


def dashboard_files() -> list[Path]:
    sources = ROOT / "dashboard" / "src"
    found = [path for path in sources.rglob("*") if path.suffix in {".ts", ".tsx", ".css"}]
    return sorted(path for path in found if ".test." not in path.name)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_is_small(path: Path) -> None:
    assert len(text(path).splitlines()) <= MODULE_LINES


def test_half_of_the_modules_are_very_small() -> None:
    assert median(len(text(path).splitlines()) for path in MODULES) <= MODULE_LINES_MEDIAN


def test_a_function_is_small() -> None:
    assert [f"{where}: {lines} lines" for where, lines in functions() if lines > FUNCTION_LINES] == []


def test_nine_of_ten_functions_are_very_small() -> None:
    assert quantiles([lines for _, lines in functions()], n=10)[-1] <= FUNCTION_LINES_P90


def test_every_public_name_says_what_it_is() -> None:
    names = [(where, node) for path in MODULES for where, node in public_names(path)]
    assert len(names) > len(MODULES)
    assert [where for where, node in names if ast.get_docstring(node) is None] == []


def test_class_names_are_nouns_of_the_field() -> None:
    classes = {node.name for path in MODULES for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)}
    assert sorted(name for name in classes if VAGUE.search(name)) == []


@pytest.mark.parametrize("path", dashboard_files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_dashboard_file_is_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MODULE_LINES
