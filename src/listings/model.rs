//! The listing: one unit on offer, public facts only, and its private side in a type of its own.
//!
//! The columns are those of the canonical table (`CONTRACT.md`, "Listing base") under the same names. The private
//! ones ([`PrivateFacts`]) never enter a [`Listing`], so nothing that answers a client can hold them.

use super::cell::*;
use super::pictures;
use crate::reason::Reason;
use jiff::civil::Date;
use serde::{Deserialize, Serialize, Serializer};
use std::sync::Arc;

/// Something wrong with one cell of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Canonical name of the column.
    pub column: String,
    /// What stood there (empty for a private column: it is not repeated in reports).
    pub value: String,
    /// The end of the sentence: "is not a whole number …". In JSON `reason` is the English one, beside `code` and `args`.
    #[serde(flatten)]
    pub reason: Reason,
}

/// Defines the public columns once: the struct, the list of names, and the way in from a file and to and from SQLite.
macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident: $ty:ty,)*) => {
        /// The public facts of one unit. Field names are the canonical column names (`reference` is the column `ref`).
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct Listing {
            /// The listing's reference, unique in the base: "TS-0001".
            #[serde(rename = "ref")]
            pub reference: String,
            $($(#[$doc])* pub $name: $ty,)*
            /// Until when it may be advertised. Not among what a client may see, so it is in no JSON of a listing.
            #[serde(skip)]
            pub terms: Terms,
            /// What its pictures are called in the feed. A reference is head office's business (a URL may hold a secret),
            /// so it is in no JSON of a listing either: a client gets the pictures themselves ([`PublicListing`]).
            #[serde(skip)]
            pub pictures: Pictures,
        }

        /// The public columns in their canonical order, `ref` first.
        pub const COLUMNS: &[&str] = &["ref", $(stringify!($name)),*];

        impl Listing {
            /// Reads a row; `cell` gives the text under a column name. All problems of the row come back together.
            pub fn parse<'a>(cell: impl Fn(&str) -> &'a str) -> Result<Self, Vec<Problem>> {
                let mut problems = Vec::new();
                let reference = cell("ref").trim().to_owned();
                if reference.is_empty() {
                    problems.push(Problem { column: "ref".into(), value: String::new(), reason: Reason::RefEmpty });
                }
                $(let $name = <$ty as Cell>::parse(cell(stringify!($name))).map_err(|reason| problems.push(Problem {
                    column: stringify!($name).into(), value: cell(stringify!($name)).trim().to_owned(), reason,
                })).ok();)*
                let terms = Terms::parse(&cell).map_err(|more| problems.extend(more)).unwrap_or_default();
                let pictures = Pictures::parse(&cell).map_err(|more| problems.extend(more)).unwrap_or_default();
                match (problems.is_empty(), $($name),*) {
                    (true, $(Some($name)),*) => Ok(Self { reference, $($name,)* terms, pictures }),
                    _ => Err(problems),
                }
            }

            /// What a column holds, as JSON; null where it is empty or not one of [`COLUMNS`].
            fn stored_value(&self, column: &str) -> serde_json::Value {
                match column {
                    "ref" => self.reference.as_str().into(),
                    $(stringify!($name) => serde_json::json!(self.$name),)*
                    _ => serde_json::Value::Null,
                }
            }

            /// The values for SQLite, in the order of [`COLUMNS`] and [`OPTIONAL_COLUMNS`].
            pub fn to_sql(&self) -> Vec<rusqlite::types::Value> {
                vec![
                    rusqlite::types::Value::Text(self.reference.clone()),
                    $(Cell::to_sql(&self.$name),)*
                    Cell::to_sql(&self.terms.agreement_until),
                    Cell::to_sql(&self.terms.advert_consent_until),
                    Cell::to_sql(&self.pictures.cell()),
                    Cell::to_sql(&self.pictures.floor_plan),
                ]
            }

            /// Reads a row whose columns are [`COLUMNS`] and [`OPTIONAL_COLUMNS`] in order.
            pub fn from_sql(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
                let mut i = 0;
                let reference = row.get(0)?;
                $(i += 1;
                let $name = <$ty as Cell>::from_sql(row.get_ref(i)?).ok_or_else(|| rusqlite::Error::InvalidColumnType(
                    i, stringify!($name).into(), rusqlite::types::Type::Null))?;)*
                let terms = Terms {
                    agreement_until: optional(row, i + 1, "agreement_until")?,
                    advert_consent_until: optional(row, i + 2, "advert_consent_until")?,
                };
                let pictures =
                    Pictures::from_cells(optional(row, i + 3, "photos")?, optional(row, i + 4, "floor_plan")?);
                Ok(Self { reference, $($name,)* terms, pictures })
            }
        }
    };
}

