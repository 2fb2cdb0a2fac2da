//! Products of two blocks in index notation.

use gristmill_data::Chunk;

use super::matmul;
use crate::Error;
use crate::layout::kernel::transpose;

const KERNEL: &str = "einsum";

/// The sum of products of two blocks in index notation, as NumPy's `einsum` of two operands: `ij,jk->ik` is the product of
/// two matrices. Added to `acc`, as by [`matmul`](super::matmul()).
///
/// An index is one character. One that both operands have and the result has not is summed over; along one that all three
/// have, blocks meet element by element, and lengths of 1 are broadcast. Every other one is an operand's and the result's,
/// and none is there twice: sums and diagonals of one operand are taken before.
///
/// # Errors
/// [`Error::Invalid`] for other notation, and when it does not fit the shapes; as [`matmul`](super::matmul()).
///
/// # Example
/// ```
/// use gristmill_kernels::einsum;
///
/// let a = gristmill_data::Chunk::from_vec(vec![1, 2, 3, 4], &[2, 2])?;
/// let x = gristmill_data::Chunk::from_vec(vec![10, 1], &[2])?;
/// assert_eq!(einsum("ij,j->i", &a, &x, None)?.as_slice::<i32>()?, [12, 34]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn einsum(subscripts: &str, left: &Chunk, right: &Chunk, acc: Option<&Chunk>) -> Result<Chunk, Error> {
    let indices = Indices::parse(subscripts)?;
    let Indices { left: a, right: b, result } = &indices;
    if (a.len(), b.len()) != (left.ndim(), right.ndim()) {
        return Err(wrong("an operand has another number of axes than indices"));
    }
    let of = |chunk: &Chunk, own: &[char], groups: [&[char]; 3]| {
        let length =
            |index: &char| own.iter().position(|other| other == index).and_then(|at| chunk.shape().get(at));
        let lengths = |group: &[char]| group.iter().filter_map(length).copied().collect::<Vec<u64>>();
        groups.map(lengths)
    };
    let [meet, rows, columns, sum] = indices.groups()?;
    if !rows.is_empty() && !columns.is_empty() && [&meet[..], &columns, &rows].concat() == *result {
        // The transpose of the product, so that nothing of its size is transposed.
        let text = |side: &[char]| side.iter().collect::<String>();
        return einsum(&format!("{},{}->{}", text(b), text(a), text(result)), right, left, acc);
    }
    let [outer, m, k] = of(left, a, [&meet, &rows, &sum]);
    let [right_outer, other_k, n] = of(right, b, [&meet, &sum, &columns]);
    if k != other_k {
        return Err(wrong("the lengths along an index of both operands must be equal"));
    }
    // Two axes of matrices after those along which blocks meet.
    let matrices = |outer: &[u64], rows: &[u64], columns: &[u64]| -> Vec<u64> {
        outer.iter().copied().chain([rows.iter().product(), columns.iter().product()]).collect()
    };
    let reshaped = |chunk: &Chunk, shape: &[u64]| chunk.reshape(shape).map_err(Error::data(KERNEL));
    let order = |from: &[char], to: [&[char]; 3]| -> Vec<i64> {
        let place = |index: &char| from.iter().position(|other| other == index);
        to.concat().iter().filter_map(place).map(|at| at as i64).collect()
    };
    let a = reshaped(&transpose(&order(a, [&meet, &rows, &sum]), left)?, &matrices(&outer, &m, &k))?;
    let b =
        reshaped(&transpose(&order(b, [&meet, &sum, &columns]), right)?, &matrices(&right_outer, &k, &n))?;
    let outer = gristmill_data::broadcast_shapes(&[&outer, &right_outer]).map_err(Error::data(KERNEL))?;
    let ordered = [&outer[..], &m, &n].concat();
    let acc = acc.map(|acc| {
        if acc.ndim() != result.len() {
            return Err(wrong("what the product is added to must have its shape"));
        }
        let acc = transpose(&order(result, [&meet, &rows, &columns]), acc)?;
        if acc.shape() != ordered {
            return Err(wrong("what the product is added to must have its shape"));
        }
        reshaped(&acc, &matrices(&outer, &m, &n))
    });
    let product = reshaped(&matmul(&a, &b, acc.transpose()?.as_ref())?, &ordered)?;
    transpose(&order(&[meet, rows, columns].concat(), [result, &[], &[]]), &product)
}

fn wrong(reason: &'static str) -> Error {
    Error::Invalid { kernel: KERNEL, reason }
}

/// The axes of the operands and of the result.
struct Indices {
    left: Vec<char>,
    right: Vec<char>,
    result: Vec<char>,
}

impl Indices {
    fn parse(subscripts: &str) -> Result<Self, Error> {
        let sides = subscripts.split_once("->").and_then(|(from, to)| Some((from.split_once(',')?, to)));
        let ((left, right), result) = sides.ok_or_else(|| wrong("the notation is that of `ij,jk->ik`"))?;
        let [left, right, result] = [left, right, result].map(|side| side.chars().collect::<Vec<char>>());
        for side in [&left, &right, &result] {
            if side.iter().enumerate().any(|(at, index)| side.iter().take(at).any(|other| other == index)) {
                return Err(wrong("an index is there twice on one side"));
            }
        }
        Ok(Self { left, right, result })
    }

    /// Where blocks meet, the left operand's own, the right one's own, and what is summed over.
    fn groups(&self) -> Result<[Vec<char>; 4], Error> {
        let Self { left, right, result } = self;
        let (mut meet, mut rows, mut columns) = (Vec::new(), Vec::new(), Vec::new());
        for index in result {
            match (left.contains(index), right.contains(index)) {
                (true, true) => meet.push(*index),
                (true, false) => rows.push(*index),
                (false, true) => columns.push(*index),
                (false, false) => return Err(wrong("an index of the result is no operand's")),
            }
        }
        let sum: Vec<char> =
            left.iter().copied().filter(|index| right.contains(index) && !result.contains(index)).collect();
        if meet.len() + rows.len() + sum.len() != left.len()
            || meet.len() + columns.len() + sum.len() != right.len()
        {
            return Err(wrong("an index of one operand alone must be the result's; sum along it before"));
        }
        Ok([meet, rows, columns, sum])
    }
}
