#!/bin/sh
# Runs a file of TypeScript of the bench: `run.sh FILE [argument…]`. npm's packages, what reads TypeScript among them, are
# installed first where they are missing or older than their lock file; of two who find that, one waits for the other.
set -eu
cd "$(dirname "$0")/.."

lock=package-lock.json installed=node_modules/.package-lock.json
is_current() {
  [ -e "$installed" ] && [ ! "$lock" -nt "$installed" ]
}

if ! is_current; then
  exec 9< "$lock"
  flock 9
  if ! is_current; then
    echo 'bench: npm ci…' >&2
    npm ci --no-audit --no-fund 9<&- >&2
  fi
  exec 9<&-
fi
exec node --import tsx "$@"
