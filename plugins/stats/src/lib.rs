//! Small general task functions, used by tests and benchmarks; and misbehaving ones, behind clear names.

use gristmill_plugin::prelude::*;

/// The task functions.
#[plugin]
pub mod functions {
    use super::*;

    /// Nothing.
    pub fn noop() {}

    /// `a + b`.
    pub fn add(a: f64, b: f64) -> f64 {
        a + b
    }

    /// `x + 1`.
    pub fn inc(x: i64) -> Result<i64> {
        x.checked_add(1).ok_or_else(|| TaskError::out_of_range(format!("{x} + 1 is beyond int")))
    }

    /// The value itself.
    pub fn echo(value: Value) -> Value {
        value
    }

    /// The chunk times `by`.
    #[map_blocks]
    #[traits(elementwise, keeps_shape)]
    pub fn scale(chunk: NdArray<f64>, by: f64) -> NdArray<f64> {
        chunk.map_in_place(|x| x * by)
    }

    /// The sum of one chunk.
    pub fn sum_f64(chunk: &NdArray<f64>) -> f64 {
        slices::sum(chunk.as_slice())
    }

    /// The mean of all items.
    #[reduction]
    pub mod mean {
        use super::*;

        /// Count and sum of one chunk.
        pub fn chunk(chunk: &NdArray<f64>) -> Vec<f64> {
            vec![chunk.len() as f64, slices::sum(chunk.as_slice())]
        }

        /// Count and sum of several parts.
        pub fn combine(parts: Vec<Vec<f64>>) -> Result<Vec<f64>> {
            let (mut n, mut total) = (0.0, 0.0);
            for part in &parts {
                let [part_n, part_total] = part.as_slice() else {
                    return Err(TaskError::invalid_argument("a part is [count, sum]"));
                };
                n += part_n;
                total += part_total;
            }
            Ok(vec![n, total])
        }

        /// The mean; NaN if there are no items.
        pub fn aggregate(parts: Vec<Vec<f64>>) -> Result<f64> {
            match combine(parts)?.as_slice() {
                [n, total] => Ok(total / n),
                _ => Ok(f64::NAN),
            }
        }
    }

    /// The record with `double` = 2 * `x`.
    #[record_map]
    pub fn with_double(mut record: Record) -> Result<Record> {
        let x = number(&record)?;
        record.insert("double", 2.0 * x);
        Ok(record)
    }

    /// Whether `x` is positive.
    #[record_filter]
    pub fn is_positive(record: &Record) -> Result<bool> {
        Ok(number(record)? > 0.0)
    }

    /// The accumulator plus `x`.
    #[record_fold]
    #[traits(associative, commutative)]
    pub fn add_x(total: f64, record: &Record) -> Result<f64> {
        Ok(total + number(record)?)
    }

    fn number(record: &Record) -> Result<f64> {
        match record.get("x") {
            Some(&Value::Float(x)) => Ok(x),
            Some(&Value::Int(x)) => Ok(x as f64),
            Some(other) => {
                Err(TaskError::type_mismatch(format!("`x` is {}, not a number", other.type_name())))
            }
            None => Err(TaskError::invalid_argument("the record has no `x`")),
        }
    }

    /// Never returns.
    pub fn spin() {
        loop {
            std::hint::black_box(());
        }
    }

    /// Touches this much memory, and returns how much it got.
    pub fn grow(megabytes: u32) -> u64 {
        let mut blocks: Vec<Vec<u8>> = Vec::new();
        for _ in 0..megabytes {
            blocks.push(std::hint::black_box(vec![1; 1 << 20]));
        }
        blocks.iter().map(|block| block.len() as u64).sum()
    }

    /// Calls itself `depth` times, and returns that number.
    pub fn recurse(depth: u64) -> u64 {
        // Floats, because the compiler makes a loop of a recursion over integers.
        fn descend(depth: u64) -> f64 {
            if depth == 0 { 0.0 } else { 1.0 + descend(depth - 1) }
        }
        descend(depth) as u64
    }

    /// Fails with this message.
    pub fn fail(message: String) -> Result<(), String> {
        Err(message)
    }

    /// Panics with this message.
    #[expect(clippy::panic, reason = "this is what it is for")]
    pub fn panic(message: String) {
        panic!("{message}");
    }

    /// Logs this many lines.
    pub fn log_flood(lines: u64) {
        for line in 0..lines {
            log!("line {line} of {lines}");
        }
    }
}

#[cfg(test)]
mod tests;
