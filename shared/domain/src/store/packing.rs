//! Packing of what the records table holds: raw deflate with a state that is used again and again,
//! and numbers in as few bytes as they need.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::dictionary::{self, Dictionary, LEAD};

/// Packed bytes are not what this version writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("packed bytes cannot be unpacked")]
pub struct Unpackable;

/// Beyond this a packed order gets few percent smaller, at twice the work.
const LEVEL: Compression = Compression::new(3);

/// Packs many small things one after another without allocating its state anew.
pub struct Packer(Compress);

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Packer")
    }
}

impl Default for Packer {
    fn default() -> Self {
        Self::new()
    }
}

impl Packer {
    /// A packer for records and segments.
    #[must_use]
    pub fn new() -> Self {
        Self(Compress::new(LEVEL, false))
    }

    /// `plain` deflated, behind what `out` holds.
    pub fn pack_into(&mut self, plain: &[u8], out: &mut Vec<u8>) {
        self.0.reset();
        self.deflate(plain, out);
    }

    /// `plain` deflated behind a dictionary, which the packed bytes name.
    #[must_use]
    pub fn pack_with(&mut self, dictionary: &Dictionary, plain: &[u8]) -> Vec<u8> {
        self.0.reset();
        if self.0.set_dictionary(dictionary.text).is_err() {
            // No dictionary is refused after a reset; without one it is only larger.
            return self.pack(plain);
        }
        let mut out = vec![LEAD, dictionary.number];
        self.deflate(plain, &mut out);
        out.shrink_to_fit();
        out
    }

    fn deflate(&mut self, plain: &[u8], out: &mut Vec<u8>) {
        // Deflate never grows by more than 5 bytes a stored block; a second turn is for its end.
        out.reserve(plain.len() + plain.len() / 1000 + 64);
        loop {
            // What was taken in so far fits a usize: it is a part of `plain`.
            let taken = self.0.total_in() as usize;
            match self.0.compress_vec(&plain[taken..], out, FlushCompress::Finish) {
                Ok(Status::StreamEnd) => return,
                // Room is all that it can ask for.
                _ => out.reserve(256),
            }
        }
    }

    /// `plain` deflated.
    #[must_use]
    pub fn pack(&mut self, plain: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        self.pack_into(plain, &mut out);
        out.shrink_to_fit();
        out
    }
}

/// Unpacks many small things one after another without allocating its state anew.
pub struct Unpacker(Decompress);

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unpacker")
    }
}

impl Default for Unpacker {
    fn default() -> Self {
        Self::new()
    }
}

/// Nothing that we pack is larger unpacked; what claims to be is broken.
const LARGEST: usize = 32 << 20;

impl Unpacker {
    /// An unpacker for what [`Packer`] packs.
    #[must_use]
    pub fn new() -> Self {
        Self(Decompress::new(false))
    }

    /// What was packed.
    ///
    /// # Errors
    /// [`Unpackable`] for anything that no [`Packer`] made, and for more than 32 MB.
    pub fn unpack(&mut self, packed: &[u8]) -> Result<Vec<u8>, Unpackable> {
        self.0.reset(false);
        let packed = match packed {
            [LEAD, number, packed @ ..] => {
                let dictionary = dictionary::numbered(*number).ok_or(Unpackable)?;
                self.0.set_dictionary(dictionary.text).map_err(|_| Unpackable)?;
                packed
            }
            packed => packed,
        };
        let mut out = Vec::with_capacity(packed.len() * 4 + 64);
        loop {
            // What was taken in so far fits a usize: it is a part of `packed`.
            let taken = self.0.total_in() as usize;
            let before = (taken, out.len());
            // Not `Finish`: that only works for what fits the room at hand.
            match self
                .0
                .decompress_vec(&packed[taken..], &mut out, FlushDecompress::None)
            {
                Ok(Status::StreamEnd) => return Ok(out),
                Ok(_) if out.len() == out.capacity() && out.len() < LARGEST => {
                    out.reserve(out.len().max(256))
                }
                Ok(_) if (self.0.total_in() as usize, out.len()) != before => {}
                _ => return Err(Unpackable),
            }
        }
    }
}

