"""The command line. Each command imports what it needs when it runs, so that the small ones start at once."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from hub import __version__, cli_moving
from hub.errors import HubError

FAILED = 1
INTERRUPTED = 130
ROLES = ("viewer", "operator", "admin")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 for an error or 3 where the hub did not start, said in one sentence."""
    try:
        arguments = _parser().parse_args(argv)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except HubError as error:
        sys.stderr.write(f"hub: {error}\n")
        return FAILED
    except BrokenPipeError:
        # Whoever read the output has enough; what is still buffered would fail once more at the end of Python.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


class _Parser(argparse.ArgumentParser):
    def __init__(self, *, with_settings: bool = False, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._with_settings = with_settings

    def error(self, message: str) -> NoReturn:
        self.exit(FAILED, f"{self.prog}: {message}; see {self.prog} --help\n")

    def format_help(self) -> str:
        if not self._with_settings:
            return super().format_help()
        from hub.settings_text import table  # noqa: PLC0415 - see above

        return f"{super().format_help()}\nsettings, from the environment:\n{table()}"


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="hub", description="Devices speak MQTT, people look at browsers, every event is on one log.")
    parser.add_argument("--version", action="version", version=f"hub {__version__}")
    commands = parser.add_subparsers(metavar="command", required=True)

    serve = commands.add_parser("serve", with_settings=True, help="run the hub until SIGTERM or Ctrl-C")
    serve.set_defaults(run=_serve)

    demo = commands.add_parser("demo", with_settings=True, help="run the hub with a simulated fleet")
    demo.add_argument("--devices", type=int, default=20, help="how many devices are simulated (default: 20)")
    demo.add_argument("--rate", type=float, default=5, help="their messages per second, of all together (default: 5)")
    demo.set_defaults(run=_demo)

    token = commands.add_parser("token", help="sign a token for a program or a person")
    token.add_argument("--user", required=True, metavar="NAME", help="whose token it is; need not be a stored user")
    token.add_argument("--role", required=True, choices=ROLES, help="what it may do")
    token.add_argument("--ttl", type=int, metavar="SECONDS", help="how long it holds (default: HUB_TOKEN_TTL_S)")
    token.set_defaults(run=_token)

    _add_user(commands.add_parser("user", help="who may sign in").add_subparsers(metavar="command", required=True))

    _add_key(commands.add_parser("key", help="API keys of programs").add_subparsers(metavar="command", required=True))

    _add_tail(commands.add_parser("tail", help="print events of a hub as they come"))

    publish = commands.add_parser("publish", help="put an event on a hub's log, as a chat message; its position")
    publish.add_argument("topic", help="as chat/ops")
    publish.add_argument("data", help='a JSON object, as \'{"text": "hello"}\'')
    _add_hub(publish)
    publish.set_defaults(run=_publish)

    decode = commands.add_parser("decode", help="say what each message means: JSON lines in, JSON lines out")
    decode.set_defaults(run=_decode)

    mapping = commands.add_parser("mapping", help="what topics mean that no decoder knows: the file of mappings")
    _add_mapping(mapping.add_subparsers(metavar="command", required=True))

    devices = commands.add_parser("devices", help="the devices of a hub: what is known, and what people say of them")
    _add_devices(devices.add_subparsers(metavar="command", required=True))

    _add_bench(
        commands.add_parser("bench", help="how fast the hub is here").add_subparsers(metavar="command", required=True)
    )

    cli_moving.add(commands, _add_hub)

    migrate = commands.add_parser("migrate", help="bring the store's tables to this hub's revision, as a start does")
    migrate.add_argument("--to", metavar="REVISION", help="another one, as 0001: before an older hub is started again")
    migrate.set_defaults(run=_migrate)

    rebuild = commands.add_parser("rebuild", help="fold anew from the events what the store has folded from them")
    rebuild.add_argument("--only", metavar="NAMES", help="some of latest,rollups,search (default: all)")
    rebuild.set_defaults(run=_rebuild)

    settings = commands.add_parser("settings", help="every setting, with its default")
    form = settings.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="as docs/settings.md")
    form.add_argument("--env", action="store_true", help="as .env.example")
    settings.set_defaults(run=_settings)
    return parser


