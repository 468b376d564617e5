//! A reading and the conversation so far to a typed query.

use super::address::Part;
use super::confirm;
use super::narrow::with_deal_of;
use super::query::{Cond, Filter, Op, PLACES, Query, Sort, Target, Test, UNIT};
use super::reading::Reading;
use super::resolve::{Base, Found, price_column};
use super::rules;
use super::session::Session;
use crate::language::PlaceKind;
use crate::listings::Deal;
use jiff::civil::Date;

/// What a question asks. `folded` is its folded text.
pub fn understand(r: &Reading, folded: &str, session: &Session, base: &Base, today: Date) -> Query {
    let said = rules::Said::in_text(folded);
    if let Some(rule) = said.refused() {
        return Query::Refuse(rule.into());
    }
    let listings = !r.refs.is_empty()
        || r.has_place()
        || !r.parts.is_empty()
        || !r.measured.is_empty()
        || !r.said.is_empty();
    if let Some(rule) = said.handed_off(listings) {
        return Query::Handoff(rule.into());
    }
    let fresh = Session::default();
    let session = if r.has("reset") { &fresh } else { session };
    let x = Context { r, session, base, today };
    if let Some(name) = x.not_here() {
        return Query::NotHere(name);
    }
    if let Some(m) = confirm::doubtful(r) {
        let places: Vec<_> = std::iter::once(&m.place).chain(&m.also).cloned().collect();
        // One name is asked back at a time: the others count as sure while the listings of each are looked up.
        let ask = |place| {
            let mut settled = confirm::settled(r, place);
            settled.places.iter_mut().chain(&mut settled.not_places).for_each(|m| m.sure = true);
            understand(&settled, folded, session, base, today)
        };
        return Query::WhichPlace { queries: places.iter().map(ask).collect(), places };
    }
    let pointed = session.last.is_some()
        && (r.ordinal().is_some()
            || r.letter.is_some()
            || ["list", "cheaper", "bigger", "smaller", "it", "sort", "who"].iter().any(|f| r.has(f)));
    if !r.something && !pointed {
        if said.about_a_person() {
            return Query::Refuse("about a person".into());
        }
        return Query::Handoff("nothing about property".into());
    }
    let query = x
        .compare()
        .or_else(|| x.pointed_at())
        .or_else(|| x.one_of_candidates())
        .or_else(|| x.unit())
        .or_else(|| x.figure())
        .or_else(|| x.subject_facts())
        .unwrap_or_else(|| x.search());
    match query {
        Query::Handoff(_) if said.about_a_person() => Query::Refuse("about a person".into()),
        query => query,
    }
}

