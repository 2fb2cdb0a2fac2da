//! Where the elements of inputs that broadcast lie.

/// Axes of a result along which some inputs are stretched, with neighbours merged where all inputs allow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Axes {
    /// Lengths, from the first axis to the last; at least one axis.
    pub(crate) lengths: Vec<u32>,
    /// For each input how far apart its elements are along each axis, in elements: 0 where it is stretched.
    pub(crate) strides: Vec<Vec<u32>>,
}

impl Axes {
    /// Of inputs of these shapes, which broadcast to `shape`; all numbers of elements are below 2^32.
    pub(crate) fn new(shape: &[u64], inputs: &[&[u64]]) -> Self {
        let mut axes: Vec<(u32, Vec<u32>)> = Vec::new();
        let mut next: Vec<u32> = vec![1; inputs.len()];
        for (back, &length) in shape.iter().rev().enumerate() {
            if length == 1 {
                continue;
            }
            let mut strides = Vec::with_capacity(inputs.len());
            for (next, own) in next.iter_mut().zip(inputs) {
                let own =
                    own.len().checked_sub(back + 1).and_then(|axis| own.get(axis)).map_or(1, |&n| n as u32);
                strides.push(if own == 1 { 0 } else { *next });
                *next *= own;
            }
            let length = length as u32;
            match axes.last_mut() {
                Some((inner, inner_strides))
                    if strides.iter().zip(&*inner_strides).all(|(&outer, &of)| outer == of * *inner) =>
                {
                    *inner *= length;
                }
                _ => axes.push((length, strides)),
            }
        }
        if axes.is_empty() {
            axes.push((1, vec![0; inputs.len()]));
        }
        axes.reverse();
        let lengths = axes.iter().map(|(length, _)| *length).collect();
        let strides = (0..inputs.len())
            .map(|input| axes.iter().map(|(_, strides)| strides.get(input).copied().unwrap_or(0)).collect())
            .collect();
        Self { lengths, strides }
    }

    /// Whether this input's elements lie as the result's do.
    pub(crate) fn is_contiguous(&self, input: usize) -> bool {
        let mut expected = 1;
        let strides = self.strides.get(input).into_iter().flatten();
        let pairs: Vec<_> = strides.zip(&self.lengths).collect();
        pairs.into_iter().rev().all(|(&stride, &length)| {
            let fits = stride == expected;
            expected *= length;
            fits
        })
    }
}
