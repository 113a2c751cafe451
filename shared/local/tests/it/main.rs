//! The stack as its users have it: as a library, and as a program.

#[cfg(test)]
mod client;
#[cfg(test)]
mod program;
#[cfg(test)]
mod stack;
