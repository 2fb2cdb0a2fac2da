//! The inverse of the normal distribution's cumulative function: Wichura's algorithm AS 241 (1988).
//!
//! A rational function of the distance to the middle holds for 85 % of all numbers, so a first loop without branches
//! does all of them; a second one does those that lie in the tails again, gathered in a row.
//!
//! The coefficients are public for shaders, which do the same.

#![expect(clippy::excessive_precision, reason = "coefficients stand here as they were published")]

use crate::math::{ln, ln_f32};

/// One polynomial over another; coefficients from the highest power down.
#[derive(Debug)]
pub struct Ratio<T, const N: usize> {
    /// The polynomial that is divided.
    pub above: [T; N],
    /// And by which.
    pub below: [T; N],
}

/// Within 0.425 of the middle, in 0.180625 minus the square of the distance to it.
pub const CENTRE: Ratio<f64, 8> = Ratio {
    above: [
        2.509_080_928_730_122_672_7e3,
        3.343_057_558_358_812_810_5e4,
        6.726_577_092_700_870_085_3e4,
        4.592_195_393_154_987_145_7e4,
        1.373_169_376_550_946_112_5e4,
        1.971_590_950_306_551_442_7e3,
        1.331_416_678_917_843_774_5e2,
        3.387_132_872_796_366_608_0,
    ],
    below: [
        5.226_495_278_852_854_561_0e3,
        2.872_908_573_572_194_267_4e4,
        3.930_789_580_009_271_061_0e4,
        2.121_379_430_158_659_586_7e4,
        5.394_196_021_424_751_107_7e3,
        6.871_870_074_920_579_083_0e2,
        4.231_333_070_160_091_125_2e1,
        1.0,
    ],
};

/// Beyond, in √(-ln p) - 1.6.
pub const TAIL: Ratio<f64, 8> = Ratio {
    above: [
        7.745_450_142_783_414_076_40e-4,
        2.272_384_498_926_918_458_33e-2,
        2.417_807_251_774_506_117_70e-1,
        1.270_458_252_452_368_382_58,
        3.647_848_324_763_204_605_04,
        5.769_497_221_460_691_405_50,
        4.630_337_846_156_545_295_90,
        1.423_437_110_749_683_577_34,
    ],
    below: [
        1.050_750_071_644_416_843_24e-9,
        5.475_938_084_995_344_946_00e-4,
        1.519_866_656_361_645_719_66e-2,
        1.481_039_764_274_800_745_90e-1,
        6.897_673_349_851_000_045_50e-1,
        1.676_384_830_183_803_849_40,
        2.053_191_626_637_758_821_87,
        1.0,
    ],
};

/// Where √(-ln p) is above 5, in what it is above.
pub const FAR: Ratio<f64, 8> = Ratio {
    above: [
        2.010_334_399_292_288_132_65e-7,
        2.711_555_568_743_487_578_15e-5,
        1.242_660_947_388_078_438_60e-3,
        2.653_218_952_657_612_309_30e-2,
        2.965_605_718_285_048_912_30e-1,
        1.784_826_539_917_291_335_80,
        5.463_784_911_164_114_369_90,
        6.657_904_643_501_103_777_20,
    ],
    below: [
        2.044_263_103_389_939_785_64e-15,
        1.421_511_758_316_445_888_70e-7,
        1.846_318_317_510_054_681_80e-5,
        7.868_691_311_456_132_591_00e-4,
        1.487_536_129_085_061_485_25e-2,
        1.369_298_809_227_358_053_10e-1,
        5.998_322_065_558_879_376_90e-1,
        1.0,
    ],
};

/// [`CENTRE`] in single precision.
pub const CENTRE_F32: Ratio<f32, 4> = Ratio {
    above: [59.109_374_720, 159.291_132_02, 50.434_271_938, 3.387_132_717_9],
    below: [67.187_563_600, 78.757_757_664, 17.895_169_469, 1.0],
};

/// [`TAIL`] in single precision; that of 32 random bits does not reach further.
pub const TAIL_F32: Ratio<f32, 4> = Ratio {
    above: [0.170_238_211_03, 1.306_728_481_6, 2.756_815_390_0, 1.423_437_277_7],
    below: [0.0, 0.120_211_329_75, 0.737_001_642_50, 1.0],
};

/// Half the width of the middle.
pub const MIDDLE: f64 = 0.425;
/// Its square.
pub const MIDDLE_SQUARE: f64 = 0.180_625;
/// Where [`FAR`] begins: e^-25.
pub const FAR_BELOW: f64 = 1.388_794_386_496_402_1e-11;
/// How many numbers are done before their tails are done again.
const PIECE: usize = 512;
/// How many tails are done together, so that all are done in vectors; some are of no meaning.
const TAILS: usize = 16;

/// The polynomial of these coefficients; the loop is unrolled.
macro_rules! polynomial {
    ($coefficients:expr, $x:expr) => {
        $coefficients.iter().skip(1).fold($coefficients[0], |sum, coefficient| sum * $x + coefficient)
    };
}

impl<const N: usize> Ratio<f64, N> {
    #[inline(always)]
    fn at(&self, x: f64) -> f64 {
        polynomial!(self.above, x) / polynomial!(self.below, x)
    }
}

impl<const N: usize> Ratio<f32, N> {
    #[inline(always)]
    fn at(&self, x: f32) -> f32 {
        polynomial!(self.above, x) / polynomial!(self.below, x)
    }
}

