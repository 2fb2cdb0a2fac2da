//! Against the sums written out.

use gristmill_data::Chunk;
use proptest::prelude::*;

use crate::{call, convolve};

/// Small whole numbers, whose products and sums are exact.
fn numbers(shape: &[u64], seed: u64) -> Vec<f32> {
    let n = shape.iter().product::<u64>();
    (0..n).map(|at| ((at + seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 60) as f32 - 8.0).collect()
}

/// The places of a shape, in C order.
fn places(shape: &[u64]) -> Vec<Vec<u64>> {
    shape.iter().fold(vec![Vec::new()], |places, &length| {
        let further = |place: Vec<u64>| {
            (0..length).map(move |at| place.iter().copied().chain([at]).collect::<Vec<u64>>())
        };
        places.into_iter().flat_map(further).collect()
    })
}

fn index(place: &[u64], shape: &[u64]) -> usize {
    place.iter().zip(shape).fold(0, |index, (at, length)| index * length + at) as usize
}

proptest! {
    #[test]
    fn each_window_is_the_sum_written_out(axes in prop::collection::vec((1_u64..5, 0_u64..6), 1..4), seed in 0_u64..1000) {
        let weights_shape: Vec<u64> = axes.iter().map(|axis| axis.0).collect();
        let shape: Vec<u64> = axes.iter().map(|axis| axis.0 + axis.1).collect();
        let left: Vec<u64> = axes.iter().map(|axis| axis.1 + 1).collect();
        let (block, weights) = (numbers(&shape, seed), numbers(&weights_shape, seed + 77));
        let expected: Vec<f32> = places(&left).iter().map(|at| {
            places(&weights_shape).iter().enumerate().map(|(n, within)| {
                let place: Vec<u64> = at.iter().zip(within).map(|(at, within)| at + within).collect();
                weights[n] * block[index(&place, &shape)]
            }).fold(0.0, |sum, product| sum + product)
        }).collect();
        let wide = |numbers: &[f32]| numbers.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
        let single = [Chunk::from_vec(block.clone(), &shape).unwrap(), Chunk::from_vec(weights.clone(), &weights_shape).unwrap()];
        let double = [Chunk::from_vec(wide(&block), &shape).unwrap(), Chunk::from_vec(wide(&weights), &weights_shape).unwrap()];
        prop_assert_eq!(convolve(&single[0], &single[1]).unwrap(), Chunk::from_vec(expected.clone(), &left).unwrap());
        prop_assert_eq!(convolve(&double[0], &double[1]).unwrap(), Chunk::from_vec(wide(&expected), &left).unwrap());
        let [block, weights] = single;
        let called = call("convolve", &[block.into(), weights.into()]).unwrap();
        prop_assert_eq!(called.as_chunk().unwrap(), &Chunk::from_vec(expected, &left).unwrap());
    }
}

#[test]
fn what_is_refused() {
    let ones = |shape: &[u64]| Chunk::from_vec(numbers(shape, 1), shape).unwrap();
    let refused = |block: &Chunk, weights: &Chunk, words: &str| {
        let error = convolve(block, weights).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    refused(&ones(&[3]), &ones(&[4]), "more than the block");
    refused(&ones(&[3]), &ones(&[0]), "no elements");
    refused(&ones(&[0]), &ones(&[1]), "more than the block");
    refused(&ones(&[3, 3]), &ones(&[3]), "as many");
    refused(&ones(&[]), &ones(&[]), "one to three axes");
    refused(&ones(&[2, 2, 2, 2]), &ones(&[1, 1, 1, 1]), "one to three axes");
    refused(&ones(&[3]), &Chunk::from_vec(vec![1.0], &[1]).unwrap(), "float32 and float64");
    let validity = Some(vec![true, false].into());
    let masked = Chunk::try_new(gristmill_data::DType::Float32, &[2], ones(&[2]).data().clone(), validity);
    refused(&masked.unwrap(), &ones(&[1]), "absent");
}
