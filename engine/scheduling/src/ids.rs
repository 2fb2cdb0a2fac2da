//! Names of things as small integers, and the time that events carry.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares a dense `u32` id.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $letter:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl $name {
            /// The id as a position in a vector.
            pub const fn idx(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

id!(
    /// A worker. Given by the driver: counted up from 0, never used for a second worker.
    /// A worker that comes back after it was lost is a new worker.
    WorkerId,
    "w"
);
id!(
    /// A client. Given by the driver: counted up from 0.
    ClientId,
    "c"
);
id!(
    /// Whose work it is, for fair share. Given by the driver: counted up from 0.
    TenantId,
    "tenant"
);
id!(
    /// One submitted graph. Given by the driver, never used for a second graph.
    GraphId,
    "g"
);
id!(
    /// One sending of a task to a worker. What a worker says about an earlier run is recognised as stale.
    RunId,
    "run"
);

/// A live task's name between one scheduler, its workers and its clients.
///
/// The slot is dense, so that side tables can be vectors. Slots of forgotten tasks are used again;
/// the generation tells the users of one slot apart, so a late message never reaches the wrong task.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId {
    /// The position in the scheduler's tables.
    pub slot: u32,
    /// How often the slot had been used before.
    pub generation: u32,
}

impl TaskId {
    /// The slot as a position in a vector.
    pub const fn idx(self) -> usize {
        self.slot as usize
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.generation {
            0 => write!(f, "t{}", self.slot),
            generation => write!(f, "t{}.{generation}", self.slot),
        }
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A moment, in nanoseconds since the driver's own start. It never goes back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub u64);

impl Time {
    /// The moment this many nanoseconds later.
    #[must_use]
    pub const fn after(self, duration_ns: u64) -> Self {
        Self(self.0.saturating_add(duration_ns))
    }

    /// Nanoseconds from `earlier` until now; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09} s", self.0 / 1_000_000_000, self.0 % 1_000_000_000)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
