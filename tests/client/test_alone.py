"""The client library is usable alone: of the hub it needs the vocabulary, of others websockets and orjson."""

import subprocess
import sys

from tests.sources import imports, python_files

VOCABULARY = {"errors", "events", "topics", "interest"}
THIRD_PARTY = {"orjson", "websockets"}


def test_it_imports_nothing_else() -> None:
    found = {name for path in python_files("hub/client") for _, name in imports(path)}
    of_the_hub = {name.split(".")[1] for name in found if name.startswith("hub.")}
    others = {name.partition(".")[0] for name in found} - set(sys.stdlib_module_names) - {"hub"}
    assert of_the_hub == VOCABULARY | {"client"}
    assert others == THIRD_PARTY


def test_it_loads_nothing_else() -> None:
    code = "import hub.client, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"fastapi", "starlette", "uvicorn", "pydantic", "redis", "jwt"} & set(run.stdout.split())
