//! Against NumPy, cut in several ways; and what is refused.

mod assign;
mod choose;
mod mask;
mod take;