def _add_mapping(commands: "argparse._SubParsersAction[_Parser]") -> None:
    add = commands.add_parser("add", help="put a mapping into the file, or another one under its name")
    add.add_argument("name")
    add.add_argument("--filter", required=True, help="the topics, as 'gh/+/air'")
    add.add_argument("--device", default="", help="the device: '{2}' is the second level, '{/id}' what the payload has")
    add.add_argument("--format", choices=("json", "pairs", "text"), default="json", help="of the payload")
    for name, text in (
        ("value", "a reading and where it is, as 'temperature=/t'"),
        ("unit", "its unit, as 'temperature=°C'"),
        ("scale", "what it is multiplied with, as 'temperature=0.1'"),
    ):
        add.add_argument(f"--{name}", action="append", metavar="KEY=…", help=text)
    add.add_argument("--time", metavar="PATH", help="where the device's own clock is")
    add.add_argument("--family", help="instead of a device: the family as whose the messages are read, as 'tasmota'")
    add.add_argument("--topic", help="the topic that the family would use, as 'tele/{2}/SENSOR' or '{2#}'")
    add.add_argument("--ignore", action="store_true", help="the messages are known and say nothing")
    commands.add_parser("list", help="the mappings of the file")
    test = commands.add_parser("test", help="say what messages mean by the mappings alone: as `hub decode`")
    test.add_argument("only", nargs="?", metavar="name", help="the one mapping to use (default: all)")
    for name, command in commands.choices.items():
        command.add_argument("--file", type=Path, help="the YAML file (default: HUB_MAPPINGS_FILE)")
        command.set_defaults(run=_mapping, command=name)


def _add_devices(commands: "argparse._SubParsersAction[_Parser]") -> None:
    listing = commands.add_parser("list", help="id, name, state, family and tags of each, by id")
    for name, text in (
        ("search", "what id, name, family, location or a tag has in it"),
        ("tag", "those with this tag"),
        ("family", "those of this family"),
    ):
        listing.add_argument(f"--{name}", default="", metavar="TEXT", help=text)
    listing.add_argument("--state", choices=("online", "offline", "stale", "unknown"), help="those in this state")
    listing.add_argument("--after", default="", metavar="ID", help="those behind this id: go on where a list ended")
    listing.add_argument("--limit", type=int, default=sys.maxsize, metavar="N", help="at most so many (default: all)")
    listing.add_argument("--json", action="store_true", help="JSON lines, with all that is known")
    commands.add_parser("show", help="all that is known of a device, as JSON")
    commands.add_parser("rename", help="give it a name; an empty one gives it its own back")
    commands.add_parser("tag", help="add tags, or remove them")
    commands.add_parser("merge", help="take what it says for another one's; without one, part them again")
    commands.add_parser("forget", help="forget it until it speaks again")
    commands.add_parser("approve", help="take what it says, or refuse it")
    for name, command in commands.choices.items():
        if name != "list":
            command.add_argument("device", help="its id")
        _add_hub(command)
        command.set_defaults(run=_devices, command=name)
    commands.choices["rename"].add_argument("name")
    commands.choices["tag"].add_argument("tags", nargs="*", metavar="tag")
    commands.choices["tag"].add_argument("--remove", action="append", metavar="TAG", help="a tag to take away")
    commands.choices["merge"].add_argument("into", nargs="?", help="the device that it is part of from now on")
    commands.choices["forget"].add_argument("--history", action="store_true", help="delete its history, too")
    commands.choices["approve"].add_argument("--refuse", action="store_true", help="what it says is not taken")


