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

# need COMMAND PACKAGE...: installs the Debian packages if the command is missing and apt-get works here.
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

# quietly NAME COMMAND...: runs the command with its output in a log, and shows the end of the log if it fails.
quietly() {
    local name=$1 log=$logs/$1.log
    shift
    if ! "$@" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        die "$name failed; the whole output is in ${log#"$root"/}"
    fi
}

# building WHAT NAME COMMAND...: runs a build by cargo as `quietly` does, and says every half minute how far it is.
building() {
    local what=$1 name=$2 log=$logs/$2.log ticker status=0
    shift 2
    : >"$log"
    progress "$what" "$log" &
    ticker=$!
    trap 'kill "$ticker" 2>/dev/null' EXIT
    CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=160 "$@" >"$log" 2>&1 || status=$?
    kill "$ticker" 2>/dev/null
    trap - EXIT
    if [ "$status" != 0 ]; then
        tr '\r' '\n' <"$log" | sed '/^ *Building \[/d' | tail -n 40 >&2
        die "$name failed; the whole output is in ${log#"$root"/}"
    fi
}

# progress WHAT LOG: a line every half minute, of what cargo writes there: `Building [==>  ] 85/430: wasmtime, wast`.
progress() {
    local start=$SECONDS at crates sleeper
    trap 'kill "$sleeper" 2>/dev/null; exit' TERM
    while :; do
        sleep 30 &
        sleeper=$!
        wait "$sleeper"
        at=$(tail -c 4000 "$2" | tr '\r' '\n' | sed -n 's/^ *Building \[[^]]*\] *//p' | tail -n 1)
        # Without the spaces that fill the line.
        at=${at%"${at##*[![:space:]]}"}
        crates=${at#*: }
        [ "$crates" != "$at" ] || crates=
        say "$1: ${at:+${at%%:*} parts, }$((SECONDS - start)) s${crates:+; now $crates}"
    done
}
