//! Against a whole array that is padded first, axis by axis, and cut afterwards.

use gristmill_data::{Chunk, ChunkGrid, ChunkRuns, DType, Value};
use proptest::prelude::*;

use crate::call;

/// The place in an axis of `n` elements of a position that may lie beyond its ends; `None` where the constant is.
fn source(position: i64, n: i64, rule: &str) -> Option<i64> {
    if (0..n).contains(&position) {
        return Some(position);
    }
    match rule {
        "reflect" if position < 0 => Some(-1 - position),
        "reflect" => Some(2 * n - 1 - position),
        "periodic" => Some(position.rem_euclid(n)),
        "nearest" => Some(position.clamp(0, n - 1)),
        _ => None,
    }
}

/// An array and how it is to be surrounded.
#[derive(Debug, Clone)]
struct Case {
    chunks: Vec<Vec<u64>>,
    depths: Vec<(u64, u64)>,
    rules: Vec<String>,
}

fn case() -> impl Strategy<Value = Case> {
    let axis = (1_u64..4).prop_flat_map(|least| {
        let chunks = prop::collection::vec(least..least + 4, 1..4);
        let rule = prop::sample::select(vec!["none", "reflect", "periodic", "nearest", "-7"]);
        (chunks, 0..=least, 0..=least, rule)
    });
    prop::collection::vec(axis, 1..4).prop_map(|axes| Case {
        chunks: axes.iter().map(|axis| axis.0.clone()).collect(),
        depths: axes.iter().map(|axis| (axis.1, axis.2)).collect(),
        rules: axes.iter().map(|axis| axis.3.to_owned()).collect(),
    })
}

impl Case {
    fn grid(&self) -> ChunkGrid {
        ChunkGrid::new(self.chunks.clone()).unwrap()
    }

    fn args(&self) -> [Value; 3] {
        let depths = self.depths.iter().flat_map(|&(before, after)| [before, after]);
        let rules = self.rules.iter().map(|rule| match rule.parse::<i64>() {
            Ok(number) => Value::from(number),
            Err(_) => rule.as_str().into(),
        });
        [ChunkRuns::from(&self.grid()).to_string().into(), Value::list(depths), rules.collect()]
    }

    /// How far the block at a place along an axis reaches.
    fn reach(&self, axis: usize, at: u64) -> (u64, u64) {
        let (before, after) = self.depths[axis];
        let is_none = self.rules[axis] == "none";
        let last = self.chunks[axis].len() as u64 - 1;
        (if is_none && at == 0 { 0 } else { before }, if is_none && at == last { 0 } else { after })
    }

    /// The element of the padded array at a position: its place in C order, or the constant.
    fn element(&self, position: &[i64]) -> i32 {
        let shape = self.grid().shape();
        let mut place = 0;
        let mut constant = None;
        for (axis, &position) in position.iter().enumerate() {
            let n = shape[axis] as i64;
            match source(position, n, &self.rules[axis]) {
                Some(source) => place = place * n + source,
                // What is put around last wins.
                None => constant = Some(self.rules[axis].parse().unwrap()),
            }
        }
        constant.unwrap_or(place as i32)
    }

    /// A box of the padded array, from a position on.
    fn cut(&self, start: &[i64], lengths: &[u64]) -> Chunk {
        let all = ChunkGrid::regular(lengths, &vec![1; lengths.len()]).unwrap();
        let position = |at: Vec<u64>| -> Vec<i64> {
            at.iter().zip(start).map(|(&at, start)| at as i64 + start).collect()
        };
        let elements = match lengths.contains(&0) {
            true => Vec::new(),
            false => all.blocks().map(|at| self.element(&position(at))).collect(),
        };
        Chunk::from_vec(elements, lengths).unwrap()
    }

