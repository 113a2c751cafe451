//! Repeatable variety: a number for each (salt, ordinal), the same on every machine.

/// SplitMix64 over salt and ordinal.
pub(crate) const fn mix(salt: u64, ordinal: u64) -> u64 {
    let mut state = salt
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(ordinal.wrapping_mul(0xD1B5_4A32_D192_ED03));
    state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}

/// A number below `bound`, as a signed value for arithmetic on time and money.
pub(crate) fn below(salt: u64, ordinal: u64, bound: u64) -> i64 {
    i64::try_from(mix(salt, ordinal) % bound).unwrap_or_default()
}

/// One of the choices.
pub(crate) fn pick<T>(salt: u64, ordinal: u64, choices: &[T]) -> &T {
    let length = choices.len() as u64;
    &choices[usize::try_from(mix(salt, ordinal) % length).unwrap_or_default()]
}
