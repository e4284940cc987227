#!/usr/bin/env bash
# Brings two small files in and shows what the one rule would send on 21 November 2026. Sends nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
rulec() {
  if [[ -n ${RULEC:-} ]]; then
    command "$RULEC" "$@"
  else
    cargo run --quiet --release --locked --manifest-path ../../Cargo.toml --package rulec -- "$@"
  fi
}

rulec import --replace data/*.csv
rulec run --dry-run --as-of 2026-11-21
