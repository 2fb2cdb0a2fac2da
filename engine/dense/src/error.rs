//! What a matrix can be unfit for.

/// Why a routine has no result.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An element is NaN or infinite, and the routine would search without end.
    #[error("an element is NaN or infinite; replace such elements first")]
    NotFinite,
    /// The iteration did not come to an end.
    #[error("the iteration did not converge; scale the matrix, or look for elements of very different size")]
    NoConvergence,
    /// A pivot is zero: there is no inverse, and no solution or no single one.
    #[error("the matrix is singular; use lstsq or pinv for the best solution there is")]
    Singular,
    /// A pivot is not positive.
    #[error(
        "the matrix is not positive definite; add to its diagonal, or use lu, which does not ask for this"
    )]
    NotPositiveDefinite,
}