columns! {
    status: Status,
    deal: Deal,
    region_zh: String,
    region_en: String,
    district_zh: String,
    district_en: String,
    estate_zh: String,
    estate_en: String,
    /// Empty for a single block.
    block_zh: String,
    block_en: String,
    /// Floor number as the lift shows it; 0 is the ground floor (G/F).
    floor: i64,
    floor_band: FloorBand,
    unit: String,
    /// Saleable area (實用面積), square feet: the area that comes first wherever an area is shown.
    saleable_area_sqft: i64,
    /// Gross floor area (建築面積), square feet.
    gross_area_sqft: Option<i64>,
    /// 0 is a studio (開放式).
    bedrooms: i64,
    living_rooms: Option<i64>,
    ensuites: Option<i64>,
    bathrooms: Option<i64>,
    helper_room: YesNo,
    storeroom: YesNo,
    balcony: YesNo,
    terrace_sqft: Option<i64>,
    rooftop_sqft: Option<i64>,
    orientation_zh: String,
    orientation_en: String,
    view_zh: String,
    view_en: String,
    /// Year of the occupation permit.
    year_completed: i64,
    decoration_zh: String,
    decoration_en: String,
    furnished: Furnished,
    pets_allowed: Pets,
    /// Asking price, HKD.
    sale_price_hkd: Option<i64>,
    /// Asking rent, HKD a month.
    monthly_rent_hkd: Option<i64>,
    /// Management fee, HKD a month.
    management_fee_hkd_month: Option<i64>,
    /// Government rates, HKD a quarter.
    rates_hkd_quarter: Option<i64>,
    parking: Parking,
    parking_price_hkd: Option<i64>,
    /// Separated by 、
    facilities_zh: String,
    /// Separated by "; "
    facilities_en: String,
    /// Number of the primary-one admission school net.
    school_net_primary: Option<i64>,
    mtr_zh: String,
    mtr_en: String,
    mtr_walk_minutes: Option<i64>,
    premium_status: Option<Premium>,
    tenancy: Tenancy,
    lease_until: Option<Date>,
    available_from: Option<Date>,
    last_transaction_hkd: Option<i64>,
    last_transaction_date: Option<Date>,
    valuation_hsbc_hkd: Option<i64>,
    valuation_hangseng_hkd: Option<i64>,
    valuation_bochk_hkd: Option<i64>,
    valuation_sc_hkd: Option<i64>,
    valuation_bea_hkd: Option<i64>,
    agent_zh: String,
    agent_en: String,
    /// Licence number under the Estate Agents Ordinance (Cap. 511), shown on every advert.
    agent_licence: String,
    key_status: KeyStatus,
    description_zh: String,
    description_en: String,
    listed_on: Option<Date>,
    /// Date of the facts; what `as_of` of a fact says.
    updated_at: Date,
}

/// Until when a listing may be advertised: what the agency and the owner agreed. A file without these columns is as
/// good as one with; then they are unknown and nothing is hidden.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Last day of the estate agency agreement (Estate Agents Practice (General Duties and Hong Kong Residential
    /// Properties) Regulation, Cap. 511C, section 6; Forms 3 and 5 of Cap. 511B name its validity period).
    pub agreement_until: Option<Date>,
    /// Last day of the owner's written consent to advertise (Cap. 511C, section 9).
    pub advert_consent_until: Option<Date>,
}

/// The columns of [`Terms`] and [`Pictures`], in their order; a file may leave them out.
pub const OPTIONAL_COLUMNS: &[&str] = &["agreement_until", "advert_consent_until", "photos", "floor_plan"];

fn optional<T>(row: &rusqlite::Row<'_>, i: usize, name: &str) -> rusqlite::Result<Option<T>>
where
    Option<T>: Cell,
{
    let null = || rusqlite::Error::InvalidColumnType(i, name.into(), rusqlite::types::Type::Null);
    <Option<T> as Cell>::from_sql(row.get_ref(i)?).ok_or_else(null)
}

impl Terms {
    fn parse<'a>(cell: &impl Fn(&str) -> &'a str) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut date = |column: &str| {
            Option::<Date>::parse(cell(column)).unwrap_or_else(|reason| {
                let value = cell(column).trim().to_owned();
                problems.push(Problem { column: column.into(), value, reason });
                None
            })
        };
        let terms = Self {
            agreement_until: date("agreement_until"),
            advert_consent_until: date("advert_consent_until"),
        };
        if problems.is_empty() { Ok(terms) } else { Err(problems) }
    }
}

/// What the pictures of a listing are called in the feed: https addresses, or names of files in the feed folder's
/// `media/`. Head office fetches them; one that cannot be had is simply not shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pictures {
    /// In the order in which they are shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor_plan: Option<String>,
}

