//! What a plan wants of a record, as a tree of keys, and one walk over the record that finds it.
//!
//! Nothing is copied: a wanted value stays a slice of the record. Elements of wanted arrays become
//! rows, linked to the row around them.

use std::borrow::Cow;

use super::keys::Keys;
use crate::json::{JsonError, Scanner};

/// Fields of a record, or of an element of one of its arrays.
#[derive(Debug, Default)]
pub struct Scope {
    root: Node,
    /// How many values of it are wanted.
    slots: u16,
    /// The arrays in it whose elements are wanted.
    arrays: Vec<Scope>,
}

#[derive(Debug, Default)]
struct Node {
    /// The value itself is wanted here.
    slot: Option<u16>,
    /// Its elements are wanted as rows of this array.
    array: Option<u16>,
    keys: Keys<Node>,
    /// Fields beginning so are wanted with their names.
    prefixes: Vec<Box<[u8]>>,
}

impl Node {
    fn is_leaf(&self) -> bool {
        self.array.is_none() && self.keys.is_empty() && self.prefixes.is_empty()
    }
}

impl Scope {
    fn node(&mut self, path: &[&str]) -> &mut Node {
        path.iter().fold(&mut self.root, |node, key| node.keys.entry(key))
    }

    /// Wants the value at a path; gives its slot.
    pub fn want(&mut self, path: &[&str]) -> u16 {
        let next = self.slots;
        let slot = *self.node(path).slot.get_or_insert(next);
        if slot == next {
            self.slots += 1;
        }
        slot
    }

    /// Wants the elements of the array at a path; gives its number.
    pub fn want_array(&mut self, path: &[&str]) -> u16 {
        // A manifest has far fewer than 65,536 arrays.
        let next = self.arrays.len() as u16;
        let array = *self.node(path).array.get_or_insert(next);
        if array == next {
            self.arrays.push(Scope::default());
        }
        array
    }

    /// The scope of an array's elements.
    pub fn array(&mut self, number: u16) -> &mut Scope {
        &mut self.arrays[usize::from(number)]
    }

    /// Wants every field directly in it whose name begins so.
    pub fn want_prefix(&mut self, prefix: &str) {
        self.root.prefixes.push(prefix.as_bytes().into());
    }
}

/// Points from a row to the row around it and to the next one of the same array.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    slots: u32,
    arrays: u32,
    next: u32,
    /// Number of the row around it; its own for the record.
    pub parent: u32,
}

const NONE: u32 = u32::MAX;

/// A field with a wanted prefix: its row, name and value.
pub type Prefixed<'d> = (u32, Cow<'d, [u8]>, &'d [u8]);

/// What one walk found. Reused from record to record, so that mapping allocates nothing.
#[derive(Debug, Default)]
pub struct Found<'d> {
    rows: Vec<Row>,
    slots: Vec<&'d [u8]>,
    /// First and last row of each wanted array.
    arrays: Vec<(u32, u32)>,
    /// Fields with a wanted prefix: row, name, value.
    pub prefixed: Vec<Prefixed<'d>>,
}

impl Found<'_> {
    /// The same buffers without anything in them, for a record of another lifetime.
    #[must_use]
    pub fn emptied<'n>(mut self) -> Found<'n> {
        self.rows.clear();
        self.slots.clear();
        self.arrays.clear();
        self.prefixed.clear();
        Found {
            rows: self.rows,
            // Collecting an empty vector's iterator in place keeps its allocation.
            slots: self.slots.into_iter().map(|_| <&[u8]>::default()).collect(),
            arrays: self.arrays,
            prefixed: self
                .prefixed
                .into_iter()
                .map(|_| <Prefixed<'_>>::default())
                .collect(),
        }
    }
}

impl<'d> Found<'d> {
    /// Walks a record.
    ///
    /// # Errors
    /// The record is no object, or its text is broken.
    pub fn walk(&mut self, scope: &Scope, record: &'d [u8]) -> Result<(), JsonError> {
        self.rows.clear();
        self.slots.clear();
        self.arrays.clear();
        self.prefixed.clear();
        let mut scanner = Scanner::new(record);
        let row = self.row(scope, 0);
        if scanner.peek()? != b'{' {
            scanner.open_object()?;
        }
        self.value(scope, &scope.root, row, &mut scanner)?;
        scanner.finish()
    }

    fn row(&mut self, scope: &Scope, parent: u32) -> u32 {
        // A page is at most 20 MiB, so all numbers fit.
        let number = self.rows.len() as u32;
        self.rows.push(Row {
            slots: self.slots.len() as u32,
            arrays: self.arrays.len() as u32,
            next: NONE,
            parent,
        });
        self.slots
            .resize(self.slots.len() + usize::from(scope.slots), &[]);
        self.arrays
            .resize(self.arrays.len() + scope.arrays.len(), (NONE, NONE));
        number
    }

    fn value(
        &mut self,
        scope: &Scope,
        node: &Node,
        row: u32,
        scanner: &mut Scanner<'d>,
    ) -> Result<(), JsonError> {
        if let Some(slot) = node.slot {
            let mut again = scanner.clone();
            let raw = scanner.value()?;
            let at = self.rows[row as usize].slots as usize + usize::from(slot);
            self.slots[at] = raw;
            if !node.is_leaf() {
                // Wanted as a whole and in parts: rare, so the parts are found in a second walk.
                self.inside(scope, node, row, &mut again)?;
            }
            return Ok(());
        }
        self.inside(scope, node, row, scanner)
    }

