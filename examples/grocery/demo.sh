#!/usr/bin/env bash
# Builds rulec, brings the data in, and shows what the rules would send on the last day of 2017.
# Sends nothing, and may be run again and again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# The first build takes a few minutes; RULEC names a program that is built already.
manifest=(--locked --manifest-path ../../Cargo.toml --package rulec)
[[ -n ${RULEC:-} ]] || cargo build "${manifest[@]}"
rulec() {
  if [[ -n ${RULEC:-} ]]; then command "$RULEC" "$@"; else cargo run --quiet "${manifest[@]}" -- "$@"; fi
}

rulec import --replace data/*.csv.gz
rulec check
rulec run --dry-run --as-of 2017-12-31
