"""Which module may import what, beyond what import-linter says by pyproject.toml: cycles, drivers, pure modules."""

import ast
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.sources import imports, module_name, python_files, text, tree

HUB = python_files("hub")
NAMES = {module_name(path) for path in HUB}

DRIVERS = {
    "aiomqtt": "hub/mqtt/aiomqtt_client.py",
    "asyncpg": "hub/store/postgres_link.py",
    "authlib": "hub/oidc.py",
    "cbor2": "hub/decoders/cbor_document.py",
    "cryptography": "hub/signatures.py",
    "engineio": "hub/transports/socketio.py",
    "google": "hub/decoders/sparkplug_wire.py",
    "httpx": "hub/web.py",
    "iotcore": "hub/mqtt/embedded_process.py",
    "isal": "hub/deflate.py",
    "joserfc": "hub/oidc.py",
    "jwt": "hub/signatures.py",
    "mqtt5": "hub/mqtt/mqtt5_codec.py",
    "msgpack": "hub/decoders/msgpack.py",
    "paho": "hub/mqtt/aiomqtt_client.py",
    "prometheus_client": "hub/observability/metrics.py",
    "pwdlib": "hub/passwords.py",
    "pyarrow": "hub/api/history_arrow.py",
    "redis": "hub/engine/redis_client.py",
    "socketio": "hub/transports/socketio.py",
    "uvloop": "hub/app.py",
    "yaml": "hub/mapping_file.py",
    "zstandard": "hub/zstd.py",
}
"""Each is behind one file; who replaces a driver opens that file alone."""

FRAMEWORKS = {
    "alembic": {"hub/store/migration.py", "hub/store/migrations"},
    "fastapi": {"hub/api", "hub/transports"},
    "orjson": {"hub"},
    "pydantic": {
        "hub/api",
        "hub/transports/polling.py",
        "hub/settings.py",
        "hub/settings_text.py",
        "hub/setting_kinds.py",
    },
    "pydantic_settings": {"hub/settings.py", "hub/setting_kinds.py"},
    "sqlalchemy": {"hub/store"},
    "sqlite3": {"hub/engine", "hub/store"},
    "starlette": {"hub/api", "hub/app.py", "hub/transports"},
    "websockets": {"hub/client/link.py", "hub/transports/uvicorn_websocket.py"},
    "uvicorn": {
        "hub/app.py",
        "hub/server.py",
        "hub/transports/forwarded.py",
        "hub/transports/uvicorn_http.py",
        "hub/transports/uvicorn_websocket.py",
    },
}
"""Where those may be that shape the code around them."""

CONTRACTS = tomllib.loads(text(Path("pyproject.toml")))["tool"]["importlinter"]["contracts"]
PURE: set[str] = next(set(each["source_modules"]) for each in CONTRACTS if each["name"].startswith("pure modules"))
IMPURE_IN_CLIENT = {"__init__", "hub_client", "link", "room", "subscription"}
IMPURE = {"asyncio", "socket", "time", "threading", "subprocess", "sqlite3", "logging", "os", "random"}


def top(name: str) -> str:
    return name.partition(".")[0]


def within(path: Path, places: set[str]) -> bool:
    return any(path.as_posix() == place or path.as_posix().startswith(f"{place}/") for place in places)


def imported_modules(path: Path) -> set[str]:
    """The hub's modules that a file imports when it is itself imported."""
    at_import = set(tree(path).body)
    found = set()
    for node, name in imports(path):
        if node not in at_import or top(name) != "hub":
            continue
        found.add(name if name in NAMES else name.rpartition(".")[0])
    return found - {module_name(path)}


def is_pure(path: Path) -> bool:
    if path.parts[1] == "client":
        return path.stem not in IMPURE_IN_CLIENT
    return f"hub.{path.parts[1].removesuffix('.py')}" in PURE


def test_imports_have_no_cycle() -> None:
    graph = {module_name(path): imported_modules(path) for path in HUB}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(reversed(error.args[1])))


@pytest.mark.parametrize(("driver", "place"), DRIVERS.items())
def test_a_driver_is_imported_in_exactly_one_file(driver: str, place: str) -> None:
    files = {path.as_posix() for path in HUB for _, name in imports(path) if top(name) == driver}
    assert files == {place}


@pytest.mark.parametrize(("framework", "places"), FRAMEWORKS.items())
def test_a_framework_stays_where_it_belongs(framework: str, places: set[str]) -> None:
    files = {path for path in HUB for _, name in imports(path) if top(name) == framework}
    assert [str(path) for path in sorted(files) if not within(path, places)] == []


def test_every_third_party_import_is_a_named_one() -> None:
    known = {"hub", *DRIVERS, *FRAMEWORKS, *sys.stdlib_module_names}
    found = {(top(name), str(path)) for path in HUB for _, name in imports(path)}
    assert sorted((name, path) for name, path in found if name not in known) == []


def test_the_list_of_pure_modules_names_those_that_are_there() -> None:
    assert PURE <= NAMES
    assert {module_name(path) for path in HUB if path.parts[1] == "client" and is_pure(path)} <= PURE


@pytest.mark.parametrize("path", [path for path in HUB if is_pure(path)], ids=str)
def test_a_pure_module_has_no_io_and_no_clock(path: Path) -> None:
    assert sorted({top(name) for _, name in imports(path)} & IMPURE) == []
    assert not any(isinstance(node, ast.Await | ast.AsyncFunctionDef) for node in ast.walk(tree(path)))


def test_simulators_share_nothing_with_the_hub() -> None:
    shared = {str(path) for path in python_files("simulators") for _, name in imports(path) if top(name) == "hub"}
    assert shared == set()


def test_the_hub_does_not_import_the_simulators() -> None:
    assert {str(path) for path in HUB for _, name in imports(path) if top(name) == "simulators"} == set()