#[inline(always)]
fn centre(from_middle: f64) -> f64 {
    from_middle * CENTRE.at(MIDDLE_SQUARE - from_middle * from_middle)
}

/// The number at `p` in the upper or lower tail, whichever is nearer; not below e^-25.
#[inline(always)]
fn tail(p: f64) -> f64 {
    let near = TAIL.at((-ln(p.min(1.0 - p))).sqrt() - 1.6);
    near.copysign(p - 0.5)
}

#[cold]
fn far(p: f64) -> f64 {
    FAR.at((-ln(p.min(1.0 - p))).sqrt() - 5.0).copysign(p - 0.5)
}

/// The number that a standard normal one is below with probability `p`, between 0 and 1; to about 1e-15.
pub(super) fn quantile(p: f64) -> f64 {
    let from_middle = p - 0.5;
    if from_middle.abs() <= MIDDLE {
        centre(from_middle)
    } else if p.min(1.0 - p) > FAR_BELOW {
        tail(p)
    } else {
        far(p)
    }
}

/// The [`quantile`]s of all, in their place, times `std` and `mean` more.
#[inline(always)]
pub(super) fn quantiles(numbers: &mut [f64], mean: f64, std: f64) {
    let (mut places, mut ends, mut tails) = ([0; PIECE], [0.5; PIECE], [0.0; PIECE]);
    for piece in numbers.chunks_mut(PIECE) {
        let n_tails = gather(piece, &mut places, &mut ends, |p| (p - 0.5).abs() > MIDDLE);
        for p in piece.iter_mut() {
            *p = mean + std * centre(*p - 0.5);
        }
        for (number, &p) in tails.iter_mut().zip(&ends).take(n_tails.next_multiple_of(TAILS)) {
            *number = mean + std * tail(p);
        }
        for ((&place, &number), &p) in places.iter().zip(&tails).zip(&ends).take(n_tails) {
            let is_far = p.min(1.0 - p) <= FAR_BELOW;
            if let Some(slot) = piece.get_mut(usize::from(place)) {
                *slot = if is_far { mean + std * far(p) } else { number };
            }
        }
    }
}

/// Normal numbers of 32 random bits each, in single precision: two a word, from its low half first.
#[inline(always)]
pub(super) fn quantiles_f32(words: &[u64], numbers: &mut [f32], mean: f32, std: f32) {
    let (mut places, mut ends, mut tails) = ([0; PIECE], [0; PIECE], [0.0; PIECE]);
    let mut all_signed = [0_i32; PIECE];
    for (words, piece) in words.chunks(PIECE / 2).zip(numbers.chunks_mut(PIECE)) {
        for (signed, &word) in all_signed.as_chunks_mut::<2>().0.iter_mut().zip(words) {
            *signed = [word as u32, (word >> 32) as u32].map(|bits| (bits ^ 0x8000_0000) as i32);
        }
        let signed = all_signed.get(..piece.len()).unwrap_or_default();
        let n_tails = gather(signed, &mut places, &mut ends, |signed| signed.unsigned_abs() > MIDDLE_F32);
        for (number, &signed) in piece.iter_mut().zip(signed) {
            let q = signed as f32 * TWO_POW_MINUS_32;
            *number = mean + std * (q * CENTRE_F32.at(MIDDLE_SQUARE as f32 - q * q));
        }
        for (number, &end) in tails.iter_mut().zip(&ends).take(n_tails.next_multiple_of(TAILS)) {
            *number = mean + std * tail_f32(end);
        }
        for (&place, &number) in places.iter().zip(&tails).take(n_tails) {
            if let Some(slot) = piece.get_mut(usize::from(place)) {
                *slot = number;
            }
        }
    }
}

/// Half the width of the middle, of 2^32.
pub const MIDDLE_F32: u32 = 1_825_361_100;
const TWO_POW_MINUS_32: f32 = 1.0 / 4_294_967_296.0;

/// The number of bits in the upper or lower tail, as a signed integer.
#[inline(always)]
fn tail_f32(signed: i32) -> f32 {
    // From the nearer end, where small numbers are exact: !signed is -1 - signed.
    let from_end = i32::MAX - (signed ^ (signed >> 31));
    let p = (from_end as f32 + 0.5) * TWO_POW_MINUS_32;
    TAIL_F32.at((-ln_f32(p)).sqrt() - 1.6).copysign(signed as f32)
}

/// Puts the items that are wanted in a row, with their places; gives how many these are.
#[inline(always)]
fn gather<T: Copy>(
    from: &[T],
    places: &mut [u16; PIECE],
    items: &mut [T; PIECE],
    is_wanted: impl Fn(T) -> bool,
) -> usize {
    let mut n = 0;
    for (group_idx, group) in from.chunks(64).enumerate() {
        // One bit an item: to look at each in turn would take longer than the middle does.
        let mut wanted = 0;
        for (bit, &item) in group.iter().enumerate() {
            wanted |= u64::from(is_wanted(item)) << bit;
        }
        while wanted != 0 {
            let bit = wanted.trailing_zeros() as usize;
            wanted &= wanted - 1;
            let (place, item) = (places.get_mut(n), items.get_mut(n));
            if let (Some(place), Some(item), Some(&found)) = (place, item, group.get(bit)) {
                (*place, *item) = ((64 * group_idx + bit) as u16, found);
            }
            n += 1;
        }
    }
    n
}

#[cfg(test)]
mod tests;
