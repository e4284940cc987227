#!/usr/bin/env bash
# Builds rulec, brings the data in, and shows what the rules would send on the last day of 2017.
# Sends nothing, and may be run again and again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
rulec() {
  if [[ -n ${RULEC:-} ]]; then
    command "$RULEC" "$@"
  else
    cargo run --quiet --release --locked --manifest-path ../../Cargo.toml --package rulec -- "$@"
  fi
}

rulec import --replace data/*.csv.gz
rulec check
rulec run --dry-run --as-of 2017-12-31
