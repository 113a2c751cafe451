//! JSON objects inside a body: serde would take a list for one, whose elements come in the order of our code.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer},
};

/// A value that was written as an object.
struct Object<T>(T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OnlyMap<T>(PhantomData<T>);
        impl<'de, T: DeserializeOwned> Visitor<'de> for OnlyMap<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_map(OnlyMap(PhantomData)).map(Object)
    }
}

/// For a field that is an object.
pub fn one<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<T, D::Error> {
    Object::deserialize(deserializer).map(|Object(value)| value)
}

/// For a field that is an object, or absent.
pub fn maybe<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let object = Option::<Object<T>>::deserialize(deserializer)?;
    Ok(object.map(|Object(value)| value))
}

/// For a field that is a list of objects.
pub fn each<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let objects = Vec::<Object<T>>::deserialize(deserializer)?;
    Ok(objects.into_iter().map(|Object(value)| value).collect())
}

#[cfg(test)]
mod tests {
    use manifold_domain::error::Problem;

    use super::*;
    use crate::gate::body::parse;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Inner {
        id: String,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Outer {
        #[serde(deserialize_with = "one")]
        one: Inner,
        #[serde(default, deserialize_with = "maybe")]
        maybe: Option<Inner>,
        #[serde(default, deserialize_with = "each")]
        each: Vec<Inner>,
    }

    #[test]
    fn a_list_is_no_object() {
        let check = |text: &str, expected: &str| {
            let found = match parse::<Outer>(text.as_bytes()) {
                Ok(_) => "fine".to_owned(),
                Err(Problem::InvalidFields(fields)) => format!("{} {}", fields[0].pointer, fields[0].detail),
                Err(other) => other.to_string(),
            };
            assert_eq!(found, expected, "{text}");
        };
        let refused = "Not what belongs here: expected an object.";
        check(r#"{"one":{"id":"a"}}"#, "fine");
        check(r#"{"one":{"id":"a"},"maybe":null,"each":[{"id":"b"}]}"#, "fine");
        check(r#"{"one":["a"]}"#, &format!("/one {refused}"));
        check(
            r#"{"one":{"id":"a"},"maybe":["b"]}"#,
            &format!("/maybe {refused}"),
        );
        check(
            r#"{"one":{"id":"a"},"each":[["b"]]}"#,
            &format!("/each/0 {refused}"),
        );
        check(r#"{"one":"a"}"#, &format!("/one {refused}"));
        check(r#"{"one":{}}"#, "/one/id It is missing.");
        check(r#"{}"#, "/one It is missing.");
        check(
            r#"{"one":{"id":3}}"#,
            "/one/id Not what belongs here: expected a string.",
        );
    }
}
