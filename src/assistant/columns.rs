//! The columns of a listing by name, for conditions, sorting and figures. The index is made of these tables, and one
//! listing is read by them, so that the two cannot differ.

use crate::listings::Listing;
use jiff::civil::Date;

/// A column of numbers.
type Number = fn(&Listing) -> Option<f64>;
/// A column of words.
type Text = fn(&Listing) -> &str;

/// The years since completion: the one column that depends on the day.
pub const AGE: &str = "building_age";
/// What the age is counted from.
pub const YEAR: &str = "year_completed";

fn int(v: Option<i64>) -> Option<f64> {
    v.map(|v| v as f64)
}

/// The columns of numbers, [`AGE`] apart.
pub const NUMBERS: &[(&str, Number)] = &[
    ("floor", |l| int(Some(l.floor))),
    ("saleable_area_sqft", |l| int(Some(l.saleable_area_sqft))),
    ("gross_area_sqft", |l| int(l.gross_area_sqft)),
    ("bedrooms", |l| int(Some(l.bedrooms))),
    ("living_rooms", |l| int(l.living_rooms)),
    ("ensuites", |l| int(l.ensuites)),
    ("bathrooms", |l| int(l.bathrooms)),
    ("terrace_sqft", |l| int(l.terrace_sqft)),
    ("rooftop_sqft", |l| int(l.rooftop_sqft)),
    (YEAR, |l| int(Some(l.year_completed))),
    ("sale_price_hkd", |l| int(l.sale_price_hkd)),
    ("monthly_rent_hkd", |l| int(l.monthly_rent_hkd)),
    ("price_psf", |l| int(l.price_psf())),
    // No area and no rent would be no number.
    ("rent_psf", |l| l.rent_psf().filter(|v| !v.is_nan())),
    ("management_fee_hkd_month", |l| int(l.management_fee_hkd_month)),
    ("rates_hkd_quarter", |l| int(l.rates_hkd_quarter)),
    ("parking_price_hkd", |l| int(l.parking_price_hkd)),
    ("school_net_primary", |l| int(l.school_net_primary)),
    ("mtr_walk_minutes", |l| int(l.mtr_walk_minutes)),
    ("last_transaction_hkd", |l| int(l.last_transaction_hkd)),
    ("listed_on", |l| l.listed_on.map(day_number)),
];

/// The columns of words.
pub const TEXTS: &[(&str, Text)] = &[
    ("estate_en", |l| &l.estate_en),
    ("district_en", |l| &l.district_en),
    ("region_en", |l| &l.region_en),
    ("mtr_en", |l| &l.mtr_en),
    ("block_en", |l| &l.block_en),
    ("unit", |l| &l.unit),
    ("floor_band", |l| l.floor_band.as_str()),
    ("helper_room", |l| l.helper_room.as_str()),
    ("storeroom", |l| l.storeroom.as_str()),
    ("balcony", |l| l.balcony.as_str()),
    ("orientation_en", |l| &l.orientation_en),
    ("view_en", |l| &l.view_en),
    ("decoration_en", |l| &l.decoration_en),
    ("furnished", |l| l.furnished.as_str()),
    ("pets_allowed", |l| l.pets_allowed.as_str()),
    ("parking", |l| l.parking.as_str()),
    ("premium_status", |l| l.premium_status.map_or("", |p| p.as_str())),
    ("tenancy", |l| l.tenancy.as_str()),
    ("key_status", |l| l.key_status.as_str()),
    ("status", |l| l.status.as_str()),
    ("deal", |l| l.deal.as_str()),
    ("facilities_en", |l| &l.facilities_en),
];

/// The number in a column, derived ones too; `None` where the listing says nothing or the column holds text.
pub fn number(l: &Listing, column: &str, today: Date) -> Option<f64> {
    if column == AGE {
        return Some(l.building_age(today) as f64);
    }
    NUMBERS.iter().find(|(name, _)| *name == column).and_then(|(_, read)| read(l))
}

/// A date as a number that grows with it.
fn day_number(d: Date) -> f64 {
    f64::from(i32::from(d.year()) * 372 + i32::from(d.month()) * 31 + i32::from(d.day()))
}
