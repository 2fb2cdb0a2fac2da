//! From JSON or TOML text to definitions, with the limits and refusals that the parsers lack.

use std::{cell::Cell, collections::HashMap, fmt, sync::Arc};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::RAW_DEPTH_MAX;
use crate::{Arg, Error};

/// A piece of a document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Text(Arc<str>),
    List(Vec<Self>),
    Map(Vec<(Arc<str>, Self)>),
    /// Null, a truth value or a number.
    Plain(Arg),
}

/// The entries of a document.
pub(super) type Entries = Vec<(Arc<str>, Node)>;

impl Node {
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The same as an argument without references; `{"literal": x}` becomes x.
    pub(super) fn into_literal(self) -> Arg {
        match self {
            Self::Plain(arg) => arg,
            Self::Text(text) => Arg::Text(text),
            Self::List(items) => Arg::List(items.into_iter().map(Self::into_literal).collect()),
            Self::Map(mut entries)
                if entries.len() == 1 && entries.iter().all(|(name, _)| &**name == "literal") =>
            {
                entries.pop().map_or(Arg::Null, |(_, node)| node.into_verbatim())
            }
            Self::Map(entries) => {
                Arg::map(entries.into_iter().map(|(name, node)| (name, node.into_literal())))
            }
        }
    }

    /// The same as an argument, word for word.
    fn into_verbatim(self) -> Arg {
        match self {
            Self::List(items) => Arg::List(items.into_iter().map(Self::into_verbatim).collect()),
            Self::Map(entries) => {
                Arg::map(entries.into_iter().map(|(name, node)| (name, node.into_verbatim())))
            }
            node => node.into_literal(),
        }
    }
}

pub(super) fn json(text: &[u8]) -> Result<Entries, Error> {
    let problem = Cell::new(None);
    let mut parser = serde_json::Deserializer::from_str(utf8(text)?);
    let seed = Seed { depth: 0, problem: &problem };
    let parsed = seed.deserialize(&mut parser).and_then(|node| parser.end().map(|()| node));
    let syntax = |error: serde_json::Error| Error::Syntax { format: "JSON", reason: error.to_string() };
    entries(parsed.map_err(|error| problem.take().unwrap_or_else(|| syntax(error)))?, "JSON")
}

pub(super) fn toml(text: &[u8]) -> Result<Entries, Error> {
    let text = utf8(text)?;
    let parsed: Result<toml::Table, _> = text.parse();
    let table = parsed.map_err(|error: toml::de::Error| {
        let key = error.span().and_then(|span| text.get(span)).unwrap_or_default();
        match error.message().starts_with("duplicate key") {
            true => Error::DuplicateKey { key: key.trim_matches(['"', '\'']).to_owned() },
            false => Error::Syntax { format: "TOML", reason: error.to_string() },
        }
    })?;
    entries(from_toml(toml::Value::Table(table), 0)?, "TOML")
}

fn utf8(text: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(text).map_err(|error| Error::Utf8 { offset: error.valid_up_to() })
}

fn entries(node: Node, format: &'static str) -> Result<Entries, Error> {
    match node {
        Node::Map(entries) => Ok(entries),
        _ => Err(Error::Syntax { format, reason: "expected a map from keys to tasks at the top".into() }),
    }
}

fn from_toml(value: toml::Value, depth: usize) -> Result<Node, Error> {
    let depth = deeper(depth)?;
    Ok(match value {
        toml::Value::String(text) => Node::Text(text.into()),
        toml::Value::Integer(value) => Node::Plain(Arg::Int(value)),
        toml::Value::Float(value) => Node::Plain(Arg::Float(value)),
        toml::Value::Boolean(value) => Node::Plain(Arg::Boolean(value)),
        toml::Value::Datetime(date) => {
            let reason = format!("dates such as {date} have no place in a graph yet; write a text");
            return Err(Error::Syntax { format: "TOML", reason });
        }
        toml::Value::Array(items) => {
            Node::List(items.into_iter().map(|item| from_toml(item, depth)).collect::<Result<_, _>>()?)
        }
        toml::Value::Table(table) => {
            let entries = table.into_iter().map(|(name, item)| Ok((name.into(), from_toml(item, depth)?)));
            Node::Map(entries.collect::<Result<_, Error>>()?)
        }
    })
}

fn deeper(depth: usize) -> Result<usize, Error> {
    match depth >= RAW_DEPTH_MAX {
        true => Err(Error::TooDeep { at: "the raw graph".into(), limit: RAW_DEPTH_MAX }),
        false => Ok(depth + 1),
    }
}

/// Reads a node with serde. Typed errors leave through `problem`, as serde's are only text.
#[derive(Clone, Copy)]
struct Seed<'p> {
    depth: usize,
    problem: &'p Cell<Option<Error>>,
}

impl Seed<'_> {
    fn refuse<E: serde::de::Error>(&self, error: Error) -> E {
        let text = error.to_string();
        self.problem.set(Some(error));
        E::custom(text)
    }

    /// The seed for what is inside.
    fn inside<E: serde::de::Error>(&self) -> Result<Self, E> {
        match deeper(self.depth) {
            Ok(depth) => Ok(Self { depth, ..*self }),
            Err(error) => Err(self.refuse(error)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Node, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a literal, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Plain(Arg::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Plain(Arg::Boolean(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Plain(Arg::Int(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Plain(i64::try_from(value).map_or(Arg::UInt(value), Arg::Int)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Plain(Arg::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let inside = self.inside()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inside)? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let inside = self.inside()?;
        let mut entries: Entries = Vec::new();
        let mut positions: HashMap<Arc<str>, usize> = HashMap::new();
        while let Some(name) = map.next_key::<String>()? {
            let name: Arc<str> = name.into();
            let node = map.next_value_seed(inside)?;
            match positions.get(&name).and_then(|&position| entries.get(position)) {
                Some((_, known)) if *known != node => {
                    return Err(self.refuse(Error::DuplicateKey { key: name.to_string() }));
                }
                Some(_) => {}
                None => {
                    positions.insert(name.clone(), entries.len());
                    entries.push((name, node));
                }
            }
        }
        Ok(Node::Map(entries))
    }
}
