//! Of the record: heads, filters, runs that are decided again.

use super::*;

pub fn nothing_of_customer(key: &str) -> Diagnostic {
    Diagnostic::new(
        codes::NO_SUCH_CUSTOMER,
        None,
        Text::new(format!("nothing is recorded of a customer `{key}`"), format!("没有客户 `{key}` 的记录")),
    )
    .help(
        "give the customer's key as `rulec audit show` prints it; of who was forgotten it is not known any more",
        "请写客户的主键，与 `rulec audit show` 显示的一样；已遗忘的客户无法再查",
    )
}

pub fn nothing_of_rule<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Diagnostic {
    let finding = Diagnostic::new(
        codes::NO_SUCH_RULE,
        None,
        Text::new(format!("nothing is recorded of a rule `{name}`"), format!("没有规则 `{name}` 的记录")),
    );
    match nearest(name, known) {
        Some(near) => finding.help(format!("did you mean `{near}`?"), format!("是不是 `{near}`？")),
        None => finding.help(
            "`rulec audit show --kind decision` shows the names of rules",
            "`rulec audit show --kind decision` 会列出规则的名字",
        ),
    }
}

/// `R0229`.
pub fn no_such_run(plan: &str) -> Diagnostic {
    Diagnostic::new(
        run::AUDIT_NO_SUCH_PLAN,
        None,
        Text::new(
            format!("no plan was applied whose id begins with `{plan}`"),
            format!("没有执行过编号以 `{plan}` 开头的计划"),
        ),
    )
    .help("find its id with `rulec audit show --kind run`", "用 `rulec audit show --kind run` 查找编号")
}

/// `R0228`.
pub fn bad_signer(written: &str) -> Diagnostic {
    Diagnostic::new(
        run::AUDIT_HEAD_SIGNER,
        None,
        Text::new(
            format!("`{written}` is no public key, and `[apply.approvers]` names nobody so"),
            format!("`{written}` 不是公钥，`[apply.approvers]` 里也没有这个名字"),
        ),
    )
    .help("a public key has 64 hex digits", "公钥是 64 位十六进制数字")
}

/// `R0226`.
pub fn no_record() -> Diagnostic {
    Diagnostic::new(
        run::AUDIT_HEAD_DIFFERS,
        None,
        Text::new("there is a head, but no record at all", "有链头，却根本没有记录"),
    )
    .help(
        "the state file is gone: look at `[state] url`, and at your backups",
        "状态文件不见了：请检查 `[state] url` 和备份",
    )
}

/// `R0227`.
pub fn no_heads(name: impl Display) -> Diagnostic {
    Diagnostic::new(
        run::AUDIT_HEAD_UNREADABLE,
        None,
        Text::new(
            format!("`{name}` holds no head, so it proves nothing"),
            format!("`{name}` 里没有链头，什么也证明不了"),
        ),
    )
    .help("give a file that `rulec audit head -o` wrote", "请给出 `rulec audit head -o` 写的文件")
}

/// `R0229`.
pub fn several_runs(plan: &str) -> Diagnostic {
    Diagnostic::new(
        run::AUDIT_NO_SUCH_PLAN,
        None,
        Text::new(
            format!("several plans were applied whose ids begin with `{plan}`"),
            format!("执行过好几份编号以 `{plan}` 开头的计划"),
        ),
    )
    .help(
        "give more digits: `rulec audit show --kind run` has them",
        "请多写几位：用 `rulec audit show --kind run` 查看编号",
    )
}

/// `R0230`.
pub fn other_rules(changed: &[String], new: &[String]) -> Diagnostic {
    let mut text = Text::new("the rules are not those of this run any more", "规则已经不是这次执行时的规则");
    for (rules, en, zh) in [(changed, "changed or gone", "改过或已删除的"), (new, "new", "新增的")]
    {
        let named =
            |between: &str| rules.iter().map(|rule| format!("`{rule}`")).collect::<Vec<_>>().join(between);
        if !rules.is_empty() {
            text.en += &format!("; {en}: {}", named(", "));
            text.zh += &format!("；{zh}：{}", named("、"));
        }
    }
    if changed.is_empty() && new.is_empty() {
        text.en += ", but each rule means what it did";
        text.zh += "，但每条规则的含义没有变";
    }
    Diagnostic::new(run::REPLAY_OTHER_RULES, None, text).help(
        "what differs may come from that: take the rules as they were then, and the same `--set`; only then it can be told whether the data are the same",
        "差异可能由此而来：请取出当时的规则，并使用相同的 `--set`；这样才能看出数据是否相同",
    )
}

/// `R0231`.
pub fn other_data() -> Diagnostic {
    Diagnostic::new(
        run::REPLAY_OTHER_DATA,
        None,
        Text::new(
            "the data are not those of this run any more, or the project file reads others",
            "数据已经不是这次执行时的数据，或者项目文件读取了别的数据",
        ),
    )
    .help(
        "what differs may come from that: replay on a copy of the database that was made then, with the project file of then",
        "差异可能由此而来：请用当时的数据库备份和当时的项目文件重放",
    )
}
