#!/bin/sh
# Makes the checkout ready to run, on a machine with nothing installed by hand. Quick when there is nothing to do.
#
#   deploy/bootstrap.sh            Python >= 3.11, .venv, the locked requirements, the package itself
#   deploy/bootstrap.sh engines    the same, and what the local engines need: a JDK >= 17 and Maven
#
# Missing Debian packages are installed when this runs as root; else it says which are needed, and ends with 2.
# PYTHON=... chooses an interpreter.
set -eu
cd "$(dirname "$0")/.."

say() { printf 'bootstrap: %s\n' "$*" >&2; }

# give_up WHAT PACKAGES...: says what is missing and how to get it
give_up() {
    what=$1; shift
    say "$what is missing. As root on Debian or Ubuntu: apt-get install $*"
    exit 2
}

# need WHAT PACKAGES...: installs Debian packages, or gives up
need() {
    what=$1; shift
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then give_up "$what" "$@"; fi
    say "$what is missing, installing $*"
    log=$(mktemp)
    if ! { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@"; } >"$log" 2>&1
    then
        cat "$log" >&2; rm -f "$log"
        say "could not install $*"
        exit 2
    fi
    rm -f "$log"
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
complete() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

if [ ! -w . ] || { [ -e .venv ] && [ ! -w .venv ]; }; then
    say "this user may not write into $(pwd): change its owner, or work in a copy"
    exit 2
fi

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if command -v "$candidate" >/dev/null && new_enough "$candidate" && complete "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
}

make_venv() {
    python=$(find_python)
    if [ -z "$python" ]; then
        need "Python 3.11 or newer with its venv module" python3 python3-venv
        python=$(find_python)
        if [ -z "$python" ]; then
            say "the Python of this system is older than 3.11: install a newer one and run again with PYTHON=/path/to/python3"
            exit 2
        fi
    fi
    say "making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
}

install_packages() {
    wanted=$(cat requirements/dev.txt pyproject.toml | cksum)
    if [ "$(cat .venv/installed 2>/dev/null)" = "$wanted" ]; then return; fi
    say "installing the locked requirements"
    .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
    .venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
    echo "$wanted" > .venv/installed
}

java_is_new_enough() {
    command -v javac >/dev/null && command -v java >/dev/null || return 1
    major=$(javac -version 2>&1 | sed 's/[^0-9]*\([0-9]*\).*/\1/')
    [ "${major:-0}" -ge 17 ]
}

prepare_engines() {
    if command -v docker >/dev/null && docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1; then
        docker=yes
    else
        docker=no
    fi
    if ! java_is_new_enough; then
        if [ $docker = yes ] && [ "$(id -u)" != 0 ]; then
            say "no JDK 17: only the docker engine can be used"
            return
        fi
        need "a JDK, 17 or newer," default-jdk-headless
    fi
    if ! command -v mvn >/dev/null; then need "Maven" maven; fi
}

if ! { [ -x .venv/bin/python ] && new_enough .venv/bin/python; }; then make_venv; fi
install_packages
case ${1:-} in
    engines) prepare_engines ;;
    '') ;;
    *) say "usage: deploy/bootstrap.sh [engines]"; exit 2 ;;
esac
