//! Types by number, so that those of a million tasks are compared and kept as numbers.

use std::collections::HashMap;

use gristmill_data::Type;

/// A type's number in [`Types`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TypeId(u32);

/// The types met so far.
pub(super) struct Types {
    types: Vec<Type>,
    ids: HashMap<Type, TypeId>,
}

impl Types {
    /// The number of [`Type::Any`].
    pub(super) const ANY: TypeId = TypeId(0);

    pub(super) fn new() -> Self {
        Self { types: vec![Type::Any], ids: HashMap::from([(Type::Any, Self::ANY)]) }
    }

    pub(super) fn id(&mut self, ty: Type) -> TypeId {
        if let Some(&known) = self.ids.get(&ty) {
            return known;
        }
        let id = TypeId(u32::try_from(self.types.len()).unwrap_or(0));
        self.types.push(ty.clone());
        self.ids.insert(ty, id);
        id
    }

    pub(super) fn get(&self, id: TypeId) -> Type {
        self.types.get(id.0 as usize).cloned().unwrap_or(Type::Any)
    }
}

/// What the tasks of one layer return.
pub(super) enum LayerTypes {
    /// All the same.
    All(TypeId),
    /// Each its own.
    Each(Vec<TypeId>),
}

impl LayerTypes {
    pub(super) fn all(id: TypeId) -> Self {
        Self::All(id)
    }

    pub(super) fn each(ids: Vec<TypeId>) -> Self {
        match ids.split_first() {
            None => Self::All(Types::ANY),
            Some((first, rest)) if rest.iter().all(|id| id == first) => Self::All(*first),
            Some(_) => Self::Each(ids),
        }
    }

    pub(super) fn is_uniform(&self) -> bool {
        matches!(self, Self::All(_))
    }

    pub(super) fn of(&self, index: u32) -> TypeId {
        match self {
            Self::All(id) => *id,
            Self::Each(ids) => ids.get(index as usize).copied().unwrap_or(Types::ANY),
        }
    }
}
