# Sourced by the scripts beside it: where things are, and how a stage is run and told.
set -eu
ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$ROOT"
VENV="$ROOT/.venv"
export PATH="$VENV/bin:$PATH"
# A virtual environment of the caller must not be mistaken for the project's.
unset VIRTUAL_ENV PYTHONHOME PYTHONPATH || true
# Where it is set each hub that a test starts, and each of pytest's processes, would compile everything anew.
unset PYTHONDONTWRITEBYTECODE || true

die() {
  printf '%s\n' "$*" >&2
  exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# apt PACKAGE...: install Debian packages, or name them and stop where that is not possible.
apt() {
  if ! is_root || ! command -v apt-get >/dev/null; then
    die "Missing, please install: $*   (Debian: sudo apt-get install --no-install-recommends $*)"
  fi
  echo "Installing with apt: $*"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q -o Acquire::Retries=3 update >/dev/null
  apt-get -q -y -o Acquire::Retries=3 --no-install-recommends install "$@" >/dev/null
}

# stage NAME COMMAND...: one line when it went well, all it said when not; its name then goes into $LOGS/failed.
stage() {
  name=$1
  shift
  begin=$(date +%s)
  if "$@" >"$LOGS/$name.log" 2>&1; then
    printf 'ok    %-14s %3d s\n' "$name" "$(($(date +%s) - begin))"
  else
    printf 'FAIL  %-14s %3d s\n' "$name" "$(($(date +%s) - begin))"
    sed 's/^/      /' "$LOGS/$name.log"
    printf '%s\n' "$name" >>"$LOGS/failed"
  fi
}

# Give $LOGS a directory that goes away with the script.
stages() {
  LOGS=$(mktemp -d)
  trap 'rm -rf "$LOGS"' EXIT
}

# The exit code of all stages so far.
all_well() {
  [ ! -s "$LOGS/failed" ] || die "failed: $(tr '\n' ' ' <"$LOGS/failed")"
}
