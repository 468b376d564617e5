//! The index against a plain reading of every row: thousands of drawn filters, orders and figures over an invented
//! base with gaps in it. The reading here is the meaning of a condition; the index only has to be quicker.

use super::columns::{self, AGE, NUMBERS, TEXTS};
use super::query::{Cond, Filter, Op, Sort, Target, Test};
use super::resolve::{Base, Found};
use crate::demo::listings::generate;
use crate::language::fold_str;
use crate::language::gazetteer::block_key;
use crate::listings::{Deal, Listing, Status};
use jiff::civil::{Date, date};
use std::sync::Arc;

const TODAY: Date = date(2026, 11, 22);

fn held(cond: &Cond, l: &Listing) -> bool {
    let number = || columns::number(l, cond.column, TODAY);
    let text = TEXTS.iter().find(|(name, _)| *name == cond.column).map_or("", |(_, read)| read(l));
    let held = match &cond.test {
        Test::OneOf(words) => words.iter().any(|w| w == text),
        Test::Numbers(all) => number().is_some_and(|v| all.iter().any(|&n| n as f64 == v)),
        Test::Range(min, max) => {
            number().is_some_and(|v| min.is_none_or(|m| v >= m) && max.is_none_or(|m| v <= m))
        }
        Test::Facing(word) => l.orientation_en.to_lowercase().contains(word),
        Test::Facilities(all) => all.iter().all(|f| l.facilities_en.contains(f.as_str())),
        Test::Present(yes) => {
            let sqft = if cond.column == "terrace" { l.terrace_sqft } else { l.rooftop_sqft };
            sqft.is_some_and(|s| s > 0) == *yes
        }
        Test::Deal(deal) => l.deal == *deal || l.deal == Deal::Both,
        Test::Block(key) => {
            block_key(&l.block_zh, &l.block_en).unwrap_or_else(|| fold_str(&l.block_en)) == *key
        }
        Test::Any(filters) => filters.iter().any(|f| holds(f, l)),
    };
    held != cond.negated
}

fn holds(filter: &Filter, l: &Listing) -> bool {
    filter.conds.iter().all(|c| held(c, l))
}

/// Rows that say nothing last, equals as they were.
fn sorted<'a>(mut rows: Vec<&'a Listing>, column: &str, descending: bool) -> Vec<&'a Listing> {
    rows.sort_by(|a, b| match (columns::number(a, column, TODAY), columns::number(b, column, TODAY)) {
        (Some(x), Some(y)) if descending => y.total_cmp(&x),
        (Some(x), Some(y)) => x.total_cmp(&y),
        (a, b) => a.is_none().cmp(&b.is_none()),
    });
    rows
}

fn over(op: Op, mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    Some(match op {
        _ if n == 0 => return None,
        Op::Count => n as f64,
        Op::Min => values[0],
        Op::Max => values[n - 1],
        Op::Median if n % 2 == 1 => values[n / 2],
        Op::Median => (values[n / 2 - 1] + values[n / 2]) / 2.0,
        Op::Mean => values.iter().sum::<f64>() / n as f64,
    })
}

struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    fn column(&mut self) -> &'static str {
        match self.below(8) {
            0 => AGE,
            1 => "no_such_column",
            _ => self.of(NUMBERS).0,
        }
    }

    /// A number that some listing has in the column, or one near it.
    fn number(&mut self, base: &[&Listing], column: &str) -> f64 {
        let v = columns::number(base[self.below(base.len())], column, TODAY).unwrap_or(3.0);
        v + [0.0, 0.0, 1.0, -1.0, 0.5, 1000.0][self.below(6)]
    }

    fn cond(&mut self, base: &[&Listing], depth: usize) -> Cond {
        let l = &base[self.below(base.len())];
        let column = self.column();
        let (column, test) = match self.below(if depth > 0 { 9 } else { 8 }) {
            0 | 1 => {
                let (column, read) = self.of(TEXTS);
                let mut words = vec![read(l).to_owned()];
                for _ in 0..self.below(3) {
                    words.push(read(base[self.below(base.len())]).to_owned());
                }
                if self.below(8) == 0 {
                    words.push("Nowhere".into());
                }
                (*column, Test::OneOf(words))
            }
            2 => (
                column,
                Test::Numbers((0..1 + self.below(3)).map(|_| self.number(base, column) as i64).collect()),
            ),
            3 => {
                let mut bound = |rare| (self.below(rare) > 0).then(|| self.number(base, column));
                (column, Test::Range(bound(3), bound(3)))
            }
            4 => ("orientation", Test::Facing(self.of(&["south", "west", "north-east", "sea"]).to_string())),
            5 => {
                let all = ["pool", "swimming pool", " gym", "tennis", "court; squash", "", "sauna"];
                (
                    ("facility"),
                    Test::Facilities((0..1 + self.below(2)).map(|_| self.of(&all).to_string()).collect()),
                )
            }
            6 => (*self.of(&["terrace", "rooftop"]), Test::Present(self.below(2) == 0)),
            7 if self.below(2) == 0 => ("deal", Test::Deal(*self.of(&[Deal::Sale, Deal::Rent, Deal::Both]))),
            7 => {
                let key = block_key(&l.block_zh, &l.block_en).unwrap_or_else(|| fold_str(&l.block_en));
                ("block", Test::Block(key))
            }
            _ => ("any", Test::Any((0..1 + self.below(3)).map(|_| self.filter(base, depth - 1)).collect())),
        };
        Cond { column, test, negated: self.below(4) == 0 }
    }

    fn filter(&mut self, base: &[&Listing], depth: usize) -> Filter {
        Filter { conds: (0..self.below(4)).map(|_| self.cond(base, depth)).collect() }
    }
}