/// The one listing that a question names, whatever becomes of the question: who was refused its owner's number may go on
/// about the flat.
pub fn named(r: &Reading, session: &Session, base: &Base, today: Date) -> Option<String> {
    let x = Context { r, session, base, today };
    match x.pointed_at().or_else(|| x.unit())? {
        Query::Facts { target, .. } => match base.find(&target, today) {
            Found::One(l) => Some(l.reference.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// What was wanted at a place that is not here, to be looked for where the client says next.
pub fn elsewhere(query: &Query, r: &Reading, session: &Session, base: &Base, today: Date) -> Option<Query> {
    if !matches!(query, Query::NotHere(_)) || !r.has_conds() || !r.parts.is_empty() {
        return None;
    }
    let x = Context { r, session, base, today };
    let mut filter = Filter::default();
    x.apply(&mut filter, false);
    Some(Query::Search { filter, sort: r.order.clone() })
}

/// A question in its conversation.
pub(super) struct Context<'a> {
    pub(super) r: &'a Reading,
    pub(super) session: &'a Session,
    pub(super) base: &'a Base,
    pub(super) today: Date,
}

impl Context<'_> {
    /// A place or a reference that was named and that the base does not have.
    fn not_here(&self) -> Option<String> {
        let r = self.r;
        let name = |m: &crate::language::PlaceMatch| {
            if m.place.name_zh.is_empty() { m.place.name_en.clone() } else { m.place.name_zh.clone() }
        };
        r.places
            .iter()
            .find(|m| m.place.kind == PlaceKind::Estate && !m.place.in_base)
            .map(name)
            .or_else(|| r.refs.iter().find(|x| !x.1).map(|x| x.0.clone()))
            .or_else(|| r.unknown.clone().filter(|_| r.refs.is_empty()))
    }

    /// Columns that the question asks for when it is about one listing: those named, and those of its conditions.
    fn fields(&self) -> Vec<&'static str> {
        let (mut out, mut named) = (self.r.fields.clone(), Vec::new());
        // Alternatives ("a terrace or a rooftop") ask for each of their columns.
        let each = self.r.said.iter().flat_map(|c| match &c.test {
            Test::Any(all) => all.iter().flat_map(|f| &f.conds).collect(),
            _ => vec![c],
        });
        for c in each {
            let column = match c.column {
                "view_en" => "view",
                "orientation_en" => "orientation",
                "decoration_en" => "decoration",
                "facility" => "facilities",
                "terrace" => "terrace_sqft",
                "rooftop" => "rooftop_sqft",
                "either" => {
                    let Test::Any(all) = &c.test else { continue };
                    named.extend(all.iter().flat_map(|f| f.conds.iter()).map(|c| c.column));
                    continue;
                }
                other => other,
            };
            named.push(column);
        }
        for column in named {
            if !out.contains(&column) {
                out.push(column);
            }
        }
        if self.r.has("rent_amount") && !out.iter().any(|f| f.contains("rent_hkd")) {
            out.push("monthly_rent_hkd");
        }
        if self.r.both_deals && out.iter().all(|f| f.contains("price") || f.contains("rent_hkd")) {
            return vec!["sale_price_hkd", "monthly_rent_hkd"];
        }
        let priced = out.iter().any(|f| f.contains("price") || f.contains("rent") || f.contains("valuation"));
        if out.contains(&"price") && self.r.deal.is_some() {
            let column = price_column("price", self.r.deal);
            out.iter_mut().filter(|f| **f == "price").for_each(|f| *f = column);
        } else if out.is_empty() && self.r.deal.is_some() && !priced {
            out.push(price_column("price", self.r.deal));
        }
        out
    }

    /// One listing by its reference or by its place in what was shown.
    fn pointed_at(&self) -> Option<Query> {
        let r = self.r;
        if let Some((reference, _)) = r.refs.first() {
            return Some(Query::Facts { target: Target::Ref(reference.clone()), fields: self.fields() });
        }
        let n = r.ordinal()?;
        if r.has_place() || self.session.shown.is_empty() {
            return None;
        }
        let shown = &self.session.shown;
        let fields = match (&self.session.last, self.fields()) {
            (Some(Query::Facts { fields, .. }), asked) if asked.is_empty() => fields.clone(),
            (_, asked) => asked,
        };
        match shown.get(if n == usize::MAX { shown.len() - 1 } else { n }) {
            Some(reference) => Some(Query::Facts { target: Target::Ref(reference.clone()), fields }),
            None => Some(Query::NotHere(format!("#{}", n + 1))),
        }
    }

    pub(super) fn unit_conds(&self) -> Vec<Cond> {
        let mut out = Vec::new();
        for m in self.r.blocks() {
            out.push(Cond::new("block", Test::Block(crate::language::fold_str(&m.place.name_en))));
        }
        out.extend(self.r.parts.iter().map(Part::cond));
        out
    }

    /// The conversation's place and unit, to which a new part of an address is put.
    pub(super) fn address_so_far(&self) -> Filter {
        if let Some(l) = self.session.subject.as_deref().and_then(|s| self.base.by_ref(s)) {
            return Base::address(l);
        }
        let kept = |f: &Filter| Filter {
            conds: f
                .conds
                .iter()
                .filter(|c| !c.negated && (PLACES.contains(&c.column) || UNIT.contains(&c.column)))
                .cloned()
                .collect(),
        };
        match &self.session.last {
            Some(Query::Facts { target: Target::Unit(f), .. }) => f.clone(),
            Some(Query::Search { filter, .. } | Query::Aggregate { filter, .. }) => kept(filter),
            _ => Filter::default(),
        }
    }

    /// After a question back about several units, the one that meets a condition: "the four-bed one", 海景嗰間.
    fn one_of_candidates(&self) -> Option<Query> {
        let (r, s) = (self.r, self.session);
        let Some(Query::Facts { target: Target::Unit(filter), fields }) = &s.last else { return None };
        let conds: Vec<&Cond> = r.measured.iter().chain(&r.said).filter(|c| !c.negated).collect();
        let asks = r.has("list") || r.has("have") || r.op.is_some() || r.best.is_some() || r.order.is_some();
        if s.subject.is_some()
            || s.shown.len() < 2
            || (conds.is_empty() && r.deal.is_none())
            || r.has_place()
            || !r.parts.is_empty()
            || r.money.is_some()
            || asks
        {
            return None;
        }
        let mut narrowed = filter.clone();
        conds.into_iter().for_each(|c| narrowed.set(c.clone()));
        r.deal.into_iter().for_each(|d| narrowed.set(Cond::new("deal", Test::Deal(d))));
        let target = Target::Unit(narrowed);
        let Found::One(l) = self.base.find(&target, self.today) else { return None };
        let fields = if r.fields.is_empty() { fields.clone() } else { r.fields.clone() };
        Some(Query::Facts { target: Target::Ref(l.reference.clone()), fields })
    }

    /// A question about one unit by its address, or a part of one that completes the address so far.
    fn unit(&self) -> Option<Query> {
        let (r, mut conds) = (self.r, self.unit_conds());
        // After a question back, a letter alone is the flat: 「C嗰間呀」.
        if conds.is_empty()
            && self.session.subject.is_none()
            && matches!(self.session.last, Some(Query::Facts { target: Target::Unit(_), .. }))
        {
            conds.extend(r.letter.iter().map(|l| Part::Unit(l.clone()).cond()));
            // 5室 is five rooms, but not where the flat was asked for.
            if let ([Cond { column: "bedrooms", test: Test::Numbers(n), .. }], true) =
                (r.measured.as_slice(), conds.is_empty() && r.said.is_empty() && r.deal.is_none())
            {
                conds.extend(n.first().map(|n| Part::Unit(n.to_string()).cond()));
            }
        }
        if conds.is_empty() || r.has("floor bounded") {
            return None;
        }
        let said = |column| conds.iter().any(|c: &Cond| c.column == column);
        let after_facts = matches!(self.session.last, Some(Query::Facts { .. }));
        let asked = self.fields();
        let listing = r.has("list") || r.op == Some(Op::Count) || r.order.is_some() || r.best.is_some();
        let searching = listing || !r.measured.is_empty() || r.money.is_some();
        let one = if said("unit") {
            true
        } else if said("floor") {
            // 光明臺1座8樓嗰個單位准唔准養貓 is about one.
            let conds_only = r.fields.is_empty() && (r.deal.is_some() || !r.said.is_empty());
            let sought = conds_only && !after_facts && !r.has("it");
            !searching && !sought
        } else {
            !searching && ((after_facts && !r.has_place()) || !r.fields.is_empty())
        };
        if !one {
            return None;
        }
        let estate = r.places.iter().any(|m| m.place.kind == PlaceKind::Estate);
        let mut filter = if r.has_place() { Filter::default() } else { self.address_so_far() };
        if r.has_place() && r.has("correct") {
            filter = self.address_so_far();
            filter.drop(PLACES);
        }
        if !estate && let Some(block) = r.blocks().next() {
            // A named block carries its estate, unless the conversation's has one of that name too.
            let here = filter.get("estate_en").is_some_and(
                |c| matches!(&c.test, Test::OneOf(n) if n.iter().all(|n| block.place.estates.contains(n))),
            );
            if !here && !r.has_place() {
                filter = Filter::default();
            }
        }
        // A whole new address in another block or floor does not keep the old flat.
        if said("block") && said("floor") && !said("unit") && !r.follows {
            filter.drop(&["unit"]);
        }
        // Beside an estate, a district or a station is where the client works.
        let named =
            Reading::place_conds(&r.places).into_iter().filter(|c| !estate || c.column == "estate_en");
        named.chain(conds).for_each(|c| filter.set(c));
        let fields = match &self.session.last {
            Some(Query::Facts { fields, .. }) if asked.is_empty() && !r.has_place() => fields.clone(),
            _ => asked,
        };
        Some(Query::Facts { target: Target::Unit(filter), fields })
    }

    /// A figure over many, or the best of them.
    fn figure(&self) -> Option<Query> {
        let r = self.r;
        if r.order.is_some() {
            return None;
        }
        let mut filter = self.filter();
        if r.op.is_none() && r.best.is_none() {
            // The same figure of another place or of other rooms: 咁德福花園呢?
            return match &self.session.last {
                Some(Query::Aggregate { op, column, .. })
                    if r.follows
                        && !r.has("list")
                        && !r.has("have")
                        && r.fields.is_empty()
                        && (r.has_place() || !r.measured.is_empty()) =>
                {
                    Some(Query::Aggregate { op: *op, column, filter })
                }
                _ => None,
            };
        }
        if let Some(op) = r.op.filter(|o| *o == Op::Count || r.best.is_none()) {
            if op == Op::Count {
                return Some(Query::Aggregate { op, column: "ref", filter });
            }
            let named = r.fields.iter().copied().find(|f| !matches!(*f, "status" | "listed_on"));
            let column = price_column(named.unwrap_or("price"), filter.deal());
            with_deal_of(&mut filter, &[column]);
            return Some(Query::Aggregate { op, column, filter });
        }
        let best = r.best.clone()?;
        if r.has("sort") {
            return None;
        }
        let deal = filter.deal().or(r.fields.iter().find_map(|f| match *f {
            "monthly_rent_hkd" => Some(Deal::Rent),
            "sale_price_hkd" => Some(Deal::Sale),
            _ => None,
        }));
        let column = price_column(best.column, deal);
        let priced = ["price", "sale_price_hkd", "monthly_rent_hkd", "price_psf", "status", "listed_on"];
        let others: Vec<_> = r
            .fields
            .iter()
            .copied()
            .filter(|f| {
                *f != column && !(priced.contains(f) && priced.contains(&column)) && *f != "building_age"
            })
            .collect();
        let plural = r.has("list") || r.has("them");
        if plural && others.is_empty() && !r.has("who") {
            return None;
        }
        with_deal_of(&mut filter, &[column]);
        if others.is_empty() {
            let op = if best.descending { Op::Max } else { Op::Min };
            return Some(Query::Aggregate { op, column, filter });
        }
        Some(Query::Facts { target: Target::Best(filter, Sort { column, ..best }), fields: others })
    }

    /// A question about the listing that is being talked about.
    fn subject_facts(&self) -> Option<Query> {
        let (r, s) = (self.r, self.session);
        let elsewhere = ["same_estate", "same_district", "same_block", "same_floor", "cheaper", "bigger", "smaller", "drop"]
                .iter()
                .any(|f| r.has(f))
                || (r.has("them") && s.shown.len() > 1)
                // "Which facilities does it have" lists columns; "which are for sale" lists listings.
                || (r.has("list") && (r.fields.is_empty() || r.has_conds() || s.subject.is_none()));
        if r.has_place()
            || elsewhere
            || r.order.is_some()
            || r.best.is_some()
            || r.op.is_some()
            || !r.measured.is_empty()
            || r.money.is_some()
        {
            return None;
        }
        let fields = self.fields();
        let facts = |target| Some(Query::Facts { target, fields: fields.clone() });
        match (&s.last, &s.subject) {
            (Some(Query::Facts { .. } | Query::Aggregate { .. }), Some(subject))
                if !fields.is_empty() || r.has("it") =>
            {
                facts(Target::Ref(subject.clone()))
            }
            (Some(Query::Facts { target, .. }), None) if !fields.is_empty() => facts(target.clone()),
            // After a list, conditions narrow it; columns and pronouns are about one of it.
            (Some(Query::Search { .. } | Query::Aggregate { .. } | Query::Compare { .. }), subject)
                if !r.fields.is_empty()
                    || (r.has("it") && !fields.is_empty() && !(r.follows && s.shown.len() > 1)) =>
            {
                match subject {
                    Some(subject) => facts(Target::Ref(subject.clone())),
                    None if s.shown.is_empty() => None,
                    None => facts(Target::OneOf(s.shown.clone())),
                }
            }
            _ => None,
        }
    }

    fn search(&self) -> Query {
        let filter = self.filter();
        let before = match &self.session.last {
            Some(Query::Search { sort, .. }) if !self.r.has_place() || self.r.follows => sort.clone(),
            _ => None,
        };
        let sort = self.r.order.clone().or(self.r.best.clone()).or(before);
        if filter.conds.is_empty() && sort.is_none() && !["list", "have"].iter().any(|f| self.r.has(f)) {
            return Query::Handoff("nothing to search by".into());
        }
        Query::Search { filter, sort }
    }
}
