//! What has been claimed so far. The last word counts: a new value takes the place of the old one where there can be
//! only one (rooms, budget), and everywhere when the client says that they have changed their mind. What no longer
//! holds is kept as history.

use super::point::{Confidence, Draft, Evidence, Is, Kind, Past};

/// A preference, as far as has been heard.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Claim {
    pub slot: &'static str,
    pub value: Is,
    pub avoid: bool,
    pub confidence: Confidence,
    pub evidence: Evidence,
}

impl Claim {
    /// As a point.
    pub fn draft(&self) -> Draft {
        let kind = if self.slot == "price" { Kind::Offer } else { Kind::Preference };
        Draft {
            avoid: self.avoid,
            confidence: self.confidence,
            ..Draft::new(kind, self.slot, self.value.clone(), self.evidence.clone())
        }
    }
}

/// Slots that go with one another: a new value of one replaces those of all.
fn rivals(slot: &str) -> &'static [&'static str] {
    match slot {
        "bedrooms" | "bedrooms_min" => &["bedrooms", "bedrooms_min"],
        "deal" => &["deal"],
        "budget_max" => &["budget_max"],
        "budget_min" => &["budget_min"],
        "area_min" => &["area_min"],
        "area_max" => &["area_max"],
        "school_net" => &["school_net"],
        "mtr_walk_max" => &["mtr_walk_max"],
        "age_max" => &["age_max"],
        "move_in_by" => &["move_in_by"],
        "tenancy" => &["tenancy"],
        "price" => &["price"],
        _ => &[],
    }
}

/// The claims that stand.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    claims: Vec<Claim>,
    past: Vec<Past>,
}

impl Ledger {
    /// Takes in a claim; `change` says that it corrects what was said before.
    pub fn enter(&mut self, claim: Claim, change: bool) {
        let now = claim.evidence.last();
        if let Some(same) = self
            .claims
            .iter_mut()
            .find(|c| c.slot == claim.slot && c.value == claim.value && c.avoid == claim.avoid)
        {
            same.evidence.merge(&claim.evidence);
            same.confidence = same.confidence.max(claim.confidence);
            return;
        }
        let rivals = rivals(claim.slot);
        let corrected = |c: &Claim| {
            let moved = claim.slot == "district" && c.slot == "estate";
            change && !claim.avoid && !c.avoid && c.evidence.last() < now && (c.slot == claim.slot || moved)
        };
        let lower = |c: &Claim| match (&claim.value, &c.value) {
            (Is::Number(max), Is::Number(min)) => {
                claim.slot == "budget_max" && c.slot == "budget_min" && min >= max
            }
            _ => false,
        };
        let gone = |c: &Claim| {
            let opposite = c.slot == claim.slot && c.value == claim.value;
            rivals.contains(&c.slot) || opposite || corrected(c) || lower(c)
        };
        self.drop(now, gone);
        self.claims.push(claim);
    }

    /// Takes back what was claimed for a slot, in the segment `now`.
    pub fn withdraw(&mut self, slot: &str, now: usize) {
        self.drop(now, |c| c.slot == slot && c.evidence.first() <= now);
    }

    fn drop(&mut self, now: usize, gone: impl Fn(&Claim) -> bool) {
        let (gone, stay): (Vec<_>, Vec<_>) = self.claims.drain(..).partition(|c| gone(c));
        self.claims = stay;
        self.past.extend(gone.iter().map(|c| Past { draft: c.draft(), until: now }));
    }

    /// What was claimed and no longer holds.
    pub fn past(&self) -> impl Iterator<Item = &Past> {
        self.past.iter()
    }

    /// Whether something of that slot and value stands already, or another value of a slot that has only one.
    pub fn speaks_of(&self, claim: &Claim) -> bool {
        let rivals = rivals(claim.slot);
        self.claims.iter().any(|c| rivals.contains(&c.slot) || c.slot == claim.slot && c.value == claim.value)
    }

    /// What stands, as points.
    pub fn drafts(&self) -> impl Iterator<Item = Draft> {
        self.claims.iter().map(Claim::draft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(slot: &'static str, value: Is, n: usize) -> Claim {
        Claim { slot, value, avoid: false, confidence: Confidence::Sure, evidence: Evidence::of(n) }
    }

    #[test]
    fn the_last_word_counts() {
        let mut l = Ledger::default();
        l.enter(claim("bedrooms", Is::Number(2), 1), false);
        l.enter(claim("bedrooms_min", Is::Number(3), 4), false);
        l.enter(claim("estate", Is::Place("甲".into(), "A".into()), 5), false);
        l.enter(claim("estate", Is::Place("乙".into(), "B".into()), 6), false);
        let slots = |l: &Ledger| l.drafts().map(|d| d.slot).collect::<Vec<_>>();
        assert_eq!(slots(&l), ["bedrooms_min", "estate", "estate"]);
        l.enter(claim("district", Is::Place("丙".into(), "C".into()), 7), true);
        assert_eq!(slots(&l), ["bedrooms_min", "district"]);
        let past: Vec<_> = l.past().map(|p| (p.draft.slot, p.until)).collect();
        assert_eq!(past, [("bedrooms", 4), ("estate", 7), ("estate", 7)]);
    }
}
