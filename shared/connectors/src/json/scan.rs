//! A cursor over JSON text.
//!
//! Structure is checked everywhere (brackets pair, strings end, depth is bounded); the inside of a
//! skipped scalar is not, since whoever uses a scalar checks it then.

use std::borrow::Cow;

use super::words::quote_or_backslash;

/// Nesting that any system's page stays under.
const MOST_DEPTH: usize = 64;

/// Why a text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at byte {at}")]
pub struct JsonError {
    /// What is wrong.
    pub problem: &'static str,
    /// Where.
    pub at: usize,
}

/// A cursor that moves from value to value.
#[derive(Debug, Clone)]
pub struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    /// At the start of a text.
    #[must_use]
    pub fn new(text: &'a [u8]) -> Self {
        // Some Windows servers put a byte order mark before their JSON.
        let at = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Self { text, at }
    }

    #[cold]
    fn error<T>(&self, problem: &'static str) -> Result<T, JsonError> {
        Err(JsonError { problem, at: self.at })
    }

    #[inline]
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    /// The first byte of the next value.
    ///
    /// # Errors
    /// The text has ended.
    #[inline]
    pub fn peek(&mut self) -> Result<u8, JsonError> {
        self.space();
        match self.text.get(self.at) {
            Some(byte) => Ok(*byte),
            None => self.error("the text ends early"),
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8, problem: &'static str) -> Result<(), JsonError> {
        if self.peek()? == byte {
            self.at += 1;
            Ok(())
        } else {
            self.error(problem)
        }
    }

    /// Enters an object.
    ///
    /// # Errors
    /// The next value is something else.
    pub fn open_object(&mut self) -> Result<(), JsonError> {
        self.expect(b'{', "there is no object")
    }

    /// Enters an array.
    ///
    /// # Errors
    /// The next value is something else.
    pub fn open_array(&mut self) -> Result<(), JsonError> {
        self.expect(b'[', "there is no array")
    }

    /// The next key of the object that the cursor is in, or `None` at its end. `first` starts true.
    ///
    /// # Errors
    /// The text is broken.
    #[inline]
    pub fn next_key(&mut self, first: &mut bool) -> Result<Option<Cow<'a, [u8]>>, JsonError> {
        let mut byte = self.peek()?;
        if byte == b'}' {
            self.at += 1;
            return Ok(None);
        }
        if !std::mem::take(first) {
            self.expect(b',', "a comma is missing between two fields")?;
            byte = self.peek()?;
        }
        if byte != b'"' {
            return self.error("a field has no name");
        }
        let (raw, escaped) = self.string()?;
        self.expect(b':', "a field has no value")?;
        if !escaped {
            return Ok(Some(Cow::Borrowed(&raw[1..raw.len() - 1])));
        }
        match serde_json::from_slice::<String>(raw) {
            Ok(key) => Ok(Some(Cow::Owned(key.into_bytes()))),
            Err(_) => self.error("a field's name is not a text"),
        }
    }

    /// Whether the array that the cursor is in has another element. `first` starts true.
    ///
    /// # Errors
    /// The text is broken.
    #[inline]
    pub fn next_element(&mut self, first: &mut bool) -> Result<bool, JsonError> {
        if self.peek()? == b']' {
            self.at += 1;
            return Ok(false);
        }
        if !std::mem::take(first) {
            self.expect(b',', "a comma is missing between two elements")?;
        }
        Ok(true)
    }

    /// Passes a string and gives it with its quotes, and whether there are escapes in it.
    #[inline]
    fn string(&mut self) -> Result<(&'a [u8], bool), JsonError> {
        let start = self.at;
        let mut at = start + 1;
        let mut escaped = false;
        loop {
            let rest = self.text.get(at..).unwrap_or_default();
            match quote_or_backslash(rest) {
                None => return self.error("a text does not end"),
                Some(offset) if rest[offset] == b'"' => {
                    self.at = at + offset + 1;
                    return Ok((&self.text[start..self.at], escaped));
                }
                Some(offset) => {
                    escaped = true;
                    at += offset + 2;
                }
            }
        }
    }

    /// Passes the next value, whatever it is, and gives its text.
    ///
    /// # Errors
    /// The text is broken, or nests too deeply.
    pub fn value(&mut self) -> Result<&'a [u8], JsonError> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'"' => self.string().map(|(text, _)| text),
            b'{' | b'[' => {
                self.container()?;
                Ok(&self.text[start..self.at])
            }
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                let rest = &self.text[start..];
                let length = rest
                    .iter()
                    .position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\t' | b'\r'))
                    .unwrap_or(rest.len());
                self.at += length;
                Ok(&rest[..length])
            }
            _ => self.error("there is no value"),
        }
    }

    /// Passes an object or array by its brackets alone.
    fn container(&mut self) -> Result<(), JsonError> {
        let mut open = [0u8; MOST_DEPTH];
        let mut depth = 0;
        loop {
            let Some(byte) = self.text.get(self.at) else {
                return self.error("the text ends early");
            };
            match byte {
                b'"' => {
                    self.string()?;
                    continue;
                }
                bracket @ (b'{' | b'[') => {
                    if depth == MOST_DEPTH {
                        return self.error("the text nests more than 64 levels deep");
                    }
                    open[depth] = *bracket;
                    depth += 1;
                }
                bracket @ (b'}' | b']') => {
                    depth -= 1;
                    // '{' and '}', '[' and ']' are two apart in ASCII.
                    if open[depth] + 2 != *bracket {
                        return self.error("a bracket closes another one");
                    }
                    if depth == 0 {
                        self.at += 1;
                        return Ok(());
                    }
                }
                // What stands between brackets and texts is short, and looked at by whoever uses it.
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Nothing but white space may follow.
    ///
    /// # Errors
    /// Something does.
    pub fn finish(&mut self) -> Result<(), JsonError> {
        self.space();
        if self.at == self.text.len() {
            Ok(())
        } else {
            self.error("there is more after the end")
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            ".*".prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(5, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
                prop::collection::vec((".*", inner), 0..6)
                    .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn passes_exactly_one_value(value in json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }
                .expect("serialises");
            let padded = format!("  {text} ,");
            let mut scanner = Scanner::new(padded.as_bytes());
            prop_assert_eq!(scanner.value().expect("one value"), text.as_bytes());
        }

        #[test]
        fn never_panics(text in prop::collection::vec(prop_oneof![Just(b'"'), Just(b'\\'), Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), Just(b','), Just(b':'), any::<u8>()], 0..64)) {
            let mut scanner = Scanner::new(&text);
            let _ = scanner.value();
            let _ = crate::json::envelope(&text, &crate::json::Path::parse("a/0").expect("path"), &[]);
        }
    }
}
