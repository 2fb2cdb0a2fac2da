//! Matrices as orthogonal ones times upper triangular ones, by blocks of Householder reflections (Schreiber and Van Loan,
//! 1989).

use faer::traits::ext::ComplexFieldExt;

use crate::matrix::{Matrix, Number, phase, put};

/// The reduced factors of `a`; that with orthogonal columns is made when it is asked for.
///
/// The diagonal of `r` is real and not negative. So there is one result only where the columns of `a` are independent,
/// and it does not depend on how it was found.
pub(crate) fn qr<T: Number>(a: Matrix<'_, T>, q: Option<&mut [T]>, r: &mut [T]) {
    let n_pivots = a.n_pivots();
    if n_pivots == 0 {
        return;
    }
    let found = a.view().qr();
    let mut upper = found.thin_R().to_owned();
    let phases: Vec<T> = (0..n_pivots).map(|at| phase(&upper[(at, at)])).collect();
    for (at, phase) in phases.iter().enumerate() {
        for column in at..a.n_columns() {
            upper[(at, column)] = phase.conj() * upper[(at, column)];
        }
        upper[(at, at)] = upper[(at, at)].as_real();
    }
    put(upper.as_ref(), r);
    if let Some(to) = q {
        let mut q = found.compute_thin_Q();
        for (at, phase) in phases.iter().enumerate() {
            q.col_mut(at).iter_mut().for_each(|element| *element *= *phase);
        }
        put(q.as_ref(), to);
    }
}