def _add_bench(commands: "argparse._SubParsersAction[_Parser]") -> None:
    commands.add_parser("list", help="the cases").set_defaults(run=_bench_list)
    history = commands.add_parser("history", help="measure questions of much history, on a hub of its own")
    history.add_argument("--values", type=int, metavar="N", default=10_000_000, help="how many are stored first")
    history.add_argument("--seconds", type=float, metavar="N", default=20.0, help="how long devices send, twice")
    history.set_defaults(run=_bench_history)
    run = commands.add_parser("run", help="measure cases, on a hub of its own or a given one")
    run.add_argument("cases", nargs="+", metavar="CASE", help="as `hub bench list` names them")
    run.add_argument(
        "--set-up", choices=("default", "redis", "both"), help="of the hub: nothing, or Mosquitto and Redis"
    )
    for name, kind, text in (
        ("dashboards", int, "how many dashboards look"),
        ("devices", int, "how many devices send"),
        ("rate", float, "their messages per second, of all together"),
        ("seconds", float, "how long they send"),
        ("verify", int, "of how many dashboards every event is checked"),
    ):
        run.add_argument(f"--{name}", type=kind, metavar="N", help=f"{text} (default: the case's)")
    run.add_argument("--qos", type=int, choices=(0, 1), help="of the devices' messages (default: the case's)")
    run.add_argument("--broker", metavar="HOST:PORT", help="with --url: where devices send to (default: HUB_MQTT_URL)")
    run.add_argument("--json", type=Path, metavar="FILE", help="write the outcomes there too")
    _add_hub(run)
    run.set_defaults(run=_bench)


def _add_tail(tail: "_Parser") -> None:
    tail.add_argument("--filter", action="append", metavar="FILTER", help="a topic filter; several (default: #)")
    tail.add_argument("--since", metavar="POSITION", help="all after this position first")
    tail.add_argument("--snapshot", action="store_true", help="the latest event of each topic first")
    tail.add_argument("--count", type=int, metavar="N", default=sys.maxsize, help="end after so many events")
    tail.add_argument("--json", action="store_true", help="JSON lines, with positions to come back with")
    _add_hub(tail)
    tail.set_defaults(run=_tail)


def _add_hub(command: "_Parser") -> None:
    command.add_argument("--url", help="where the hub is (default: HUB_URL, or the port HUB_HTTP_PORT of this machine)")
    text = "the token's file (default: the token HUB_TOKEN); never an argument, which everybody can read"
    command.add_argument("--token-file", type=Path, metavar="FILE", help=text)


def _add_user(commands: "argparse._SubParsersAction[_Parser]") -> None:
    add = commands.add_parser("add", help="add a user; the password is asked for, or the first line of standard input")
    add.add_argument("name")
    add.add_argument("--role", choices=ROLES, default="viewer", help="what the user may do (default: viewer)")
    commands.add_parser("list", help="all users")
    remove = commands.add_parser("remove", help="remove a user; his sign-ins and sessions end")
    remove.add_argument("name")
    password = commands.add_parser("password", help="set a password, asked for or from standard input")
    password.add_argument("name")
    for name, command in commands.choices.items():
        command.set_defaults(run=_user, command=name)


def _add_key(commands: "argparse._SubParsersAction[_Parser]") -> None:
    add = commands.add_parser("add", help="make an API key; it is printed once")
    add.add_argument("name", help="whose key it is: a name for people")
    add.add_argument("--role", choices=ROLES, default="viewer", help="what it may do (default: viewer)")
    for verb in ("subscribe", "publish"):
        text = f"a topic filter; with it, the key may {verb} only within such"
        add.add_argument(f"--{verb}", action="append", metavar="FILTER", help=text)
    add.add_argument("--ttl", type=int, metavar="SECONDS", help="how long it holds (default: until it is revoked)")
    commands.add_parser("list", help="all API keys, without their secrets")
    revoke = commands.add_parser("revoke", help="end a key and its sessions")
    revoke.add_argument("key", help="its id or its name")
    for name, command in commands.choices.items():
        command.set_defaults(run=_key, command=name)


