#!/usr/bin/env bash
# Brings two small files in and shows what the one rule would send on 21 November 2026. Sends nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# The first build takes a few minutes; RULEC names a program that is built already.
manifest=(--locked --manifest-path ../../Cargo.toml --package rulec)
[[ -n ${RULEC:-} ]] || cargo build "${manifest[@]}"
rulec() {
  if [[ -n ${RULEC:-} ]]; then command "$RULEC" "$@"; else cargo run --quiet "${manifest[@]}" -- "$@"; fi
}

rulec import --replace data/*.csv
rulec run --dry-run --as-of 2026-11-21