/// Writes a number in seven bits a byte, the lowest first.
pub fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        // The lowest seven bits fit a byte.
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads packed fields one after another.
#[derive(Debug)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Over unpacked bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All that is left.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`Unpackable`] when fewer are left.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], Unpackable> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Unpackable)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next byte.
    ///
    /// # Errors
    /// [`Unpackable`] when none is left.
    pub fn byte(&mut self) -> Result<u8, Unpackable> {
        Ok(self.bytes(1)?[0])
    }

    /// A number that [`put_number`] wrote.
    ///
    /// # Errors
    /// [`Unpackable`] when it is cut off or longer than 64 bits.
    pub fn number(&mut self) -> Result<u64, Unpackable> {
        let mut number = 0u64;
        for place in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << place;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Unpackable)
    }

    /// A number that says how many bytes or entries follow.
    ///
    /// # Errors
    /// As [`Fields::number`].
    pub fn length(&mut self) -> Result<usize, Unpackable> {
        usize::try_from(self.number()?).map_err(|_| Unpackable)
    }

    /// Eight bytes, the lowest first.
    ///
    /// # Errors
    /// [`Unpackable`] when fewer are left.
    pub fn fixed(&mut self) -> Result<u64, Unpackable> {
        let bytes: [u8; 8] = self.bytes(8)?.try_into().map_err(|_| Unpackable)?;
        Ok(u64::from_le_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        let (mut packer, mut unpacker) = (Packer::new(), Unpacker::new());
        let long = "purchase order ".repeat(20_000);
        let mut noise = vec![0; 100_000];
        getrandom::fill(&mut noise).unwrap();
        for plain in [&b""[..], b"x", b"\0\0\0", long.as_bytes(), &noise] {
            let packed = packer.pack(plain);
            assert_eq!(unpacker.unpack(&packed).unwrap(), plain);
        }
        assert!(packer.pack(long.as_bytes()).len() < 2_000);
    }

    #[test]
    fn a_dictionary_is_named_and_found_again() {
        let (mut packer, mut unpacker) = (Packer::new(), Unpacker::new());
        let order = br#"{"id":"4500000001","source_key":{"id":"4500000001"},"model":"purchase_order","status":"approved"}"#;
        let dictionary = dictionary::of("purchase_order").unwrap();
        for plain in [&b""[..], b"x", order] {
            let packed = packer.pack_with(dictionary, plain);
            assert_eq!(packed[..2], [LEAD, 7]);
            assert_eq!(unpacker.unpack(&packed).unwrap(), plain);
            // What was packed without one before stays readable, in turns.
            assert_eq!(unpacker.unpack(&packer.pack(plain)).unwrap(), plain);
        }
        let (with, without) = (
            packer.pack_with(dictionary, order).len(),
            packer.pack(order).len(),
        );
        assert!(with * 2 < without, "{with} and {without} bytes");
        assert_eq!(unpacker.unpack(&[LEAD, 255, 3, 0]), Err(Unpackable));
        assert_eq!(unpacker.unpack(&[LEAD]), Err(Unpackable));
    }

    #[test]
    fn broken_bytes_are_refused() {
        let packed = Packer::new().pack(&b"some text ".repeat(100));
        let mut unpacker = Unpacker::new();
        assert_eq!(unpacker.unpack(&packed[..packed.len() - 1]), Err(Unpackable));
        assert_eq!(unpacker.unpack(&[]), Err(Unpackable));
        assert_eq!(unpacker.unpack(&[0xff; 20]), Err(Unpackable));
    }

    #[test]
    fn numbers_take_few_bytes() {
        for (number, bytes) in [(0, 1), (127, 1), (128, 2), (16_383, 2), (u64::MAX, 10)] {
            let mut out = Vec::new();
            put_number(&mut out, number);
            assert_eq!(out.len(), bytes);
            assert_eq!(Fields::new(&out).number(), Ok(number));
        }
        assert_eq!(Fields::new(&[0x80]).number(), Err(Unpackable));
        assert_eq!(Fields::new(&[0xff; 11]).number(), Err(Unpackable));
    }
}
