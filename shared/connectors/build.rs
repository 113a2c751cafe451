//! Embeds every `catalog/<system>/connector.toml`, so that a new folder is a new connector.

#![expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script where it is by the environment"
)]

use std::{env, fmt::Write as _, fs, io, path::Path};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=catalog");
    let here = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let mut folders: Vec<String> = Vec::new();
    for entry in fs::read_dir(Path::new(&here).join("catalog"))? {
        let entry = entry?;
        // A folder without a manifest is one that somebody has begun.
        if entry.path().join("connector.toml").is_file() {
            let name = entry.file_name();
            folders.push(
                name.into_string()
                    .map_err(|name| io::Error::other(format!("{} is not UTF-8", name.display())))?,
            );
        }
    }
    folders.sort();

    let mut code = String::from("&[\n");
    for folder in &folders {
        let file = Path::new(&here)
            .join("catalog")
            .join(folder)
            .join("connector.toml");
        let line = writeln!(
            code,
            "    ({folder:?}, include_str!({:?})),",
            file.display().to_string()
        );
        line.map_err(io::Error::other)?;
    }
    code.push_str("]\n");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("catalog.rs"), code)
}
