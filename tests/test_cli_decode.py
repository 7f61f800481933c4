import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hub_command import hub, isolate


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)


def test_decode_answers_line_by_line() -> None:
    lines = [b'{"topic":"devices/d/telemetry","payload":"{\\"temperature\\":21.5}"}', b"no json", b'{"topic":"\xff"}']
    code, printed, errors = hub("decode", stdin=b"\n".join(lines))
    answers = [json.loads(line) for line in printed.splitlines()]
    assert (code, errors, len(answers)) == (0, "", 3)
    assert answers[0]["readings"][0]["value"] == 21.5
    assert ["error" in answer for answer in answers] == [False, True, True]


def test_decode_answers_before_the_next_line_comes() -> None:
    argv = [sys.executable, "-m", "hub", "decode"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b'{"topic":"a","payload":"1"}\n')
        process.stdin.flush()
        assert json.loads(process.stdout.readline())
        process.stdout.close()
        process.stdin.write(b'{"topic":"a","payload":"1"}\n' * 2)
        process.stdin.close()
    assert process.returncode == 1
