//! The columns of a listing by name, for conditions, sorting and figures.

use crate::listings::Listing;
use jiff::civil::Date;

/// The number in a column, derived ones too; `None` where the listing says nothing or the column holds text.
pub fn number(l: &Listing, column: &str, today: Date) -> Option<f64> {
    let int = |v: Option<i64>| v.map(|v| v as f64);
    match column {
        "floor" => int(Some(l.floor)),
        "saleable_area_sqft" => int(Some(l.saleable_area_sqft)),
        "gross_area_sqft" => int(l.gross_area_sqft),
        "bedrooms" => int(Some(l.bedrooms)),
        "living_rooms" => int(l.living_rooms),
        "ensuites" => int(l.ensuites),
        "bathrooms" => int(l.bathrooms),
        "terrace_sqft" => int(l.terrace_sqft),
        "rooftop_sqft" => int(l.rooftop_sqft),
        "year_completed" => int(Some(l.year_completed)),
        "building_age" => int(Some(l.building_age(today))),
        "sale_price_hkd" => int(l.sale_price_hkd),
        "monthly_rent_hkd" => int(l.monthly_rent_hkd),
        "price_psf" => int(l.price_psf()),
        "rent_psf" => l.rent_psf(),
        "management_fee_hkd_month" => int(l.management_fee_hkd_month),
        "rates_hkd_quarter" => int(l.rates_hkd_quarter),
        "parking_price_hkd" => int(l.parking_price_hkd),
        "school_net_primary" => int(l.school_net_primary),
        "mtr_walk_minutes" => int(l.mtr_walk_minutes),
        "last_transaction_hkd" => int(l.last_transaction_hkd),
        "listed_on" => l.listed_on.map(day_number),
        _ => None,
    }
}

/// A date as a number that grows with it.
fn day_number(d: Date) -> f64 {
    f64::from(i32::from(d.year()) * 372 + i32::from(d.month()) * 31 + i32::from(d.day()))
}

/// The text in a column, empty where there is none.
pub fn text<'a>(l: &'a Listing, column: &str) -> &'a str {
    match column {
        "estate_en" => &l.estate_en,
        "district_en" => &l.district_en,
        "region_en" => &l.region_en,
        "mtr_en" => &l.mtr_en,
        "block_en" => &l.block_en,
        "unit" => &l.unit,
        "floor_band" => l.floor_band.as_str(),
        "helper_room" => l.helper_room.as_str(),
        "storeroom" => l.storeroom.as_str(),
        "balcony" => l.balcony.as_str(),
        "orientation_en" => &l.orientation_en,
        "view_en" => &l.view_en,
        "decoration_en" => &l.decoration_en,
        "furnished" => l.furnished.as_str(),
        "pets_allowed" => l.pets_allowed.as_str(),
        "parking" => l.parking.as_str(),
        "premium_status" => l.premium_status.map_or("", |p| p.as_str()),
        "tenancy" => l.tenancy.as_str(),
        "key_status" => l.key_status.as_str(),
        "status" => l.status.as_str(),
        "deal" => l.deal.as_str(),
        "facilities_en" => &l.facilities_en,
        _ => "",
    }
}
