//! Embeds every `catalog/<system>/connector.toml` with its translations, so that a new folder is a new connector.

#![expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script where it is by the environment"
)]

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=catalog");
    let here = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let mut code = String::from("&[\n");
    for (name, folder) in inside(&Path::new(&here).join("catalog"))? {
        let manifest = folder.join("connector.toml");
        // A folder without a manifest is one that somebody has begun.
        if !manifest.is_file() {
            continue;
        }
        write!(code, "    ({name:?}, {}, &[", included(&manifest)).map_err(io::Error::other)?;
        for (language, text) in translations(&folder.join("texts"))? {
            write!(code, "({language:?}, {}), ", included(&text)).map_err(io::Error::other)?;
        }
        code.push_str("]),\n");
    }
    code.push_str("]\n");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("catalog.rs"), code)
}

fn included(file: &Path) -> String {
    format!("include_str!({:?})", file.display().to_string())
}

/// Language and file of each translation.
fn translations(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let of_language = |(name, path): (String, PathBuf)| {
        let language = name.strip_suffix(".toml").filter(|language| {
            language.len() == 2 && language.bytes().all(|letter| letter.is_ascii_lowercase())
        });
        let language = language.ok_or_else(|| {
            io::Error::other(format!("{}: call it `de.toml`, by its language", path.display()))
        })?;
        Ok((language.to_owned(), path))
    };
    inside(folder)?.into_iter().map(of_language).collect()
}

/// What is in a folder, by name.
fn inside(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string();
        let name = name.map_err(|name| io::Error::other(format!("{} is not UTF-8", name.display())))?;
        found.push((name, entry.path()));
    }
    found.sort();
    Ok(found)
}
