//! Compresses the API's description, which the `api` function serves as it stands in `infra/openapi.json`.

#![expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script where it is by the environment"
)]

use std::{env, error::Error, fs, io::Write as _, path::Path};

use flate2::{Compression, write::GzEncoder};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let described = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../infra/openapi.json");
    println!("cargo::rerun-if-changed={}", described.display());

    let zipped = fs::File::create(Path::new(&env::var("OUT_DIR")?).join("openapi.json.gz"))?;
    let mut zipped = GzEncoder::new(zipped, Compression::best());
    zipped.write_all(&fs::read(described)?)?;
    zipped.finish()?;
    Ok(())
}
