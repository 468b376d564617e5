//! Questions for several side by side: units, estates, districts, those of the list shown, the two talked about last.

use super::narrow::with_deal_of;
use super::query::{Cond, Filter, Op, Query, Target};
use super::reading::Reading;
use super::resolve::price_column;
use super::understand::Context;
use crate::language::PlaceKind;
use crate::listings::Deal;

impl Context<'_> {
    /// Several side by side.
    pub(super) fn compare(&self) -> Option<Query> {
        let r = self.r;
        if r.refs.len() >= 2 {
            let subjects = r.refs.iter().map(|x| Target::Ref(x.0.clone())).collect();
            return Some(Query::Compare { subjects, fields: self.compared(true) });
        }
        let whole = |address: &Vec<Cond>| address.iter().any(|c| c.column == "unit");
        if r.addresses.len() >= 2 && r.addresses.iter().all(whole) {
            let so_far = if r.has_place() { Filter::default() } else { self.address_so_far() };
            let subjects = r.addresses.iter().map(|conds| {
                let mut filter = so_far.clone();
                conds.iter().for_each(|c| filter.set(c.clone()));
                Target::Unit(filter)
            });
            return Some(Query::Compare { subjects: subjects.collect(), fields: self.compared(true) });
        }
        let places: Vec<Vec<Cond>> = r
            .places
            .iter()
            .filter(|m| m.place.kind != PlaceKind::Block)
            .map(|m| Reading::place_conds(std::slice::from_ref(m)))
            .collect();
        let asks = r.has("compare")
            || ((r.has("cheaper") || r.has("bigger") || r.has("smaller") || r.best.is_some())
                && !r.has("sort")
                && (r.has("or") || r.has("who") || r.has("where")))
            || (r.has("where") && r.deal.is_some() && (r.fields.len() == 1 || r.has("adjective")));
        let shared = |f: &mut Filter| self.apply(f, false);
        // 想睇下甲定係乙管理費平啲 asks of the two, 睇 or not.
        let lists = r.has("list") && !(r.has("cheaper") && r.has("or") && !r.fields.is_empty());
        if places.len() >= 2 && asks && !lists && r.parts.is_empty() && r.op != Some(Op::Count) {
            let fields = self.compared(false);
            let subjects = places.into_iter().map(|conds| {
                let mut filter = Filter { conds };
                shared(&mut filter);
                with_deal_of(&mut filter, &fields);
                Target::Unit(filter)
            });
            return Some(Query::Compare { subjects: subjects.collect(), fields });
        }
        // "How does it compare with the third one?"
        if r.has("compare") || r.has("bigger") || r.has("smaller") || r.has("cheaper") {
            let shown = &self.session.shown;
            let other = r.ordinal().and_then(|n| if n == usize::MAX { shown.last() } else { shown.get(n) });
            if let (Some(subject), Some(other)) = (&self.session.subject, other)
                && subject != other
            {
                let subjects = vec![Target::Ref(subject.clone()), Target::Ref(other.clone())];
                return Some(Query::Compare { subjects, fields: self.compared(true) });
            }
        }
        if r.has("compare")
            && places.is_empty()
            && r.parts.is_empty()
            && self.session.shown.len() >= 2
            && !matches!(self.session.last, Some(Query::Compare { .. }))
            && r.best.is_none()
            && (r.has("them") || r.has("first") || r.has("second"))
        {
            let shown = &self.session.shown;
            return Some(Query::Compare {
                subjects: shown.iter().take(2).cloned().map(Target::Ref).collect(),
                fields: self.compared(true),
            });
        }
        // "Compare these two": the last two single listings that were talked about.
        if (r.has("compare") || r.has("bigger") || r.has("smaller") || r.has("cheaper") || r.best.is_some())
            && (r.has("both") || (r.has("compare") && r.has("them")))
            && places.is_empty()
            && r.parts.is_empty()
            && let [a, b] = self.session.recent.as_slice()
            && self.session.shown.len() <= 1
        {
            return Some(Query::Compare {
                subjects: vec![Target::Ref(a.clone()), Target::Ref(b.clone())],
                fields: self.compared(true),
            });
        }
        // The same subjects again, by another measure.
        if let Some(Query::Compare { subjects, fields: before }) = &self.session.last
            && places.is_empty()
            && r.parts.is_empty()
            && r.ordinal().is_none()
            && (!r.fields.is_empty() || r.deal.is_some() || !r.measured.is_empty())
        {
            let asked = self.fields_named();
            let fields =
                if asked.is_empty() && r.deal.is_none() { before.clone() } else { self.compared(false) };
            let subjects = subjects.iter().map(|s| match s {
                Target::Unit(f) => {
                    let mut f = f.clone();
                    if f.deal() == Some(Deal::Rent) && fields.iter().all(|c| *c == "price_psf") {
                        f.drop(&["deal"]);
                    }
                    shared(&mut f);
                    with_deal_of(&mut f, &fields);
                    Target::Unit(f)
                }
                other => other.clone(),
            });
            return Some(Query::Compare { subjects: subjects.collect(), fields });
        }
        None
    }

    fn fields_named(&self) -> Vec<&'static str> {
        let mut out: Vec<_> = self.r.fields.iter().map(|f| price_column(f, self.r.deal)).collect();
        if self.r.has("rent_amount") && !out.iter().any(|f| f.contains("rent")) && !out.contains(&"price_psf")
        {
            out.push("monthly_rent_hkd");
        }
        out
    }

    /// The columns that are compared.
    fn compared(&self, units: bool) -> Vec<&'static str> {
        let mut named = self.fields_named();
        let sort = self.r.best.as_ref().or(self.r.order.as_ref());
        if !named.is_empty() {
            let column = sort.map(|s| price_column(s.column, self.r.deal));
            let area = "saleable_area_sqft";
            if (self.r.has("bigger") || self.r.has("smaller")) && !named.contains(&area) {
                named.push(area);
            }
            named.extend(column.filter(|c| *c != "price" && !named.contains(c)));
            return named;
        }
        match (sort, self.r.deal) {
            (Some(s), deal) => vec![price_column(s.column, deal)],
            (None, _) if self.r.has("bigger") || self.r.has("smaller") => vec!["saleable_area_sqft"],
            (None, _) if units => vec!["saleable_area_sqft", "price", "management_fee_hkd_month"],
            (None, Some(Deal::Rent)) => vec!["monthly_rent_hkd"],
            (None, Some(_)) => vec!["sale_price_hkd"],
            (None, None) => vec!["price_psf"],
        }
    }
}
