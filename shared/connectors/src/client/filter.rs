//! Conditions in a system's own dialect.

use std::{borrow::Cow, fmt::Write as _};

use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    fault::{Fault, FaultKind},
    manifest::{
        Encode, Escape, Filter, Template, TimeFormat,
        template::{in_json, is_token},
    },
};

/// What a read asks for.
#[derive(Debug, Default, Clone)]
pub(crate) struct Conditions<'a> {
    /// Changed at or after this time.
    pub since: Option<Timestamp>,
    /// With a key greater than this one.
    pub after: Option<&'a str>,
    /// With this key: its parts by source path.
    pub key: Option<Vec<(&'a str, &'a str)>>,
    /// Unified filters with their values.
    pub fields: &'a [(String, String)],
}

/// The conditions joined, escaped and encoded: what fills `{where}`; empty without any.
///
/// # Errors
/// `Unsupported` naming the filter that the system cannot do, `Rejected` for a value that no record can have.
pub(crate) fn joined<'v>(
    filter: &Filter,
    conditions: &Conditions<'_>,
    setting: impl Fn(&str) -> Option<Cow<'v, str>>,
) -> Result<String, Fault> {
    let mut said: Vec<String> = Vec::new();
    let fill = |template: &Template, own: &[(&str, &str)], about: &str| {
        let value_of = |hole: &str| match own.iter().find(|(name, _)| *name == hole) {
            Some((_, value)) => Some(Cow::Owned(escaped(value, filter.escape))),
            None => setting(hole).map(|value| Cow::Owned(escaped(&value, filter.escape))),
        };
        let loose = own
            .iter()
            .find(|(name, value)| template.is_bare(name) && !is_token(value));
        match (loose, template.fill(value_of)) {
            (None, Some(condition)) => Ok(condition),
            _ => Err(Fault::new(
                FaultKind::Rejected,
                format!("No record has this value as `{about}`."),
            )
            .about(about)),
        }
    };

    for condition in &filter.always {
        said.push(fill(condition, &[], "always")?);
    }
    if let Some(since) = conditions.since {
        let template = filter
            .since
            .as_ref()
            .ok_or_else(|| unsupported("modified_after"))?;
        // Spelt by us, so it needs no escaping, and Tryton's is JSON of its own.
        let spelt = spelt(since, filter.since_format);
        let value_of = |hole: &str| {
            if hole == "since" {
                Some(Cow::Borrowed(spelt.as_str()))
            } else {
                setting(hole)
            }
        };
        said.extend(template.fill(value_of));
    }
    for (name, value) in conditions.fields {
        let template = filter.fields.get(name).ok_or_else(|| unsupported(name))?;
        said.push(fill(template, &[("value", value)], name)?);
    }
    if let Some(parts) = &conditions.key {
        let template = filter.by_id.as_ref().ok_or_else(|| unsupported("id"))?;
        said.push(fill(template, parts, "id")?);
    }
    if let (Some(after), Some(template)) = (conditions.after, &filter.after) {
        said.push(fill(template, &[("after", after)], "cursor")?);
    }

    if said.is_empty() {
        return Ok(String::new());
    }
    let whole = format!("{}{}{}", filter.prefix, said.join(&filter.join), filter.suffix);
    Ok(match filter.encode {
        Encode::Plain => whole,
        Encode::Base64url => URL_SAFE.encode(whole),
    })
}

fn unsupported(what: &str) -> Fault {
    Fault::new(
        FaultKind::Unsupported,
        format!("This system cannot filter by `{what}`."),
    )
    .about(what)
}

/// A text made safe inside the quotes that a template writes.
pub(crate) fn escaped(text: &str, escape: Escape) -> String {
    match escape {
        Escape::QuoteDoubled => text.replace('\'', "''"),
        Escape::Json => in_json(text),
    }
}

/// Keys as a list of texts, quoted in the dialect's way.
pub(crate) fn key_list(keys: &[&str], escape: Escape) -> String {
    let quote = match escape {
        Escape::QuoteDoubled => '\'',
        Escape::Json => '"',
    };
    let mut list = String::new();
    for (number, key) in keys.iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(list, "{comma}{quote}{}{quote}", escaped(key, escape));
    }
    list
}

