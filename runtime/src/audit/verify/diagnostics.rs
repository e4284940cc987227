//! Findings in words.

use super::finding::{Finding, Part, PersonPart, What};
use rulec_diagnostic::codes::run;
use rulec_diagnostic::{Diagnostic, Text};

impl Finding {
    /// The same for a person.
    pub fn diagnostic(&self) -> Diagnostic {
        let seq = self.seq;
        let (code, text) = match &self.what {
            What::Changed(part) => (run::AUDIT_RECORD_CHANGED, changed(seq, *part)),
            What::Unreadable(column) => (run::AUDIT_RECORD_CHANGED, unreadable(seq, column)),
            What::Removed(_) | What::CutOff(_) | What::Closed(_) | What::Unchecked => {
                (run::AUDIT_RECORDS_REMOVED, removed(seq, &self.what))
            }
            What::Moved(from) => (run::AUDIT_RECORDS_MOVED, moved(seq, *from)),
            What::Inserted(_) | What::Appended(_) => (run::AUDIT_RECORDS_ADDED, added(seq, &self.what)),
            What::Head | What::HeadGone(_) | What::Heads(..) | What::End => {
                (run::AUDIT_END_CHANGED, end(seq, &self.what))
            }
            What::Outside { .. } | What::OutsideSays(_) | What::OutsideBeyond { .. } => {
                (run::AUDIT_HEAD_DIFFERS, outside(seq, &self.what))
            }
            What::Status(..)
            | What::MessageKey(_)
            | What::MessageSeal(_)
            | What::MessageText(_)
            | What::MessageTextGone(_)
            | What::Messages(..)
            | What::MessagesGone(_) => (run::AUDIT_ROW_CHANGED, message(seq, &self.what)),
            What::OptOutGone(..) | What::OptOutAdded(..) | What::Pause(..) | What::Marks(..) => {
                (run::AUDIT_ROW_CHANGED, will(seq, &self.what))
            }
            other => (run::AUDIT_ROW_CHANGED, around(seq, other)),
        };
        let help = help(&self.what);
        Diagnostic::new(code, None, text).help(help.en, help.zh)
    }
}

fn help(what: &What) -> Text {
    match what {
        What::OutsideBeyond { .. } => Text::new(
            "most often an older backup was restored: look for the newer state before anything is sent, since what it sent would be sent again; else somebody cut the record off",
            "最常见的原因是恢复了较旧的备份：请在发送之前找回较新的状态文件，否则它已发出的会再发一遍；如果没有恢复过备份，就是有人截掉了记录",
        ),
        What::Outside { .. } => Text::new(
            "somebody wrote the record anew after this head was taken, or an older backup was restored and used since: compare with the state to which the head belongs",
            "这个链头留存之后，有人重写了记录；或者恢复了较旧的备份并继续使用：请与链头所属的状态文件对照",
        ),
        What::OutsideSays(_) => Text::new(
            "somebody edited the head where it was kept; what it says besides the hash is not to be believed",
            "有人在留存的地方改过这个链头；除哈希以外，它所说的都不可信",
        ),
        _ => of_the_chain(),
    }
}

fn of_the_chain() -> Text {
    Text::new(
        "the chain shows that it happened, not who did it: compare with a backup of the state, or with an export that was kept elsewhere",
        "哈希链只能说明被动过，不能说明是谁动的：请与状态文件的备份或留存在别处的导出对照",
    )
}

/// `R0220`.
fn changed(seq: i64, part: Part) -> Text {
    let part = match part {
        Part::Run => Text::new("the run to which it belongs", "所属的执行"),
        Part::Instant => Text::new("its time", "时间"),
        Part::Person => Text::new("the customer whom it is about", "所属的客户"),
        Part::Cause => Text::new("what happened: rule, verdict or reason", "发生的事：规则、结果或原因"),
        Part::Message => Text::new("the message that it is about", "对应的消息"),
        Part::Detail => Text::new("the facts that it rests on", "所依据的数值"),
        Part::Hash => Text::new("its hash; all else of it is as it was written", "它的哈希；其余内容没有变"),
        Part::Unknown => Text::new("one of its columns, or several", "其中一项或几项"),
    };
    Text::new(format!("record {seq} was changed: {}", part.en), format!("第 {seq} 条记录被改过：{}", part.zh))
}

