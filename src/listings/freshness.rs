//! What may still be shown of a listing base that grows old. Pure; the time is handed in.
//!
//! A unit whose estate agency agreement or consent to advertise has run out is hidden from the next day on, with a line
//! to head office or without: an advert for it would be an offence (Cap. 511C, section 9). Prices of a base that
//! nobody has confirmed for a set number of days are withheld: the units are still there to talk about, and what they
//! cost is for a person to say.

use super::Listing;
use jiff::Timestamp;
use jiff::civil::Date;

/// Days out of touch after which prices are withheld, unless the branch's settings say otherwise.
pub const WITHHOLD_AFTER_DAYS: u64 = 14;

/// The columns that are withheld with the prices: what a client would take for today's price, and derived ones.
pub const PRICES: &[&str] = &[
    "sale_price_hkd",
    "monthly_rent_hkd",
    "price_psf",
    "rent_psf",
    "parking_price_hkd",
    "last_transaction_hkd",
    "valuation_hsbc_hkd",
    "valuation_hangseng_hkd",
    "valuation_bochk_hkd",
    "valuation_sc_hkd",
    "valuation_bea_hkd",
];

/// Whether a listing may be advertised on a day. Both last days count.
pub fn may_show(listing: &Listing, today: Date) -> bool {
    let terms = &listing.terms;
    [terms.agreement_until, terms.advert_consent_until].into_iter().flatten().all(|until| today <= until)
}

/// For how many whole days a box has been out of touch with head office, where that is so long that prices are
/// withheld. A clock that runs behind the last contact says nothing.
pub fn withheld_days(last_contact: Timestamp, now: Timestamp, after_days: u64) -> Option<i64> {
    let days = now.duration_since(last_contact).as_hours() / 24;
    (days >= i64::try_from(after_days).unwrap_or(i64::MAX)).then_some(days)
}

/// The listing without its prices.
pub fn without_prices(listing: &Listing) -> Listing {
    Listing {
        sale_price_hkd: None,
        monthly_rent_hkd: None,
        parking_price_hkd: None,
        last_transaction_hkd: None,
        valuation_hsbc_hkd: None,
        valuation_hangseng_hkd: None,
        valuation_bochk_hkd: None,
        valuation_sc_hkd: None,
        valuation_bea_hkd: None,
        ..listing.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use jiff::civil::date;

    fn listing() -> Listing {
        crate::demo::listings::generate(1, 1, date(2026, 11, 22)).remove(0).0
    }

    #[test]
    fn a_unit_is_hidden_the_day_after_either_paper_ran_out() {
        let mut one = listing();
        assert!(may_show(&one, date(2099, 1, 1)), "nothing is known, nothing is hidden");
        one.terms.agreement_until = Some(date(2026, 11, 30));
        assert!(may_show(&one, date(2026, 11, 30)) && !may_show(&one, date(2026, 12, 1)));
        one.terms.advert_consent_until = Some(date(2026, 11, 25));
        assert!(may_show(&one, date(2026, 11, 25)) && !may_show(&one, date(2026, 11, 26)));
    }

    #[test]
    fn prices_are_withheld_after_a_number_of_days() {
        let contact: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        let after = |hours| withheld_days(contact, contact + SignedDuration::from_hours(hours), 14);
        assert_eq!((after(-5000), after(0), after(14 * 24 - 1)), (None, None, None));
        assert_eq!((after(14 * 24), after(20 * 24 + 3)), (Some(14), Some(20)));
    }

    #[test]
    fn no_figure_of_a_price_is_left() {
        let bare = without_prices(&listing());
        let today = date(2026, 11, 22);
        for column in PRICES {
            assert!(bare.public_value(column, today).is_null(), "{column}");
        }
        let priced: Vec<&str> = super::super::COLUMNS
            .iter()
            .copied()
            .filter(|c| {
                c.contains("price")
                    || c.contains("valuation")
                    || c.contains("rent_hkd")
                    || c.contains("transaction_hkd")
            })
            .collect();
        assert!(priced.iter().all(|c| PRICES.contains(c)), "{priced:?}");
    }
}
