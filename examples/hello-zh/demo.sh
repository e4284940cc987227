#!/usr/bin/env bash
# 导入两个小文件，看看这一条规则在 2026 年 11 月 21 日会发给谁；什么也不会真的发出去。
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# 第一次编译要几分钟；RULEC 可以指定已经编译好的程序。
manifest=(--locked --manifest-path ../../Cargo.toml --package rulec)
[[ -n ${RULEC:-} ]] || cargo build "${manifest[@]}"
rulec() {
  if [[ -n ${RULEC:-} ]]; then command "$RULEC" "$@"; else cargo run --quiet "${manifest[@]}" -- "$@"; fi
}

rulec --lang zh import --replace data/*.csv
rulec --lang zh run --dry-run --as-of 2026-11-21
