//! One cell of a listing, between the three forms it takes: text in a file, a value in SQLite, a field in Rust.
//!
//! Every column of the canonical table has a type that implements [`Cell`], so that what may stand in a column is
//! written once and every importer gives the same sentence about the same mistake.

use crate::reason::Reason;
use rusqlite::types::{Value, ValueRef};
use serde::{Deserialize, Serialize};

/// What can stand in one column.
pub trait Cell: Sized {
    /// Reads the cell of a file. The error is the end of a sentence ("is not a whole number"), for a person.
    fn parse(text: &str) -> Result<Self, Reason>;
    /// The value that SQLite keeps.
    fn to_sql(&self) -> Value;
    /// The value that SQLite kept, or `None` where the file was not written by [`Cell::to_sql`].
    fn from_sql(value: ValueRef<'_>) -> Option<Self>;
}

impl Cell for String {
    fn parse(text: &str) -> Result<Self, Reason> {
        Ok(text.trim().to_owned())
    }
    fn to_sql(&self) -> Value {
        Value::Text(self.clone())
    }
    fn from_sql(value: ValueRef<'_>) -> Option<Self> {
        value.as_str().ok().map(str::to_owned)
    }
}

impl Cell for i64 {
    fn parse(text: &str) -> Result<Self, Reason> {
        match text.trim() {
            "" => Err(Reason::NumberEmpty),
            t => t.parse().map_err(|_| Reason::NumberWrong),
        }
    }
    fn to_sql(&self) -> Value {
        Value::Integer(*self)
    }
    fn from_sql(value: ValueRef<'_>) -> Option<Self> {
        value.as_i64().ok()
    }
}

impl<T: Cell> Cell for Option<T> {
    fn parse(text: &str) -> Result<Self, Reason> {
        if text.trim().is_empty() { Ok(None) } else { T::parse(text).map(Some) }
    }
    fn to_sql(&self) -> Value {
        self.as_ref().map_or(Value::Null, Cell::to_sql)
    }
    fn from_sql(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Null => Some(None),
            v => T::from_sql(v).map(Some),
        }
    }
}

impl Cell for jiff::civil::Date {
    fn parse(text: &str) -> Result<Self, Reason> {
        text.trim().parse().map_err(|_| Reason::DateWrong)
    }
    fn to_sql(&self) -> Value {
        Value::Text(self.to_string())
    }
    fn from_sql(value: ValueRef<'_>) -> Option<Self> {
        value.as_str().ok()?.parse().ok()
    }
}

/// A column that takes one of a few words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),* }

        impl $name {
            /// Every word this column takes.
            pub const WORDS: &[&str] = &[$($word),*];
            /// The word as it stands in the canonical table.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl Cell for $name {
            fn parse(text: &str) -> Result<Self, Reason> {
                match text.trim() {
                    $($word => Ok(Self::$variant),)*
                    "" => Err(Reason::WordEmpty { words: Self::WORDS.join(", ") }),
                    _ => Err(Reason::WordWrong { words: Self::WORDS.join(", ") }),
                }
            }
            fn to_sql(&self) -> Value {
                Value::Text(self.as_str().to_owned())
            }
            fn from_sql(value: ValueRef<'_>) -> Option<Self> {
                Self::parse(value.as_str().ok()?).ok()
            }
        }
    };
}

words! {
    /// Whether the unit may be offered. Only [`Status::Available`] is advertised.
    Status { Available = "available", UnderOffer = "under_offer", Sold = "sold", Withdrawn = "withdrawn" }
}
words! {
    /// What the owner offers.
    Deal { Sale = "sale", Rent = "rent", Both = "both" }
}
words! {
    /// A yes or a no.
    YesNo { Yes = "yes", No = "no" }
}
words! {
    /// Furniture that stays.
    Furnished { None = "none", Partial = "partial", Full = "full" }
}
words! {
    /// Whether animals may live there; "ask" where the deed of mutual covenant leaves it to the manager.
    Pets { Yes = "yes", No = "no", Ask = "ask" }
}
words! {
    /// The car park space, if any.
    Parking { None = "none", Optional = "optional", Included = "included" }
}
words! {
    /// Land premium of subsidised housing (Home Ownership Scheme): 已補地價 or 未補地價.
    Premium { Unpaid = "unpaid", Paid = "paid" }
}
words! {
    /// Sold with vacant possession (交吉) or with its tenancy (連租約).
    Tenancy { Vacant = "vacant", Tenanted = "tenanted" }
}
words! {
    /// Who holds the key for a viewing.
    KeyStatus { BranchKey = "branch_key", ManagementOffice = "management_office", OwnerAppointment = "owner_appointment" }
}
words! {
    /// Height in the block, as the trade says it.
    FloorBand { Low = "低層", Middle = "中層", High = "高層" }
}