/// A time as the system spells it, rounded down to what the spelling can say.
pub(crate) fn spelt(time: Timestamp, format: TimeFormat) -> String {
    let utc = TimeZone::UTC.to_datetime(time);
    // Civil fields are counted from the start of their second and day, so leaving finer ones out rounds down.
    match format {
        TimeFormat::IsoSeconds => utc.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        TimeFormat::IsoMillis => utc.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        TimeFormat::NaiveSeconds => utc.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        TimeFormat::SqlSeconds => utc.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        TimeFormat::Date => utc.strftime("%Y-%m-%d").to_string(),
        TimeFormat::TrytonDatetime => format!(
            r#"{{"__class__":"datetime","year":{},"month":{},"day":{},"hour":{},"minute":{},"second":{},"microsecond":{}}}"#,
            utc.year(),
            utc.month(),
            utc.day(),
            utc.hour(),
            utc.minute(),
            utc.second(),
            utc.subsec_nanosecond() / 1_000,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(toml: &str) -> Filter {
        toml::from_str(toml).expect("parses")
    }

    fn company(hole: &str) -> Option<Cow<'static, str>> {
        (hole == "company").then_some(Cow::Borrowed("O'Neil"))
    }

    const ODATA: &str = r#"
        join = " and "
        always = ["CompanyCode eq '{company}'"]
        since = "LastChange gt datetimeoffset'{since}'"
        after = "Order gt '{after}'"
        by_id = "Order eq '{Order}' and Year eq {Year}"
        fields = { vendor = "Supplier eq '{value}'", level = "Level eq {value}" }
    "#;

    #[test]
    fn joins_and_escapes() {
        let fields = [
            ("vendor".to_owned(), "D'Or".to_owned()),
            ("level".to_owned(), "3".to_owned()),
        ];
        let since = "2024-02-10T00:00:00.999Z".parse().expect("a time");
        let asked = Conditions {
            since: Some(since),
            after: Some("4'5"),
            key: None,
            fields: &fields,
        };
        assert_eq!(
            joined(&filter(ODATA), &asked, company).as_deref(),
            Ok(
                "CompanyCode eq 'O''Neil' and LastChange gt datetimeoffset'2024-02-10T00:00:00Z' and Supplier eq 'D''Or' \
                and Level eq 3 and Order gt '4''5'"
            )
        );
        let key = Conditions {
            key: Some(vec![("Order", "45"), ("Year", "2024")]),
            ..Conditions::default()
        };
        assert_eq!(
            joined(&filter(ODATA), &key, company).as_deref(),
            Ok("CompanyCode eq 'O''Neil' and Order eq '45' and Year eq 2024")
        );
        assert_eq!(
            joined(&filter(""), &Conditions::default(), company).as_deref(),
            Ok("")
        );
    }

    #[test]
    fn encodes_the_whole_for_systems_that_want_it() {
        let tryton = filter(
            r#"
            prefix = "["
            suffix = "]"
            join = ","
            encode = "base64url"
            escape = "json"
            since_format = "tryton_datetime"
            since = '["write_date",">=",{since}]'
            fields = { number = '["number","=","{value}"]' }
            "#,
        );
        let fields = [("number".to_owned(), "a\"b".to_owned())];
        let since = "2024-02-10T08:01:02.000003999Z".parse().expect("a time");
        let asked = Conditions {
            since: Some(since),
            fields: &fields,
            ..Conditions::default()
        };
        let text = joined(&tryton, &asked, company).expect("fits");
        let decoded = String::from_utf8(URL_SAFE.decode(text).expect("base64")).expect("UTF-8");
        assert_eq!(
            decoded,
            r#"[["write_date",">=",{"__class__":"datetime","year":2024,"month":2,"day":10,"hour":8,"minute":1,"second":2,"microsecond":3}],["number","=","a\"b"]]"#
        );
        assert!(serde_json::from_str::<serde_json::Value>(&decoded).is_ok());
    }

    #[test]
    fn a_value_without_quotes_stays_a_value() {
        for value in ["3 or 1 eq 1", "", "3)", "'3'"] {
            let fields = [("level".to_owned(), value.to_owned())];
            let asked = Conditions {
                fields: &fields,
                ..Conditions::default()
            };
            let fault = joined(&filter(ODATA), &asked, company).expect_err(value);
            assert_eq!(
                (fault.kind, fault.about.as_deref()),
                (FaultKind::Rejected, Some("level"))
            );
        }
    }

    #[test]
    fn names_what_the_system_cannot_do() {
        let fields = [("colour".to_owned(), "red".to_owned())];
        let since = Some(Timestamp::UNIX_EPOCH);
        for (asked, about) in [
            (
                Conditions {
                    since,
                    ..Conditions::default()
                },
                "modified_after",
            ),
            (
                Conditions {
                    fields: &fields,
                    ..Conditions::default()
                },
                "colour",
            ),
            (
                Conditions {
                    key: Some(vec![("id", "1")]),
                    ..Conditions::default()
                },
                "id",
            ),
        ] {
            let fault = joined(&filter(""), &asked, company).expect_err(about);
            assert_eq!(
                (fault.kind, fault.about.as_deref()),
                (FaultKind::Unsupported, Some(about))
            );
        }
    }

    #[test]
    fn a_time_is_never_rounded_up() {
        let late: Timestamp = "2024-12-31T23:59:59.999999999Z".parse().expect("a time");
        let before_1970: Timestamp = "1969-12-31T23:59:58.5Z".parse().expect("a time");
        for (time, format, text) in [
            (late, TimeFormat::IsoSeconds, "2024-12-31T23:59:59Z"),
            (late, TimeFormat::IsoMillis, "2024-12-31T23:59:59.999Z"),
            (late, TimeFormat::NaiveSeconds, "2024-12-31T23:59:59"),
            (late, TimeFormat::SqlSeconds, "2024-12-31 23:59:59"),
            (late, TimeFormat::Date, "2024-12-31"),
            (before_1970, TimeFormat::IsoSeconds, "1969-12-31T23:59:58Z"),
        ] {
            assert_eq!(spelt(time, format), text);
        }
    }

    #[test]
    fn lists_keys() {
        assert_eq!(key_list(&["1", "a'b"], Escape::QuoteDoubled), "'1','a''b'");
        assert_eq!(key_list(&["1", "a\"b"], Escape::Json), r#""1","a\"b""#);
    }
}
