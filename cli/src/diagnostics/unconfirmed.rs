//! What nobody agreed to, so it was not done.

use super::*;

pub fn not_approved(asked: bool) -> Diagnostic {
    let message = if asked {
        Text::new("nothing was approved: the answer was not yes", "没有批准：没有得到肯定的回答")
    } else {
        Text::new("nothing was approved: there is no terminal to ask on", "没有批准：没有终端可以询问")
    };
    Diagnostic::new(codes::NOT_CONFIRMED, None, message)
        .help("add `--yes` to approve without being asked", "加上 `--yes` 就不再询问，直接批准")
}

pub fn not_confirmed(asked: bool) -> Diagnostic {
    let message = if asked {
        Text::new("nothing was sent: the answer was not yes", "什么也没有发送：没有得到肯定的回答")
    } else {
        Text::new("nothing was sent: there is no terminal to ask on", "什么也没有发送：没有终端可以询问")
    };
    Diagnostic::new(codes::NOT_CONFIRMED, None, message)
        .help("add `--yes` to send without being asked", "加上 `--yes` 就不再询问，直接发送")
}

/// A change of the outbox to which nobody agreed.
pub fn not_agreed(asked: bool) -> Diagnostic {
    let message = if asked {
        Text::new("nothing was changed: the answer was not yes", "什么也没有改动：没有得到肯定的回答")
    } else {
        Text::new("nothing was changed: there is no terminal to ask on", "什么也没有改动：没有终端可以询问")
    };
    Diagnostic::new(run::OUTBOX_NOT_AGREED, None, message)
        .help("add `--yes` to do it without being asked", "加上 `--yes` 就不再询问，直接执行")
}

/// Nobody agreed to forgetting a customer.
pub fn not_forgotten(asked: bool) -> Diagnostic {
    let message = if asked {
        Text::new("nobody was forgotten: the answer was not yes", "没有遗忘：没有得到肯定的回答")
    } else {
        Text::new("nobody was forgotten: there is no terminal to ask on", "没有遗忘：没有终端可以询问")
    };
    Diagnostic::new(codes::NOT_CONFIRMED, None, message)
        .help("add `--yes` to forget without being asked", "加上 `--yes` 就不再询问，直接遗忘")
}

/// Nobody agreed to deleting the plans that name a customer who is to be forgotten.
pub fn plans_not_deleted(asked: bool) -> Diagnostic {
    let message = if asked {
        Text::new(
            "nobody was forgotten and no file was changed: the answer was not yes",
            "没有遗忘，也没有改动任何文件：没有得到肯定的回答",
        )
    } else {
        Text::new(
            "nobody was forgotten and no file was changed: there is no terminal to ask on",
            "没有遗忘，也没有改动任何文件：没有终端可以询问",
        )
    };
    Diagnostic::new(codes::NOT_CONFIRMED, None, message).help(
        "add `--yes` to delete kept plans without being asked",
        "加上 `--yes` 就不再询问，直接删除保留的计划",
    )
}
