//! The pictures that the kiosk shows, in memory: of each listing that is on offer, those that lie on the box. Pure.
//!
//! Made anew whenever the base or the shelf changes, so that an answer needs no look at the disk. A unit that is sold or
//! withdrawn has no pictures, and a picture that no unit on offer has is not served.

use super::shelf::Index;
use super::{Format, Shown};
use crate::listings::{Listing, Status};
use std::collections::HashMap;

/// What is shown.
#[derive(Debug, Default)]
pub struct Gallery {
    by_listing: HashMap<String, Vec<Shown>>,
    by_hash: HashMap<String, Format>,
}

/// Whether a unit's pictures may be shown: a picture is an advertisement, and a unit that is sold or withdrawn has none.
pub fn may_show(status: Status) -> bool {
    matches!(status, Status::Available | Status::UnderOffer)
}

impl Gallery {
    /// Of these listings, from this shelf.
    pub fn of<'a>(listings: impl Iterator<Item = &'a Listing>, index: &Index) -> Self {
        let mut gallery = Self::default();
        if index.is_empty() {
            return gallery;
        }
        for listing in listings.filter(|l| may_show(l.status)) {
            let shown = index.of_listing(&listing.pictures);
            for reference in listing.pictures.all() {
                if let Some(picture) = index.get(reference) {
                    gallery.by_hash.insert(picture.sha256.clone(), picture.image.format);
                }
            }
            if !shown.is_empty() {
                gallery.by_listing.insert(listing.reference.clone(), shown);
            }
        }
        gallery
    }

    /// The pictures of a listing, photos first.
    pub fn of_listing(&self, reference: &str) -> &[Shown] {
        self.by_listing.get(reference).map_or(&[], Vec::as_slice)
    }

    /// What the picture with this SHA-256 is; `None` where it is not shown.
    pub fn format(&self, sha256: &str) -> Option<Format> {
        self.by_hash.get(sha256).copied()
    }

    /// How many different pictures are shown.
    pub fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// Whether none is shown.
    pub fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listings::pictures::{Image, Picture};

    #[test]
    fn only_units_on_offer_have_pictures() {
        let mut listings: Vec<Listing> =
            crate::demo::listings::generate(3, 7, jiff::civil::date(2026, 11, 22))
                .into_iter()
                .map(|(l, _)| l)
                .collect();
        let statuses = [Status::Available, Status::Sold, Status::Withdrawn];
        for (listing, status) in listings.iter_mut().zip(statuses) {
            listing.status = status;
            listing.pictures.photos =
                vec![format!("{status:?}.jpg"), "shared.jpg".into(), "missing.jpg".into()];
        }
        let picture = |n: u8| Picture {
            sha256: hex::encode([n; 32]),
            bytes: 9,
            image: Image { format: Format::Webp, width: 4, height: 3 },
        };
        let all = [("Available.jpg", 1), ("Sold.jpg", 2), ("Withdrawn.jpg", 3), ("shared.jpg", 4)];
        let index = Index::of(all.iter().map(|(r, n)| (r.to_string(), picture(*n))).collect());
        let gallery = Gallery::of(listings.iter(), &index);
        let of = |i: usize| gallery.of_listing(&listings[i].reference).len();
        assert_eq!([of(0), of(1), of(2), gallery.len()], [2, 0, 0, 2]);
        assert_eq!(gallery.format(&hex::encode([4; 32])), Some(Format::Webp));
        assert_eq!(gallery.format(&hex::encode([2; 32])), None);
        assert!(Gallery::of(listings.iter(), &Index::default()).is_empty());
    }
}
