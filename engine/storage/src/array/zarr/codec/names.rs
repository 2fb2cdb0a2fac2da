//! The names of codecs in the metadata of both versions.

use gristmill_data::DType;
use serde_json::{Value, json};

use super::{Codecs, Packing};

/// What is asked for and not known here: a codec, or something else in a chain of them.
pub(in super::super) struct Unknown(pub(in super::super) String);

fn unknown(what: impl Into<String>) -> Unknown {
    Unknown(what.into())
}

fn integer(configuration: &Value, name: &str, otherwise: i64) -> i64 {
    configuration.get(name).and_then(Value::as_i64).unwrap_or(otherwise)
}

/// `compressor`, `filters` and `order` of version 2; the endianness is part of the dtype.
pub(in super::super) fn of_v2(metadata: &Value, ndim: usize, big_endian: bool) -> Result<Codecs, Unknown> {
    let order = match metadata.get("order").and_then(Value::as_str) {
        None | Some("C") => None,
        Some("F") => Some((0..ndim).rev().collect()),
        Some(other) => return Err(unknown(format!("the order `{other}`"))),
    };
    let filters = metadata.get("filters").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let compressor = metadata.get("compressor").filter(|compressor| !compressor.is_null());
    let packings = filters.iter().chain(compressor).map(|codec| {
        match codec.get("id").and_then(Value::as_str).unwrap_or("without a name") {
            "gzip" => Ok(Packing::Gzip(level(codec)?)),
            "zlib" => Ok(Packing::Zlib),
            "zstd" => Ok(zstd(codec)),
            "blosc" => Ok(Packing::Blosc),
            "crc32c" => Ok(Packing::Crc32c),
            "fletcher32" => Ok(Packing::Fletcher32),
            "shuffle" => Ok(shuffle(codec)?),
            other => Err(unknown(format!("the codec `{other}`"))),
        }
    });
    Ok(Codecs { order, big_endian, packings: packings.collect::<Result<_, _>>()? })
}

/// `codecs` of version 3, without sharding.
pub(in super::super) fn of_v3(chain: &[Value], dtype: DType, ndim: usize) -> Result<Codecs, Unknown> {
    let mut order: Option<Vec<usize>> = None;
    let mut big_endian = None;
    let mut packings = Vec::new();
    for codec in chain {
        let name = codec.get("name").or(Some(codec)).and_then(Value::as_str).unwrap_or("without a name");
        let configuration = codec.get("configuration").unwrap_or(&Value::Null);
        match name {
            "transpose" if big_endian.is_none() => {
                order = Some(transposed(configuration, order, ndim)?);
            }
            "bytes" if big_endian.is_none() => {
                big_endian = Some(match configuration.get("endian").and_then(Value::as_str) {
                    Some("little") => false,
                    Some("big") => dtype.itemsize() > 1,
                    None if dtype.itemsize() == 1 => false,
                    other => return Err(unknown(format!("the endianness {other:?}"))),
                });
            }
            "transpose" | "bytes" => return Err(unknown(format!("the codec `{name}` after `bytes`"))),
            _ if big_endian.is_none() && is_packing(name) => {
                return Err(unknown(format!("the codec `{name}` before `bytes`")));
            }
            "gzip" | "numcodecs.gzip" => packings.push(Packing::Gzip(level(configuration)?)),
            "zlib" | "numcodecs.zlib" => packings.push(Packing::Zlib),
            "zstd" | "numcodecs.zstd" => packings.push(zstd(configuration)),
            "blosc" | "numcodecs.blosc" => packings.push(Packing::Blosc),
            "crc32c" | "numcodecs.crc32c" => packings.push(Packing::Crc32c),
            "numcodecs.fletcher32" => packings.push(Packing::Fletcher32),
            "numcodecs.shuffle" => packings.push(shuffle(configuration)?),
            other => return Err(unknown(format!("the codec `{other}`"))),
        }
    }
    let big_endian = big_endian.ok_or_else(|| unknown("a chain of codecs without `bytes`"))?;
    Ok(Codecs { order, big_endian, packings })
}

