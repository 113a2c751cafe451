//! `manifold admin-key`.

use std::io::{self, IsTerminal as _, Read as _};

use manifold_domain::deployment::DeploymentKeys;
use secrecy::{ExposeSecret as _, SecretString};

use crate::Failure;

/// The shortest master secret that is one: template.yaml makes 64 characters.
const SHORTEST: usize = 32;

/// Prints the admin key of the master secret on standard input.
///
/// # Errors
/// When there is none.
#[expect(clippy::print_stdout, reason = "the key is the command's output")]
pub fn print() -> Result<(), Failure> {
    let mut input = io::stdin().lock();
    if input.is_terminal() {
        return Err("the master secret is read from standard input; see manifold admin-key --help".into());
    }
    let mut text = zeroize::Zeroizing::new(String::new());
    input.read_to_string(&mut text)?;
    println!("{}", admin_key(&text)?.expose_secret());
    Ok(())
}

fn admin_key(text: &str) -> Result<SecretString, Failure> {
    let master = text.trim_end_matches(['\r', '\n']);
    if master.len() < SHORTEST {
        return Err(format!("a master secret has at least {SHORTEST} characters; this is not one").into());
    }
    Ok(DeploymentKeys::from_master(&SecretString::from(master)).admin_key())
}

#[cfg(test)]
mod tests {
    use manifold_domain::token;

    use super::*;

    #[test]
    fn the_line_break_of_a_pipe_is_no_part_of_the_secret() {
        let master = "0123456789abcdef".repeat(4);
        let key = admin_key(&format!("{master}\n")).unwrap();
        assert_eq!(key.expose_secret(), admin_key(&master).unwrap().expose_secret());
        assert_eq!(token::parse(key.expose_secret()), Some(token::Kind::Admin));
        assert!(admin_key("\n").is_err());
    }
}
