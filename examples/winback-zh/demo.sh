#!/usr/bin/env bash
# 导入数据，检查规则，看看 2025 年 9 月 1 日早上会发给谁；什么也不会真的发出去，可以反复运行。
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# 第一次编译要几分钟；RULEC 可以指定已经编译好的程序。
manifest=(--locked --manifest-path ../../Cargo.toml --package rulec)
[[ -n ${RULEC:-} ]] || cargo build "${manifest[@]}"
rulec() {
  if [[ -n ${RULEC:-} ]]; then command "$RULEC" --lang zh "$@"; else cargo run --quiet "${manifest[@]}" -- --lang zh "$@"; fi
}

rulec import --replace data/*.csv
rulec check
rulec run --dry-run --as-of 2025-09-01T08:30:00+08:00
