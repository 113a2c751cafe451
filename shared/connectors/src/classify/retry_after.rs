//! How long a system asks to wait.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};

use crate::transport::Response;

/// The longest wait that is believed: that of our own backoff.
const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);

/// `Retry-After` in seconds or as an HTTP date; what is neither counts as not said.
#[must_use]
pub fn read(response: &Response, now: Timestamp) -> Option<Duration> {
    let said = response.header("retry-after")?.trim();
    if !said.is_empty() && said.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that does not fit is absurdly long, and the cap is for those.
        return Some(said.parse().map_or(LONGEST, Duration::from_secs).min(LONGEST));
    }
    // A wrong weekday changes nothing about the date.
    let until = DateTimeParser::new()
        .relaxed_weekday(true)
        .parse_timestamp(said)
        .ok()?;
    // A date in the past means: now.
    let wait = Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO);
    Some(wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;

    fn check(said: &str, expected: Option<u64>) {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", said.parse().expect("a value"));
        let response = Response {
            status: 429,
            headers,
            body: Bytes::new(),
        };
        let now = "2024-02-10T08:00:00Z".parse().expect("a time");
        assert_eq!(read(&response, now), expected.map(Duration::from_secs), "{said}");
    }

    #[test]
    fn t20_reads_every_form() {
        check("0", Some(0));
        check(" 120 ", Some(120));
        check("21600", Some(21_600));
        check("21601", Some(21_600));
        check("99999999999999999999999999", Some(21_600));
        check("Sat, 10 Feb 2024 08:01:30 GMT", Some(90));
        check("Sat, 10 Feb 2024 07:00:00 GMT", Some(0));
        check("Fri, 31 Dec 9998 23:59:59 GMT", Some(21_600));
        check("-5", None);
        check("1.5", None);
        check("soon", None);
        check("", None);
    }
}
