//! Shader source, made from element-wise programs.
//!
//! # Layout
//! - `repr`: how elements of each dtype lie in a buffer, and what they are computed in
//! - `ops`: each operation as an expression; `number`: constants
//! - `program`: a whole program as one function; `index`: where an input's element lies
//! - `library`: functions of `shaders/shared`, of which a shader gets those that it names, and what all begin with

pub(crate) mod index;
pub(crate) mod library;
pub(crate) mod number;
pub(crate) mod ops;
pub(crate) mod program;
pub(crate) mod repr;

/// Invocations of a workgroup, in every shader.
pub(crate) const WORKGROUP: u32 = 256;
/// How many words of immediates a shader has.
pub(crate) const IMMEDIATES_MAX: usize = 32;
/// Workgroups along one axis of a dispatch: what WebGPU promises.
pub(crate) const WORKGROUPS_MAX: u32 = 65_535;
/// How many turns an invocation may take in all its loops: llvmpipe ends them after 65,535, without a word.
pub(crate) const TURNS_MAX: u32 = 60_000;
/// Invocations that llvmpipe runs as one: a turn of any of them is a turn of all.
pub(crate) const SOFTWARE_LANES: u32 = 8;
