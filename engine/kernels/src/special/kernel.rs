//! The kernels `f_survival` and `chi2_survival`, on chunks and numbers.

use gristmill_data::{Chunk, DType, Type, Value};

use super::{chi2_survival, f_survival};
use crate::Error;
use crate::blocks::{Args, array_kernel, cast, elements, present, validity};
use crate::registry::{Kernel, param};

pub(crate) fn kernels() -> [Kernel; 2] {
    let (degrees, of) = (|name| param(name, Type::Any), || param("of", Type::ANY_ARRAY));
    [
        array_kernel(
            "f_survival",
            "How likely an F distributed number is greater than each element.",
            vec![degrees("d1"), degrees("d2"), of()],
            |args| mapped(Args::new("f_survival", args), |[d1, d2, x]| f_survival(d1, d2, x)),
        ),
        array_kernel(
            "chi2_survival",
            "How likely a chi-squared distributed number is greater than each element.",
            vec![degrees("k"), of()],
            |args| mapped(Args::new("chi2_survival", args), |[k, x]| chi2_survival(k, x)),
        ),
    ]
}

/// A function of the elements of the last argument, and of the others, each a number or of as many elements; absent
/// where one of them is.
fn mapped<const N: usize>(args: Args<'_>, of: impl Fn([f64; N]) -> f64) -> Result<Value, Error> {
    let last = args.chunk(N - 1)?;
    let (mut all, mut marks) = (vec![[0.0; N]; last.n_elements()], vec![1_u8; last.n_elements()]);
    for at in 0..N {
        let put = |number: &f64, of: &mut [f64; N]| of.get_mut(at).into_iter().for_each(|to| *to = *number);
        let Value::Chunk(chunk) = args.value(at) else {
            let number = args.value(at).as_float().map_err(Error::data(args.kernel))?;
            all.iter_mut().for_each(|of| put(&number, of));
            continue;
        };
        if chunk.dtype().is_complex() || chunk.dtype().is_time() {
            return Err(Error::NoLoop { op: args.kernel, dtypes: vec![chunk.dtype()] });
        }
        if chunk.shape() != last.shape() {
            return Err(Error::Invalid { kernel: args.kernel, reason: "all chunks must be of one shape" });
        }
        let floats = cast(chunk, DType::Float64)?;
        all.iter_mut().zip(elements::<f64>(&floats)).for_each(|(of, number)| put(number, of));
        if let Some(own) = present(chunk) {
            marks.iter_mut().zip(own).for_each(|(mark, own)| *mark &= own);
        }
    }
    let result = Chunk::from_vec(all.into_iter().map(of).collect(), last.shape());
    let result = result.map_err(Error::data(args.kernel))?;
    Chunk::try_new(DType::Float64, last.shape(), result.data().clone(), Some(validity(&marks)))
        .map(Value::Chunk)
        .map_err(Error::data(args.kernel))
}