/// `R0220`.
fn unreadable(seq: i64, column: &str) -> Text {
    Text::new(
        format!("record {seq} was changed: its `{column}` is nothing that rulec writes"),
        format!("第 {seq} 条记录被改过：`{column}` 不是 rulec 会写的内容"),
    )
}

/// One record, or several.
fn range(from: i64, to: i64) -> Text {
    if from >= to {
        return Text::new(format!("record {from}"), format!("第 {from} 条记录"));
    }
    Text::new(format!("records {from} to {to}"), format!("第 {from} 至 {to} 条记录"))
}

/// `is` or `are`.
fn are(from: i64, to: i64) -> &'static str {
    if from >= to { "is" } else { "are" }
}

/// `R0221`.
fn removed(seq: i64, what: &What) -> Text {
    match what {
        What::CutOff(to) => {
            let (range, are) = (range(seq, *to), are(seq, *to));
            Text::new(
                format!("{} {are} cut off from the end", range.en),
                format!("末尾的{}被截掉了", range.zh),
            )
        }
        What::Closed(by) => Text::new(
            format!(
                "{by} {} removed before record {seq}, and those after were numbered again",
                if *by == 1 { "record was" } else { "records were" }
            ),
            format!("第 {seq} 条记录之前有 {by} 条被删除，后面的被重新编号"),
        ),
        What::Unchecked => Text::new(
            format!("record {seq} cannot be checked: what stood before it is not known"),
            format!("第 {seq} 条记录无法核对：不知道它前面原来是什么"),
        ),
        What::Removed(to) => {
            let (range, are) = (range(seq, *to), are(seq, *to));
            Text::new(format!("{} {are} gone", range.en), format!("{}不见了", range.zh))
        }
        // Nothing else is said here.
        _ => Text::default(),
    }
}

/// `R0222`.
fn moved(seq: i64, from: i64) -> Text {
    Text::new(
        format!("record {seq} was written as record {from}: records were put in another order"),
        format!("第 {seq} 条记录原来是第 {from} 条：记录的顺序被改过"),
    )
}

/// `R0223`.
fn added(seq: i64, what: &What) -> Text {
    match what {
        What::Inserted(to) => {
            let range = range(seq, *to);
            Text::new(
                format!(
                    "{} did not stand here: put in between, and those after were numbered again",
                    range.en
                ),
                format!("{}原来没有：是后来插入的，后面的被重新编号", range.zh),
            )
        }
        What::Appended(to) => {
            let (range, are) = (range(seq, *to), are(seq, *to));
            Text::new(
                format!("{} {are} behind the end of the record: rulec did not write this", range.en),
                format!("{}在记录的末尾之后：不是 rulec 写的", range.zh),
            )
        }
        // Nothing else is said here.
        _ => Text::default(),
    }
}

