//! Elements taken, and others put in their places, by lists of places, by masks, and block by block.
//!
//! # Layout
//! - `indices`: places along axes; `take`: the elements there
//! - `lane`: axes that are taken as one; `route`: the steps of rows from many blocks into many
//! - `mask`: what a mask takes, and where elements are not 0: results of unknown lengths
//! - `choose`: elements of several arrays, or of each lane by its own places
//! - `assign`: arrays with other elements in some places; `blocks`: some of an array's blocks

mod indices;
mod lane;
mod route;
mod take;

mod mask;

mod choose;

mod assign;
mod blocks;

pub use choose::select;
pub use indices::Indices;

#[cfg(test)]
mod tests;
