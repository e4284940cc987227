//! `Retry-After`, in seconds or as a date.

use chrono::DateTime;
use rulec_plan::time::Instant;
use std::time::Duration;

/// Nobody is waited for longer: a wish that goes further is a mistake, or ill will.
const MOST: Duration = Duration::from_secs(24 * 3600);

/// How long to wait. A date is taken relative to the answer's own `Date`, so that clocks need not agree, else to `now`. None
/// for what is neither, and for what is past.
pub(super) fn read(after: &str, date: Option<&str>, now: Instant) -> Option<Duration> {
    let after = after.trim();
    let seconds = if !after.is_empty() && after.bytes().all(|digit| digit.is_ascii_digit()) {
        // More digits than a number holds are more than a day.
        after.parse().unwrap_or(u64::MAX)
    } else {
        let then = unix(after)?;
        let now = date.and_then(unix).unwrap_or(now.0.div_euclid(1_000_000));
        u64::try_from(then.saturating_sub(now)).ok()?
    };
    (seconds > 0).then(|| Duration::from_secs(seconds).min(MOST))
}

fn unix(date: &str) -> Option<i64> {
    DateTime::parse_from_rfc2822(date.trim()).ok().map(|date| date.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_read_in_seconds_or_as_a_date() {
        // 2026-11-21T12:00:00Z
        let now = Instant(1_795_262_400_000_000);
        let read = |after, date| read(after, date, now).map(|wait| wait.as_secs());
        assert_eq!(read("120", None), Some(120));
        assert_eq!(read(" 7 ", None), Some(7));
        assert_eq!(read("99999999999999999999999", None), Some(24 * 3600));
        assert_eq!(read("Sat, 21 Nov 2026 12:01:30 GMT", None), Some(90));
        let behind = Some("Sat, 21 Nov 2026 11:01:30 GMT");
        assert_eq!(read("Sat, 21 Nov 2026 11:01:40 GMT", behind), Some(10));
        for nothing in ["", "0", "-1", "soon", "1.5", "Sat, 21 Nov 2026 11:00:00 GMT", "Fri, 99 Nov 2026"] {
            assert_eq!(read(nothing, None), None, "{nothing}");
        }
    }
}