def _migrate(arguments: argparse.Namespace) -> int:
    from hub.cli_migrate import migrate  # noqa: PLC0415 - see above

    sys.stdout.write(migrate(arguments.to) + "\n")
    return 0


def _rebuild(arguments: argparse.Namespace) -> int:
    from hub.cli_rebuild import rebuild  # noqa: PLC0415 - see above

    rebuild(arguments.only, lambda line: sys.stdout.write(f"{line}\n"))
    return 0


def _serve(_: argparse.Namespace) -> int:
    from hub.cli_serve import serve  # noqa: PLC0415 - see above

    return serve()


def _demo(arguments: argparse.Namespace) -> int:
    from hub.cli_serve import demo  # noqa: PLC0415 - see above

    return demo(devices=arguments.devices, rate=arguments.rate)


def _token(arguments: argparse.Namespace) -> int:
    from hub.cli_users import token  # noqa: PLC0415 - see above

    sys.stdout.write(token(arguments.user, arguments.role, ttl_s=arguments.ttl) + "\n")
    return 0


def _user(arguments: argparse.Namespace) -> int:
    from hub.cli_users import user  # noqa: PLC0415 - see above

    for line in user(arguments.command, vars(arguments)):
        sys.stdout.write(line + "\n")
    return 0


def _key(arguments: argparse.Namespace) -> int:
    from hub.cli_keys import key  # noqa: PLC0415 - see above

    for line in key(arguments.command, vars(arguments)):
        sys.stdout.write(line + "\n")
    return 0


def _tail(arguments: argparse.Namespace) -> int:
    from hub.cli_client import tail  # noqa: PLC0415 - see above

    tail(
        arguments.filter or ["#"],
        url=arguments.url,
        token_file=arguments.token_file,
        options={"since": arguments.since, "snapshot": arguments.snapshot, "count": arguments.count},
        json_lines=arguments.json,
    )
    return 0


def _publish(arguments: argparse.Namespace) -> int:
    from hub.cli_client import publish  # noqa: PLC0415 - see above

    position = publish(arguments.topic, arguments.data, url=arguments.url, token_file=arguments.token_file)
    sys.stdout.write(f"{position}\n")
    return 0


def _devices(arguments: argparse.Namespace) -> int:
    from hub.cli_devices import devices  # noqa: PLC0415 - see above

    devices(vars(arguments), lambda line: sys.stdout.write(f"{line}\n"))
    return 0


def _bench_list(_: argparse.Namespace) -> int:
    from hub.cli_bench import listing  # noqa: PLC0415 - see above

    sys.stdout.write(listing())
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    from hub.cli_bench import bench  # noqa: PLC0415 - see above

    return bench(arguments.cases, vars(arguments))


def _bench_history(arguments: argparse.Namespace) -> int:
    from hub.cli_bench import bench_history  # noqa: PLC0415 - see above

    return bench_history(vars(arguments))


def _decode(_: argparse.Namespace) -> int:
    from hub.cli_decode import decode  # noqa: PLC0415 - see above

    decode(sys.stdin, sys.stdout)
    return 0


def _mapping(arguments: argparse.Namespace) -> int:
    from hub import cli_mapping  # noqa: PLC0415 - see above

    given = vars(arguments)
    if arguments.command == "test":
        cli_mapping.try_out(given, sys.stdin, sys.stdout)
    else:
        lines = [cli_mapping.add(given)] if arguments.command == "add" else cli_mapping.listing(given)
        sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def _settings(arguments: argparse.Namespace) -> int:
    from hub import settings_text  # noqa: PLC0415 - see above

    form = settings_text.markdown if arguments.markdown else settings_text.env if arguments.env else settings_text.table
    sys.stdout.write(form())
    return 0