    fn inside(
        &mut self,
        scope: &Scope,
        node: &Node,
        row: u32,
        scanner: &mut Scanner<'d>,
    ) -> Result<(), JsonError> {
        match scanner.peek()? {
            b'{' if !node.keys.is_empty() || !node.prefixes.is_empty() => {
                scanner.open_object()?;
                let mut first = true;
                while let Some(key) = scanner.next_key(&mut first)? {
                    if let Some(child) = node.keys.get(&key) {
                        self.value(scope, child, row, scanner)?;
                    } else {
                        let raw = scanner.value()?;
                        if node.prefixes.iter().any(|prefix| key.starts_with(prefix)) {
                            self.prefixed.push((row, key, raw));
                        }
                    }
                }
                Ok(())
            }
            b'[' => match node.array {
                Some(array) => self.elements(&scope.arrays[usize::from(array)], array, row, scanner),
                None => self.numbered(scope, node, row, scanner),
            },
            _ => scanner.value().map(drop),
        }
    }

    fn elements(
        &mut self,
        scope: &Scope,
        array: u16,
        parent: u32,
        scanner: &mut Scanner<'d>,
    ) -> Result<(), JsonError> {
        scanner.open_array()?;
        let slot = self.rows[parent as usize].arrays as usize + usize::from(array);
        let mut first = true;
        while scanner.next_element(&mut first)? {
            let row = self.row(scope, parent);
            match self.arrays[slot] {
                (NONE, _) => self.arrays[slot] = (row, row),
                (start, last) => {
                    self.rows[last as usize].next = row;
                    self.arrays[slot] = (start, row);
                }
            }
            self.value(scope, &scope.root, row, scanner)?;
        }
        Ok(())
    }

    /// Elements picked by number.
    fn numbered(
        &mut self,
        scope: &Scope,
        node: &Node,
        row: u32,
        scanner: &mut Scanner<'d>,
    ) -> Result<(), JsonError> {
        if node.keys.is_empty() {
            return scanner.value().map(drop);
        }
        scanner.open_array()?;
        let mut first = true;
        let mut number = 0usize;
        while scanner.next_element(&mut first)? {
            match node.keys.get(number.to_string().as_bytes()) {
                Some(child) => self.value(scope, child, row, scanner)?,
                None => drop(scanner.value()?),
            }
            number += 1;
        }
        Ok(())
    }

    /// A wanted value of a row; empty when the record does not have it.
    #[inline]
    #[must_use]
    pub fn slot(&self, row: u32, slot: u16) -> &'d [u8] {
        self.slots[self.rows[row as usize].slots as usize + usize::from(slot)]
    }

    /// The row around a row, `levels` out.
    #[inline]
    #[must_use]
    pub fn outward(&self, row: u32, levels: u8) -> u32 {
        (0..levels).fold(row, |row, _| self.rows[row as usize].parent)
    }

    /// The rows of a wanted array.
    pub fn rows_of(&self, row: u32, array: u16) -> impl Iterator<Item = u32> + '_ {
        let (mut next, _) = self.arrays[self.rows[row as usize].arrays as usize + usize::from(array)];
        std::iter::from_fn(move || {
            let row = (next != NONE).then_some(next)?;
            next = self.rows[row as usize].next;
            Some(row)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_values_rows_and_prefixes_in_one_walk() {
        let mut scope = Scope::default();
        let number = scope.want(&["d", "Number"]);
        let first = scope.want(&["tags", "0", "v"]);
        let whole = scope.want(&["lines"]);
        let lines = scope.want_array(&["lines"]);
        let plant = scope.array(lines).want(&["Plant"]);
        let days = scope.array(lines).want_array(&["days"]);
        let day = scope.array(lines).array(days).want(&[]);
        scope.want_prefix("YY1_");

        let record = br#"{"d":{"Other":{"x":[1]},"Number":"00010"},"YY1_A":1,"tags":[{"v":7},{"v":8}],
            "lines":[{"Plant":"1000","days":[1,2]},{"days":[]},{"Plant":null}],"YY1_B":"x"}"#;
        let mut found = Found::default();
        found.walk(&scope, record).expect("walks");

        assert_eq!(found.slot(0, number), b"\"00010\"");
        assert_eq!(found.slot(0, first), b"7");
        assert!(found.slot(0, whole).starts_with(b"[{\"Plant\""));
        let rows: Vec<u32> = found.rows_of(0, lines).collect();
        let plants: Vec<&[u8]> = rows.iter().map(|row| found.slot(*row, plant)).collect();
        assert_eq!(plants, [b"\"1000\"".as_slice(), b"", b"null"]);
        let inner: Vec<&[u8]> = found
            .rows_of(rows[0], days)
            .map(|row| found.slot(row, day))
            .collect();
        assert_eq!(inner, [b"1", b"2"]);
        assert_eq!(found.outward(rows[1], 1), 0);
        assert_eq!(found.prefixed.len(), 2);
    }

    #[test]
    fn refuses_a_broken_record() {
        let mut scope = Scope::default();
        scope.want(&["b"]);
        for record in ["[]", "1", "{", r#"{"a":1"#, r#"{"a" 1}"#, "{} {}"] {
            assert!(
                Found::default().walk(&scope, record.as_bytes()).is_err(),
                "{record}"
            );
        }
    }
}