impl Pictures {
    fn parse<'a>(cell: &impl Fn(&str) -> &'a str) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut problem = |column: &str, value: &str, reason: Reason| {
            problems.push(Problem { column: column.into(), value: value.to_owned(), reason });
        };
        let photos: Vec<String> = references(cell("photos")).map(str::to_owned).collect();
        if photos.len() > MOST_PHOTOS {
            problem("photos", "", Reason::TooManyPhotos { count: photos.len(), most: MOST_PHOTOS });
        }
        for photo in &photos {
            if let Err(reason) = pictures::check_reference(photo) {
                problem("photos", photo, reason);
            }
        }
        let floor_plan = Some(cell("floor_plan").trim().to_owned()).filter(|plan| !plan.is_empty());
        if let Some(Err(reason)) = floor_plan.as_deref().map(pictures::check_reference) {
            problem("floor_plan", floor_plan.as_deref().unwrap_or(""), reason);
        }
        if problems.is_empty() { Ok(Self { photos, floor_plan }) } else { Err(problems) }
    }

    /// From what SQLite keeps.
    pub fn from_cells(photos: Option<String>, floor_plan: Option<String>) -> Self {
        Self { photos: references(photos.as_deref().unwrap_or("")).map(str::to_owned).collect(), floor_plan }
    }

    /// The photos as a cell holds them; `None` where there are none.
    fn cell(&self) -> Option<String> {
        (!self.photos.is_empty()).then(|| self.photos.join("; "))
    }

    /// Every reference, in the order of importance: the first photo, the floor plan, the other photos.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let (first, others) = self.photos.split_at(self.photos.len().min(1));
        first.iter().chain(&self.floor_plan).chain(others).map(String::as_str)
    }
}

/// Photos of one listing: more than this is a feed that went wrong.
const MOST_PHOTOS: usize = 40;

/// The references in a cell, separated by "; " or by line ends. A semicolon alone may be a part of an address.
fn references(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('\n')
        .flat_map(|line| line.split("; "))
        .map(|r| r.trim().trim_end_matches(';'))
        .filter(|r| !r.is_empty())
}

/// The owner's side of a listing. It lives in the encrypted store only; see `CONTRACT.md`, "Listing base".
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateFacts {
    pub owner_name: String,
    pub owner_phone: String,
    /// Lowest price (or monthly rent) the owner would take, HKD.
    pub bottom_price_hkd: Option<i64>,
    pub negotiation_note: String,
}

/// The private columns in their canonical order.
pub const PRIVATE_COLUMNS: &[&str] = &["owner_name", "owner_phone", "bottom_price_hkd", "negotiation_note"];

impl PrivateFacts {
    /// Reads the private cells of a row. A problem names the column and never repeats what stood there.
    pub fn parse<'a>(cell: impl Fn(&str) -> &'a str) -> Result<Self, Vec<Problem>> {
        match Option::<i64>::parse(cell("bottom_price_hkd")) {
            Ok(bottom_price_hkd) => Ok(Self {
                owner_name: cell("owner_name").trim().to_owned(),
                owner_phone: cell("owner_phone").trim().to_owned(),
                bottom_price_hkd,
                negotiation_note: cell("negotiation_note").trim().to_owned(),
            }),
            Err(reason) => {
                Err(vec![Problem { column: "bottom_price_hkd".into(), value: String::new(), reason }])
            }
        }
    }
}

impl std::fmt::Debug for PrivateFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateFacts(…)")
    }
}

impl Listing {
    /// Sale price per square foot of saleable area, HKD, rounded to whole dollars.
    pub fn price_psf(&self) -> Option<i64> {
        Some((self.sale_price_hkd? as f64 / self.saleable_area_sqft as f64).round() as i64)
    }

    /// Monthly rent per square foot of saleable area, HKD, rounded to one decimal.
    pub fn rent_psf(&self) -> Option<f64> {
        Some((self.monthly_rent_hkd? as f64 / self.saleable_area_sqft as f64 * 10.0).round() / 10.0)
    }

    /// Years since completion, counted by calendar year.
    pub fn building_age(&self, today: Date) -> i64 {
        i64::from(today.year()) - self.year_completed
    }

    /// One column as a client may see it, derived ones too; null where there is nothing or no such column.
    pub fn public_value(&self, column: &str, today: Date) -> serde_json::Value {
        match column {
            "price_psf" => self.price_psf().into(),
            "rent_psf" => self.rent_psf().into(),
            "building_age" => self.building_age(today).into(),
            stored => self.stored_value(stored),
        }
    }
}

/// What a client may see of a listing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PublicListing {
    #[serde(flatten, serialize_with = "columns_of")]
    pub listing: Arc<Listing>,
    pub price_psf: Option<i64>,
    pub rent_psf: Option<f64>,
    pub building_age: i64,
    /// Its pictures that lie on the box, photos first; who serves them fills this in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<pictures::Shown>,
}

impl PublicListing {
    /// The public columns of a listing with the derived ones added.
    pub fn of(listing: &Arc<Listing>, today: Date) -> Self {
        Self {
            price_psf: listing.price_psf(),
            rent_psf: listing.rent_psf(),
            building_age: listing.building_age(today),
            listing: Arc::clone(listing),
            pictures: Vec::new(),
        }
    }
}

fn columns_of<S: Serializer>(listing: &Arc<Listing>, serializer: S) -> Result<S::Ok, S::Error> {
    listing.as_ref().serialize(serializer)
}