    /// A block as the kernel makes it of strips that it makes too, if it has axes before `n_axes` only.
    fn made(&self, block: &[u64], n_axes: usize, strip: &[i64]) -> Chunk {
        let grid = self.grid();
        let own = self.cut(
            &grid.block_offset(block).unwrap().iter().map(|&n| n as i64).collect::<Vec<_>>(),
            &grid.block_shape(block).unwrap(),
        );
        let mut blocks = vec![own];
        for axis in 0..n_axes {
            let n = self.chunks[axis].len() as u64;
            let wraps = self.rules[axis] == "periodic" && n > 1;
            let neighbour = |to: u64| {
                let mut block = block.to_vec();
                block[axis] = to;
                block
            };
            let (before, after) = self.depths[axis];
            if before > 0 && (block[axis] > 0 || wraps) {
                let strip = [axis as i64, -(before as i64)];
                blocks.push(self.made(&neighbour((block[axis] + n - 1) % n), axis, &strip));
            }
            if after > 0 && (block[axis] + 1 < n || wraps) {
                blocks.push(self.made(&neighbour((block[axis] + 1) % n), axis, &[axis as i64, after as i64]));
            }
        }
        let [runs, depths, rules] = self.args();
        let index = grid.index(block).unwrap();
        let strip = Value::list(strip.iter().copied());
        let args = ["int32".into(), runs, index.into(), depths, rules, strip, Value::list(blocks)];
        call("overlap", &args).unwrap().as_chunk().unwrap().clone()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn blocks_are_cut_out_of_the_padded_array(case in case()) {
        let grid = case.grid();
        for block in grid.blocks() {
            let (offset, shape) = (grid.block_offset(&block).unwrap(), grid.block_shape(&block).unwrap());
            let reach: Vec<(u64, u64)> = block.iter().enumerate().map(|(axis, &at)| case.reach(axis, at)).collect();
            let start: Vec<i64> = offset.iter().zip(&reach).map(|(&from, &(before, _))| from as i64 - before as i64).collect();
            let lengths: Vec<u64> = shape.iter().zip(&reach).map(|(n, (before, after))| n + before + after).collect();
            let made = case.made(&block, shape.len(), &[]);
            prop_assert_eq!(&made, &case.cut(&start, &lengths), "block {:?}", block);
            // And back.
            let [_, depths, rules] = case.args();
            let extended = (0..shape.len()).map(|axis| {
                let lengths = case.chunks[axis].iter().zip(0..);
                lengths.map(|(n, at)| { let (before, after) = case.reach(axis, at); n + before + after }).collect()
            });
            let extended = ChunkGrid::new(extended.collect()).unwrap();
            let runs = ChunkRuns::from(&extended).to_string().into();
            let args = [runs, grid.index(&block).unwrap().into(), depths, rules, made.into()];
            let trimmed = call("trim_overlap", &args).unwrap();
            let inner: Vec<i64> = offset.iter().map(|&n| n as i64).collect();
            prop_assert_eq!(trimmed.as_chunk().unwrap(), &case.cut(&inner, &shape));
        }
    }

    #[test]
    fn windows_slide_over_a_block(shape in prop::collection::vec(1_u64..5, 1..3), axes in prop::collection::vec((0_usize..3, 1_u64..4), 0..3)) {
        let axes: Vec<(usize, u64)> = axes.into_iter().map(|(axis, n)| (axis % shape.len(), n)).collect();
        let n: u64 = shape.iter().product();
        let block = Chunk::from_vec((0..n as i32).collect(), &shape).unwrap();
        let args = [Value::list(axes.iter().map(|axis| axis.0 as u64)), Value::list(axes.iter().map(|axis| axis.1)), block.into()];
        let mut lengths: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
        axes.iter().for_each(|&(axis, n)| lengths[axis] -= n as i64 - 1);
        let made = call("sliding_windows", &args);
        if lengths.iter().any(|&n| n < 1) {
            prop_assert!(made.is_err());
            return Ok(());
        }
        let lengths: Vec<u64> = lengths.iter().map(|&n| n as u64).chain(axes.iter().map(|axis| axis.1)).collect();
        let all = ChunkGrid::regular(&lengths, &vec![1; lengths.len()]).unwrap();
        let elements = all.blocks().map(|at| {
            let mut position = at[..shape.len()].to_vec();
            axes.iter().zip(&at[shape.len()..]).for_each(|(&(axis, _), within)| position[axis] += within);
            position.iter().zip(&shape).fold(0, |place, (at, n)| place * n + at) as i32
        });
        let expected = Chunk::from_vec(elements.collect(), &lengths).unwrap();
        prop_assert_eq!(made.unwrap(), Value::from(expected));
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |args: [Value; 7], words: &str| {
        let error = call("overlap", &args).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let chunk = |n: u64| Value::from(Chunk::from_vec(vec![0_i32; n as usize], &[n]).unwrap());
    let ints = |items: &[i64]| Value::list(items.iter().copied());
    let rule = |rule: Value| Value::list([rule]);
    let of = |dtype: &str,
              index: u64,
              depths: &[i64],
              name: Value,
              strip: &[i64],
              blocks: &[Value]|
     -> [Value; 7] {
        let blocks = Value::list(blocks.iter().cloned());
        [dtype.into(), "2x3".into(), index.into(), ints(depths), rule(name), ints(strip), blocks]
    };
    let none = || Value::from("none");
    refused(of("int32", 2, &[1, 1], none(), &[], &[chunk(3)]), "no block of index 2");
    refused(of("int32", 0, &[1, 1], none(), &[], &[]), "a block is missing");
    refused(of("int32", 0, &[1, 1], none(), &[], &[chunk(3)]), "strip is missing");
    refused(of("int32", 0, &[1, 1], none(), &[], &[chunk(3), chunk(1), chunk(1)]), "more strips");
    refused(of("int32", 0, &[1, 1], none(), &[], &[chunk(3), chunk(2)]), "another shape or dtype");
    refused(of("int64", 0, &[1, 1], none(), &[], &[chunk(3), chunk(1)]), "another shape or dtype");
    refused(
        of("int32", 0, &[4, 1], "reflect".into(), &[], &[chunk(3), chunk(1)]),
        "shorter than its neighbours",
    );
    refused(of("int32", 0, &[1, 1], none(), &[0, 4], &[chunk(3)]), "longer than its block");
    refused(of("int32", 0, &[1, 1], none(), &[1, 1], &[chunk(3)]), "axis 1");
    refused(of("int32", 0, &[1, 1], "mirror".into(), &[], &[chunk(3), chunk(1)]), "`mirror`");
    refused(of("int32", 0, &[1, 1], 0.5.into(), &[], &[chunk(3), chunk(1)]), "0.5");
    let trim = ["2x3".into(), 0.into(), ints(&[2, 2]), rule("reflect".into()), chunk(3)];
    assert!(call("trim_overlap", &trim).unwrap_err().to_string().contains("shorter than what is to be cut"));
    let huge = [
        ints(&[0, 0, 0, 0]),
        ints(&[1 << 14; 4]),
        Value::from(Chunk::from_vec(vec![0_i8; 1 << 17], &[1 << 17]).unwrap()),
    ];
    assert!(call("sliding_windows", &huge).unwrap_err().to_string().contains("elements"));
}

#[test]
fn absent_elements_stay_absent() {
    let validity = vec![true, false, true].into();
    let block = Chunk::try_new(DType::Int8, &[3], vec![1_u8, 2, 3].into(), Some(validity)).unwrap();
    let next = Chunk::from_vec(vec![9_i8], &[1]).unwrap();
    let args = |blocks: Vec<Chunk>| -> [Value; 7] {
        let [depths, rules] = [Value::list([1, 1]), Value::list(["reflect"])];
        [
            "int8".into(),
            "2x3".into(),
            0.into(),
            depths,
            rules,
            Value::list(Vec::<i64>::new()),
            Value::list(blocks),
        ]
    };
    let made = call("overlap", &args(vec![block, next])).unwrap();
    let made = made.as_chunk().unwrap();
    assert_eq!(made.as_slice::<i8>().unwrap()[..2], [1, 1]);
    let present: Vec<bool> = made.validity().unwrap().iter().collect();
    assert_eq!(present, [true, true, false, true, true]);
}
