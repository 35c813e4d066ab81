#!/bin/sh
# Makes .venv from the hashed lock, once for each state of the lock: `bootstrap.sh demo` to run, `bootstrap.sh dev` to test.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "error: $1" >&2
    exit 1
}

# The system's own Python first: distributions build it with optimisation over the whole program, which makes the
# engine's Python code a fifth faster than a usual build by hand.
pythons=${PYTHON3:-/usr/bin/python3 python3 python3.13 python3.12 python3.11 python}

find_python() {
    chosen=
    for name in $pythons; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            chosen=${chosen:-$name}
            if "$name" -c 'import ensurepip, venv' 2>/dev/null; then
                echo "$name"
                return
            fi
        fi
    done
    [ "$chosen" ] ||
        fail "Python 3.11 or later is needed, and none is in PATH (Debian 12: apt-get install python3 python3-venv)"
    version=$("$chosen" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    fail "Python $version comes without venv here: apt-get install python$version-venv, then run make again"
}

make_venv() {
    python=$(find_python)
    echo "making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
}

hash_of() {
    cksum "$1" | tr -s ' \t' '--'
}

case ${1:-demo} in
demo) locks="requirements.txt" ;;
dev) locks="requirements-dev.txt requirements.txt" ;;
*) fail "usage: bootstrap.sh demo|dev" ;;
esac
lock=${locks%% *}
stamp=.venv/.installed-$lock

# A virtual environment dies with the Python that made it, or half-made with a kill.
.venv/bin/python -m pip --version >/dev/null 2>&1 || make_venv

if [ "$(cat "$stamp" 2>/dev/null)" != "$(hash_of "$lock")" ]; then
    echo "installing $(grep -c '==' "$lock") packages from $lock"
    # The cache lies in the clone: nothing is written elsewhere.
    PIP_CACHE_DIR=${PIP_CACHE_DIR:-var/cache/pip} .venv/bin/python -m pip install \
        --quiet --disable-pip-version-check --no-input --require-hashes -r "$lock" ||
        fail "the packages of $lock could not be installed (see above)"
    # The development lock holds everything of the other one.
    for done in $locks; do
        hash_of "$done" >".venv/.installed-$done"
    done
fi