/// `R0224`: what stands beside the chain.
fn around(seq: i64, what: &What) -> Text {
    let mut text = match what {
        What::PersonGone(id) => gone("customer", "客户", *id),
        What::CauseGone(id) => gone("cause", "原因", *id),
        What::MessageGone(id) => gone("message", "消息", *id),
        What::RunGone(id) => gone("run", "执行", *id),
        What::Person(id, PersonPart::Commitment) => Text::new(
            format!("customer no. {id} is not who she was: her key or what hides it was changed"),
            format!("{id} 号客户被换过：她的标识或承诺值被改了"),
        ),
        What::Person(id, PersonPart::Nameless) => Text::new(
            format!("customer no. {id} was made nameless, but nothing says that she was forgotten"),
            format!("{id} 号客户的标识被抹去，却没有“遗忘”的记录"),
        ),
        What::Cause(id) => Text::new(
            format!(
                "cause no. {id} was changed: rule, verdict, reason or actions of the records that name it"
            ),
            format!("{id} 号原因被改过：引用它的记录的规则、结果、原因或动作因此变了"),
        ),
        What::CauseAdded(id) => {
            Text::new(format!("no record names cause no. {id}"), format!("没有记录引用 {id} 号原因"))
        }
        What::MessageOwner(id) => Text::new(
            format!("message no. {id} belongs to another customer than the record says"),
            format!("{id} 号消息所属的客户与记录不符"),
        ),
        What::Run(id, columns) => {
            let columns = columns.iter().copied().collect::<Vec<_>>();
            Text::new(
                format!("run no. {id} was changed: {}", columns.join(", ")),
                format!("{id} 号执行被改过：{}", columns.join("、")),
            )
        }
        What::RunAdded(id) => Text::new(
            format!("no record says that run no. {id} began"),
            format!("没有 {id} 号执行开始的记录"),
        ),
        // A table without numbers of rows.
        What::Orphan(table, 0, parent) => Text::new(
            format!("a row of `{table}` refers to a row of `{parent}` that is gone"),
            format!("`{table}` 有一行引用的 `{parent}` 行不见了"),
        ),
        What::File(said) => Text::new(
            format!(
                "the state file is damaged (`{said}`): take the newest backup that `rulec audit verify` finds whole"
            ),
            format!("状态文件已损坏（`{said}`）：请改用最近一份 `rulec audit verify` 校验无误的备份"),
        ),
        What::Schema(name) => Text::new(
            format!(
                "`{name}` of the state file is not as rulec made it: a table, index, view or trigger was changed or added"
            ),
            format!("状态文件里的 `{name}` 不是 rulec 建立时的样子：表、索引、视图或触发器被改过或新加"),
        ),
        What::Orphan(table, row, parent) => Text::new(
            format!("row {row} of `{table}` refers to a row of `{parent}` that is gone"),
            format!("`{table}` 第 {row} 行引用的 `{parent}` 行不见了"),
        ),
        // All else has a function of its own.
        _ => Text::default(),
    };
    if seq > 0 {
        text.en += &format!(" (from record {seq} on)");
        text.zh += &format!("（从第 {seq} 条记录起）");
    }
    text
}

/// `R0224`: what is not as the records about messages say.
fn message(seq: i64, what: &What) -> Text {
    match what {
        What::Status(id, found, "waiting") => Text::new(
            format!("message no. {id} stands as `{found}`, but no record says how it came to that"),
            format!("{id} 号消息的状态是 `{found}`，却没有记录说明原因"),
        ),
        What::Status(id, found, told) => Text::new(
            format!("message no. {id} stands as `{found}`, but by record {seq} it is `{told}`"),
            format!("{id} 号消息的状态是 `{found}`，但按第 {seq} 条记录应是 `{told}`"),
        ),
        What::MessageKey(id) => Text::new(
            format!(
                "the key of message no. {id} is not that of its run, customer, rule and action: one of them was changed"
            ),
            format!("{id} 号消息的 key 与它的执行、客户、规则和动作不符：其中有被改过的"),
        ),
        What::MessageSeal(id) => Text::new(
            format!("the seal of message no. {id} was changed"),
            format!("{id} 号消息的封印值被改过"),
        ),
        What::MessageText(id) => Text::new(
            format!("what message no. {id} says, or to whom, is not what was decided: do not send it"),
            format!("{id} 号消息的内容或收件地址不是当初决定的：请勿发送"),
        ),
        What::MessageTextGone(id) => Text::new(
            format!("what message no. {id} says, and to whom, is gone"),
            format!("{id} 号消息的内容和收件地址不见了"),
        ),
        What::Messages(run, decided, found) if decided == found => Text::new(
            format!("the messages of run no. {run} in the outbox are not those that it put there"),
            format!("发件箱里 {run} 号执行的消息不是它当初放进去的那些"),
        ),
        What::Messages(run, decided, found) => Text::new(
            format!(
                "run no. {run} put {decided} messages and other actions into the outbox, and {found} are there"
            ),
            format!("{run} 号执行放进发件箱 {decided} 条消息及其他动作，现有 {found} 条"),
        ),
        What::MessagesGone(run) => Text::new(
            format!("no record says what run no. {run} put into the outbox"),
            format!("没有 {run} 号执行放进发件箱的记录"),
        ),
        // Nothing else is said here.
        _ => Text::default(),
    }
}

