# Sourced by the tools: where things are, and how they say what they are doing.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
logs=$root/target/logs
export CARGO_TARGET_DIR=$root/target
mkdir -p "$logs"

# The one version number of all packages.
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)

say() { printf '==> %s\n' "$*"; }

die() {
    printf 'trimaran: %s\n' "$*" >&2
    exit 1
}

# have COMMAND: whether it is there.
have() { command -v "$1" >/dev/null 2>&1; }

# need COMMAND PACKAGE...: installs the Debian packages where the command is missing and that can be done.
need() {
    local command=$1
    shift
    have "$command" && return
    if ! have apt-get || [ "$(id -u)" != 0 ]; then
        die "$command is missing: install it (on Debian: apt-get install $*) and run this again"
    fi
    say "installing $* for $command"
    quietly "apt-$command" apt_install "$@"
}

apt_install() {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# quietly NAME COMMAND...: runs it with its output in a log, and shows the end of that log where it fails.
quietly() {
    local name=$1 log=$logs/$1.log
    shift
    if ! "$@" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        die "$name failed; the whole output is in ${log#"$root"/}"
    fi
}