/// Whether a codec takes bytes, and not elements.
fn is_packing(name: &str) -> bool {
    let name = name.strip_prefix("numcodecs.").unwrap_or(name);
    matches!(name, "gzip" | "zlib" | "zstd" | "blosc" | "crc32c" | "fletcher32" | "shuffle")
}

fn shuffle(configuration: &Value) -> Result<Packing, Unknown> {
    let size = integer(configuration, "elementsize", 4);
    let known = usize::try_from(size).ok().filter(|size| *size > 0);
    known.map(Packing::Shuffle).ok_or_else(|| unknown(format!("a shuffle of elements of {size} bytes")))
}

fn level(configuration: &Value) -> Result<u32, Unknown> {
    let level = integer(configuration, "level", 1);
    u32::try_from(level).map_err(|_| unknown(format!("the gzip level {level}")))
}

fn zstd(configuration: &Value) -> Packing {
    let level = i32::try_from(integer(configuration, "level", 0)).unwrap_or(0);
    Packing::Zstd(level, configuration.get("checksum").and_then(Value::as_bool).unwrap_or(false))
}

/// The order of axes after one more transposition.
fn transposed(configuration: &Value, before: Option<Vec<usize>>, ndim: usize) -> Result<Vec<usize>, Unknown> {
    let before = before.unwrap_or_else(|| (0..ndim).collect());
    let named = configuration.get("order");
    let order: Option<Vec<usize>> = named.and_then(Value::as_array).and_then(|order| {
        let axes = order.iter().map(|axis| before.get(usize::try_from(axis.as_u64()?).ok()?).copied());
        axes.collect()
    });
    let complete = |order: &Vec<usize>| order.len() == ndim && (0..ndim).all(|axis| order.contains(&axis));
    order.filter(complete).ok_or_else(|| {
        let named = named.map_or_else(|| "nothing".to_owned(), Value::to_string);
        unknown(format!("the transposition to {named} of {ndim} axes"))
    })
}

/// `compressor` of version 2, which is the only packing.
pub(in super::super) fn to_v2(packings: &[Packing]) -> Value {
    packings.first().map_or(Value::Null, |packing| of_packing(*packing))
}

/// A packing as NumPy's codecs call it, in `compressor` or `filters` of version 2. What only a writer needs is anything.
pub(in super::super::super) fn of_packing(packing: Packing) -> Value {
    match packing {
        Packing::Gzip(level) => json!({"id": "gzip", "level": level}),
        Packing::Zlib => json!({"id": "zlib", "level": 1}),
        Packing::Zstd(level, _) => json!({"id": "zstd", "level": level}),
        Packing::Blosc => json!({"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0}),
        Packing::Crc32c => json!({"id": "crc32c"}),
        Packing::Fletcher32 => json!({"id": "fletcher32"}),
        Packing::Shuffle(size) => json!({"id": "shuffle", "elementsize": size}),
    }
}

/// `codecs` of version 3.
pub(in super::super) fn to_v3(packings: &[Packing], dtype: DType) -> Vec<Value> {
    let bytes = match dtype.itemsize() {
        1 => json!({"name": "bytes"}),
        _ => json!({"name": "bytes", "configuration": {"endian": "little"}}),
    };
    let packings = packings.iter().filter_map(|packing| match packing {
        Packing::Gzip(level) => Some(json!({"name": "gzip", "configuration": {"level": level}})),
        Packing::Zstd(level, checksum) => {
            Some(json!({"name": "zstd", "configuration": {"level": level, "checksum": checksum}}))
        }
        Packing::Crc32c => Some(json!({"name": "crc32c"})),
        Packing::Zlib | Packing::Blosc | Packing::Fletcher32 | Packing::Shuffle(_) => None,
    });
    [bytes].into_iter().chain(packings).collect()
}