/// `R0224`: what customers and operators want is not as the record says.
fn will(seq: i64, what: &What) -> Text {
    match what {
        What::OptOutGone(person, channel) => Text::new(
            format!(
                "by record {seq} customer no. {person} opted out of {}, and it no longer holds",
                of(channel).en
            ),
            format!("按第 {seq} 条记录，{person} 号客户已退订{}，但退订已不在", of(channel).zh),
        ),
        What::OptOutAdded(person, channel) => Text::new(
            format!("no record says that customer no. {person} opted out of {}", of(channel).en),
            format!("没有 {person} 号客户退订{}的记录", of(channel).zh),
        ),
        What::Marks(forgotten, marks) => Text::new(
            format!(
                "{forgotten} marks of customers and messages that were forgotten should be kept, and there are {marks}"
            ),
            format!("应保存 {forgotten} 个被遗忘客户及消息的标记，实有 {marks} 个"),
        ),
        What::Pause(channel, true) => Text::new(
            format!("by record {seq} {} is paused, and the pause no longer holds", of(channel).en),
            format!("按第 {seq} 条记录，{}已暂停，但暂停已不在", of(channel).zh),
        ),
        What::Pause(channel, false) => Text::new(
            format!("no record says that {} is paused", of(channel).en),
            format!("没有{}暂停的记录", of(channel).zh),
        ),
        // Nothing else is said here.
        _ => Text::default(),
    }
}

/// A channel by name; an empty one stands for all.
fn of(channel: &str) -> Text {
    match channel {
        "" => Text::new("all channels", "全部渠道"),
        name => Text::new(format!("channel `{name}`"), format!("渠道 `{name}` ")),
    }
}

fn gone(noun: &str, noun_zh: &str, id: i64) -> Text {
    Text::new(format!("{noun} no. {id} is gone"), format!("{id} 号{noun_zh}不见了"))
}

/// `R0225`.
fn end(seq: i64, what: &What) -> Text {
    match what {
        What::Head => Text::new(
            format!("the head that is kept for record {seq} is not that of the chain"),
            format!("第 {seq} 条记录处保存的链头与哈希链不符"),
        ),
        What::HeadGone(run) => Text::new(
            format!("the head of run no. {run}, which began with record {seq}, is gone"),
            format!("{run} 号执行（从第 {seq} 条记录开始）的链头不见了"),
        ),
        What::Heads(expected, found) => Text::new(
            format!("{expected} heads should be kept, and there are {found}"),
            format!("应保存 {expected} 个链头，实有 {found} 个"),
        ),
        _ => Text::new(
            format!("what is kept about the end of the chain does not fit its last record, {seq}"),
            format!("保存的链尾信息与最后一条记录（第 {seq} 条）不符"),
        ),
    }
}

/// `R0226`.
fn outside(seq: i64, what: &What) -> Text {
    let (mut text, more) = match what {
        What::OutsideBeyond { name, more, end } => (
            Text::new(
                format!("the record ends at {end}, but heads reach {seq}: that in `{name}`"),
                format!("记录到第 {end} 条为止，链头却到了第 {seq} 条：`{name}`"),
            ),
            *more,
        ),
        What::Outside { name, more } => (
            Text::new(
                format!("record {seq} is not the one of which the head in `{name}` was taken"),
                format!("第 {seq} 条记录已不是 `{name}` 里的链头所对应的那条"),
            ),
            *more,
        ),
        What::OutsideSays(name) => (
            Text::new(
                format!("the head in `{name}` has the hash of record {seq}, but another time or plan"),
                format!("`{name}` 里的链头与第 {seq} 条记录的哈希相同，时间或计划却不同"),
            ),
            0,
        ),
        // Nothing else is said here.
        _ => (Text::default(), 0),
    };
    if more > 0 {
        let heads = if more == 1 { "head" } else { "heads" };
        text.en += &format!(", and {more} more {heads}");
        text.zh += &format!("，另有 {more} 个");
    }
    text
}
