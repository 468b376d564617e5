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
    ("valuation_hsbc_hkd", |l| int(l.valuation_hsbc_hkd)),
    ("valuation_hangseng_hkd", |l| int(l.valuation_hangseng_hkd)),
    ("valuation_bochk_hkd", |l| int(l.valuation_bochk_hkd)),
    ("valuation_sc_hkd", |l| int(l.valuation_sc_hkd)),
    ("valuation_bea_hkd", |l| int(l.valuation_bea_hkd)),
    ("listed_on", |l| l.listed_on.map(day_number)),
    ("updated_at", |l| Some(day_number(l.updated_at))),
    ("available_from", |l| l.available_from.map(day_number)),
    ("lease_until", |l| l.lease_until.map(day_number)),
    ("last_transaction_date", |l| l.last_transaction_date.map(day_number)),
];

/// Of those, the ones that hold dates, by their number of days.
const DATES: [&str; 5] =
    ["listed_on", "updated_at", "available_from", "lease_until", "last_transaction_date"];

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

/// The day that dates are counted from.
const DAY_ZERO: Date = Date::constant(1900, 1, 1);

/// A date as a number: the days since 1900.
pub fn day_number(d: Date) -> f64 {
    f64::from((d - DAY_ZERO).get_days())
}

/// The date behind the number of a column that holds dates; between two days (a median), the earlier.
pub fn date(column: &str, value: f64) -> Option<Date> {
    let days = || DAY_ZERO.checked_add(jiff::Span::new().try_days(value.floor() as i64).ok()?).ok();
    DATES.contains(&column).then(days).flatten()
}
