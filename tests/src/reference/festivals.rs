//! Days that have a name, and the lunar calendar. Both come from the compiler's table: a second table would only be a second
//! chance to mistype it.

use chrono::NaiveDate;
use rulec_plan::project::Project;

use super::clock::plan_day;

/// Whether a day is one of those that the project calls so, or, if it names none, the festival of this name.
pub(super) fn today_is(project: &Project, today: NaiveDate, festival: &str) -> bool {
    match project.holidays.get(festival) {
        Some(days) => days.contains(&plan_day(today)),
        // A festival of a year that the table does not have is on no day.
        None => rulec_compiler::calendar::festival(festival, chrono::Datelike::year(&today))
            .is_ok_and(|days| days.contains(&plan_day(today))),
    }
}

/// Whether the lunar month and day of `birthday` come round from `first` to `last`, both in.
pub(super) fn lunar_comes_round(birthday: NaiveDate, first: NaiveDate, last: NaiveDate) -> bool {
    rulec_compiler::calendar::lunar_anniversaries(plan_day(first), plan_day(last))
        .contains(&plan_day(birthday))
}
