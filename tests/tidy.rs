//! The house rules, as tests: what clippy cannot see.
//!
//! Each test walks the checkout and lists every breach as `file:line: rule: what was found`.
//! The reasons behind the rules are in `engine/STYLE.md`.

#![cfg(test)]

mod finding;
mod manifests;
mod sources;
mod texts;

mod functions;
mod mask;
