//! The JSON of a list of references: kerchunk's versions 0 and 1, which VirtualiZarr writes too.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// How bytes in JSON begin that are no text.
pub(super) const BASE64: &str = "base64:";

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// The bytes themselves.
    Inline(Box<[u8]>),
    /// All of a file, by its place among the targets.
    Whole(u32),
    /// So many bytes of a file from an offset on.
    Part { target: u32, offset: u64, length: u64 },
}

/// What a list of references says.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub(super) entries: BTreeMap<Box<str>, Entry>,
    /// The files that are referred to, as they are written, with templates filled in.
    pub(super) targets: Vec<String>,
}

/// A manifest while it is read: which version it has is known only at its end.
#[derive(Default)]
struct Reading {
    manifest: Manifest,
    known: HashMap<String, u32>,
    version: Option<Value>,
    templates: Map<String, Value>,
    has_rules: bool,
}

/// Reads a manifest. The reason is what is wrong with it.
pub(super) fn parse(text: &[u8]) -> Result<Manifest, String> {
    let mut reading = Reading::default();
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let read = Top(&mut reading).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    read.map_err(|error| error.to_string())?;
    let Reading { mut manifest, version, templates, has_rules, .. } = reading;
    if let Some(version) = version.filter(|version| *version != 1) {
        return Err(format!("version {version} is not known; 0 and 1 are"));
    }
    if has_rules {
        return Err("it makes references by rules (`gen`); write each reference out".to_owned());
    }
    for target in &mut manifest.targets {
        *target = filled_in(target, &templates)?;
    }
    Ok(manifest)
}

/// A target with the values of `{{names}}` in it.
fn filled_in(target: &str, templates: &Map<String, Value>) -> Result<String, String> {
    let (mut filled, mut rest) = (String::with_capacity(target.len()), target);
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").ok_or_else(|| format!("`{target}` has no `}}}}`"))?;
        let value = templates.get(name.trim()).and_then(Value::as_str).filter(|value| !value.contains("{{"));
        let value = value.ok_or_else(|| {
            format!("`{target}` uses a template that is no plain text; write the reference out")
        })?;
        filled.push_str(before);
        filled.push_str(value);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

impl Reading {
    fn insert(&mut self, mut key: String, entry: Entry) {
        // So VirtualiZarr calls the only chunk of an array without axes.
        if key.ends_with('/') {
            key.push('0');
        }
        self.manifest.entries.insert(key.into(), entry);
    }

    fn target(&mut self, name: &str) -> Option<u32> {
        if let Some(at) = self.known.get(name) {
            return Some(*at);
        }
        let at = u32::try_from(self.manifest.targets.len()).ok()?;
        self.manifest.targets.push(name.to_owned());
        self.known.insert(name.to_owned(), at);
        Some(at)
    }
}

/// The outermost object: entries, or what is said about them and entries below `refs`.
struct Top<'a>(&'a mut Reading);

/// An object of entries.
struct Entries<'a>(&'a mut Reading);

/// One entry.
struct One<'a>(&'a mut Reading);

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of references")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "version" => self.0.version = Some(map.next_value()?),
                "templates" => self.0.templates = map.next_value()?,
                "gen" => self.0.has_rules = !map.next_value::<Vec<IgnoredAny>>()?.is_empty(),
                "refs" => map.next_value_seed(Entries(&mut *self.0))?,
                _ => {
                    let entry = map.next_value_seed(One(&mut *self.0))?;
                    self.0.insert(key, entry);
                }
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of references")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let entry = map.next_value_seed(One(&mut *self.0))?;
            self.0.insert(key, entry);
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for One<'_> {
    type Value = Entry;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Entry, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for One<'_> {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, an object, or a list of a file, an offset and a length")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Entry, E> {
        let bytes = match text.strip_prefix(BASE64) {
            Some(coded) => STANDARD.decode(coded).map_err(E::custom)?,
            None => text.as_bytes().to_vec(),
        };
        Ok(Entry::Inline(bytes.into()))
    }

    /// Metadata may stand there as they are.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
        let mut object = Map::new();
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            object.insert(key, value);
        }
        Ok(Entry::Inline(Value::Object(object).to_string().into_bytes().into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Entry, A::Error> {
        let name: String = list.next_element()?.ok_or_else(|| A::Error::custom("a list names no file"))?;
        let target = self.0.target(&name).ok_or_else(|| A::Error::custom("it refers to too many files"))?;
        let offset: Option<u64> = list.next_element::<Option<u64>>()?.flatten();
        let length: Option<u64> = list.next_element::<Option<u64>>()?.flatten();
        if list.next_element::<IgnoredAny>()?.is_some() {
            return Err(A::Error::custom("a list has more than a file, an offset and a length"));
        }
        match (offset, length) {
            (None, None) => Ok(Entry::Whole(target)),
            (Some(offset), Some(length)) => Ok(Entry::Part { target, offset, length }),
            _ => Err(A::Error::custom("a list has an offset and no length")),
        }
    }
}

#[cfg(test)]
mod tests;