/// Generated listings with what a generator leaves out: gaps, odd figures, terraces, years to come.
fn base(count: usize, draw: &mut Draw) -> Base {
    let mut listings: Vec<Listing> = generate(count, 3, TODAY).into_iter().map(|(l, _)| l).collect();
    for l in &mut listings {
        match draw.below(12) {
            0 => l.listed_on = None,
            1 => (l.school_net_primary, l.mtr_walk_minutes) = (None, None),
            2 => (l.sale_price_hkd, l.monthly_rent_hkd) = (None, None),
            3 => l.year_completed = 2027,
            4 => l.terrace_sqft = Some(draw.below(3) as i64 * 100),
            5 => (l.saleable_area_sqft, l.monthly_rent_hkd) = (0, Some(0)),
            6 => l.facilities_en = "pool; gym;sauna".into(),
            7 => l.mtr_en = String::new(),
            _ => {}
        }
    }
    Base::new(listings, "v".into())
}

fn refs(rows: &[&Listing]) -> Vec<String> {
    rows.iter().map(|l| l.reference.clone()).collect()
}

fn refs_of(rows: &[&Arc<Listing>]) -> Vec<String> {
    rows.iter().map(|l| l.reference.clone()).collect()
}

fn check(base: &Base, draw: &mut Draw) -> usize {
    let all: Vec<&Listing> = base.listings().collect();
    let filter = draw.filter(&all, 2);
    let (column, descending, most) = (draw.column(), draw.below(2) == 0, 1 + draw.below(30));
    let said = format!("{filter:?} by {column} {descending}");
    let plain: Vec<&Listing> =
        all.iter().copied().filter(|l| l.status == Status::Available && holds(&filter, l)).collect();
    let rows = base.search(&filter, TODAY);
    assert_eq!(rows.len(), plain.len(), "{said}");
    assert_eq!(refs_of(&rows.first(most, None)), refs(&plain[..most.min(plain.len())]), "{said}");
    let order = sorted(plain.clone(), column, descending);
    let first = rows.first(most, Some((column, descending)));
    assert_eq!(refs_of(&first), refs(&order[..most.min(order.len())]), "{said}");

    let values: Vec<f64> = plain.iter().filter_map(|l| columns::number(l, column, TODAY)).collect();
    for op in [Op::Count, Op::Min, Op::Max, Op::Median, Op::Mean] {
        let (got, expected) = (rows.over(op, column), over(op, values.clone()));
        // A sum depends on its order in the last digit; nothing else may differ at all.
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * b.abs();
        let same = got == expected || (op == Op::Mean && got.zip(expected).is_some_and(|(a, b)| close(a, b)));
        assert!(same, "{op:?} of {said}: {got:?}, not {expected:?}");
    }
    if let Some(&value) = values.first() {
        let same: Vec<&Listing> =
            plain.iter().copied().filter(|l| columns::number(l, column, TODAY) == Some(value)).collect();
        let (total, first) = rows.holding(column, value, most);
        assert_eq!((total, refs_of(&first)), (same.len(), refs(&same[..most.min(same.len())])), "{said}");
    }

    let whatever: Vec<&Listing> = all.iter().copied().filter(|l| holds(&filter, l)).collect();
    found(base, &Target::Unit(filter.clone()), &whatever, &said);
    // "price" is what the deal makes of it; any other column is itself.
    let best = values.iter().copied().min_by(f64::total_cmp);
    let best: Vec<&Listing> =
        plain.into_iter().filter(|l| best.is_some() && columns::number(l, column, TODAY) == best).collect();
    found(base, &Target::Best(filter, Sort { column, descending: false }), &best, &said);
    rows.len()
}

fn found(base: &Base, target: &Target, expected: &[&Listing], said: &str) {
    match (base.find(target, TODAY), expected) {
        (Found::None, []) => {}
        (Found::One(l), [e]) => assert_eq!(l.reference, e.reference, "{said}"),
        (Found::Many(total, first), all @ [_, _, ..]) => {
            assert_eq!((total, refs_of(&first)), (all.len(), refs(&all[..first.len()])), "{said}");
            assert_eq!(first.len(), all.len().min(super::resolve::CANDIDATES), "{said}");
        }
        (found, expected) => panic!("{found:?} and not {} rows: {said}", expected.len()),
    }
}

#[test]
fn the_index_says_what_a_plain_reading_of_every_row_says() {
    let mut draw = Draw(1);
    // Small sets are sorted, large ones sliced; 64 rows fill a word exactly.
    for (count, questions) in [(0, 5), (1, 50), (64, 200), (300, 1200), (1500, 600)] {
        let base = match count {
            0 => Base::new(Vec::<Listing>::new(), "v".into()),
            _ => base(count, &mut draw),
        };
        let mut hits = 0;
        for _ in 0..questions {
            hits += if count == 0 { empty(&base) } else { check(&base, &mut draw) };
        }
        assert!(count < 64 || hits > questions, "{hits} rows in all: the filters find nothing");
    }
}

fn empty(base: &Base) -> usize {
    let rows = base.search(&Filter::default(), TODAY);
    assert_eq!(rows.over(Op::Median, AGE), None);
    assert!(rows.first(10, Some((AGE, true))).is_empty());
    rows.len()
}
