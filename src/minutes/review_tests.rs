//! The cases of the overlay: what agents said outlives a redo and a meeting that goes on.

use super::*;
use crate::store::minutes::{Confidence, Evidence, Replaced};
use serde_json::Value;

fn point(kind: &str, slot: &str, value: Value, segments: &[usize]) -> Point {
    Point {
        kind: kind.into(),
        slot: Some(slot.into()),
        value,
        polarity: (kind == "preference").then(|| "want".into()),
        text: String::new(),
        segments: Evidence::try_from(segments.to_vec()).unwrap(),
        at: segments[0] as f64,
        confidence: Confidence::Sure,
        act: None,
    }
}

fn wants(slot: &str, value: impl Into<Value>, segments: &[usize]) -> Point {
    point("preference", slot, value.into(), segments)
}

fn act(verb: &str, thing: &str, said: &str, due: Value, segments: &[usize]) -> Point {
    let things = if thing.is_empty() { Vec::new() } else { vec![thing.to_owned()] };
    let act = Some(Act { verb: verb.into(), things, said: said.into() });
    Point { act, ..point("action", "agent", due, segments) }
}

fn minutes(points: Vec<Point>) -> Minutes {
    Minutes { points, ..Minutes::default() }
}

/// The record as it grows: each verdict is on what stands then.
#[derive(Default)]
struct Record(Vec<Review>);

impl Record {
    /// May says something of the point that `choose` picks, when `heard` segments were heard.
    fn say(
        &mut self,
        minutes: &Minutes,
        verdict: Verdict,
        heard: usize,
        choose: impl Fn(&Point) -> bool,
        to: Option<Point>,
    ) -> String {
        let now = overlay(minutes, &self.0);
        let all = now.points.iter().chain(&now.offered).chain(&now.struck).chain(&now.replaced);
        let standing = all.into_iter().find(|s| choose(&s.point)).expect("the point is there").clone();
        self.0.push(Review {
            point: standing.id.clone(),
            verdict,
            agent: "May".into(),
            at: format!("2026-11-22T0{}:00:00.000Z", self.0.len()),
            heard,
            origin: standing.origin,
            was: Some(standing.point),
            corrected: to,
        });
        standing.id
    }

    fn add(&mut self, point: Point) {
        self.0.push(Review {
            point: "added".into(),
            verdict: Verdict::Added,
            agent: "May".into(),
            at: "2026-11-22T01:00:00.000Z".into(),
            heard: 100,
            origin: Origin::Agent,
            was: None,
            corrected: Some(point),
        });
    }
}

/// "slot value" of what stands in a list.
fn says(list: &[Standing]) -> Vec<String> {
    let name = |p: &Point| p.slot.clone().unwrap_or_default();
    list.iter().map(|s| format!("{} {}", name(&s.point), s.point.value)).collect()
}

fn slot(name: &'static str) -> impl Fn(&Point) -> bool {
    move |p| p.slot.as_deref() == Some(name)
}

const ALL: usize = 100;

#[test]
fn an_accepted_point_stays_where_a_redo_finds_it_no_more_or_elsewhere() {
    let first = minutes(vec![wants("bedrooms", 2, &[4]), wants("view", "sea", &[6])]);
    let mut record = Record::default();
    let id = record.say(&first, Verdict::Accepted, ALL, slot("bedrooms"), None);
    for redo in [
        minutes(vec![wants("view", "sea", &[6])]),
        minutes(vec![wants("bedrooms", 2, &[9]), wants("view", "sea", &[6])]),
    ] {
        let r = overlay(&redo, &record.0);
        assert_eq!(says(&r.points), ["bedrooms 2", "view \"sea\""]);
        let kept = &r.points[0];
        assert_eq!((&kept.id, kept.origin, kept.point.segments.first()), (&id, Origin::Extracted, 4));
        let review = kept.review.as_ref().unwrap();
        assert_eq!((review.verdict, review.by.as_str(), &review.was), (Verdict::Accepted, "May", &None));
        assert!(r.points[1].review.is_none());
    }
}

#[test]
fn a_struck_point_does_not_come_back() {
    let first = minutes(vec![wants("bedrooms", 2, &[4]), point("objection", "price", Value::Null, &[20])]);
    let mut record = Record::default();
    record.say(&first, Verdict::Struck, ALL, slot("bedrooms"), None);
    record.say(&first, Verdict::Struck, ALL, slot("price"), None);
    // A redo finds the one elsewhere, and the other with one segment more; a price that was minded much later is new.
    let redo = minutes(vec![
        wants("bedrooms", 2, &[50]),
        point("objection", "price", Value::Null, &[19, 20]),
        point("objection", "price", Value::Null, &[80]),
    ]);
    let r = overlay(&redo, &record.0);
    assert_eq!(says(&r.struck), ["bedrooms 2", "price null"]);
    assert_eq!((says(&r.points), r.points[0].point.at), (vec!["price null".to_owned()], 80.0));
    assert_ne!(r.points[0].id, r.struck[1].id);
    // Another value is another point.
    assert_eq!(says(&overlay(&minutes(vec![wants("bedrooms", 3, &[4])]), &record.0).points), ["bedrooms 3"]);
}

#[test]
fn a_corrected_point_does_not_come_back_beside_its_correction() {
    let first = minutes(vec![wants("bedrooms", 2, &[4])]);
    let mut record = Record::default();
    let id = record.say(&first, Verdict::Corrected, ALL, slot("bedrooms"), Some(wants("bedrooms", 3, &[4])));
    let wrong_again = first.clone();
    let right = minutes(vec![wants("bedrooms", 3, &[4, 5])]);
    let both = minutes(vec![wants("bedrooms", 3, &[4]), wants("bedrooms", 2, &[9])]);
    for redo in [wrong_again, right, both, minutes(vec![])] {
        let r = overlay(&redo, &record.0);
        assert_eq!(says(&r.points), ["bedrooms 3"]);
        let review = r.points[0].review.as_ref().unwrap();
        assert_eq!((&r.points[0].id, review.verdict), (&id, Verdict::Corrected));
        assert_eq!(review.was.as_ref().unwrap().value, 2);
    }
    // Corrected once more: what the box had is still told, and both earlier forms stay away.
    record.say(&first, Verdict::Corrected, ALL, slot("bedrooms"), Some(wants("bedrooms_min", 3, &[4])));
    let r = overlay(&minutes(vec![wants("bedrooms", 2, &[4]), wants("bedrooms", 3, &[7])]), &record.0);
    assert_eq!(says(&r.points), ["bedrooms_min 3"]);
    assert_eq!(r.points[0].review.as_ref().unwrap().was.as_ref().unwrap().value, 2);
    // Struck in the end, and then taken back: it is as the box had it.
    record.say(&first, Verdict::Struck, ALL, slot("bedrooms_min"), None);
    assert_eq!(says(&overlay(&first, &record.0).struck), ["bedrooms_min 3"]);
    record.say(&first, Verdict::Reopened, ALL, slot("bedrooms_min"), None);
    let r = overlay(&first, &record.0);
    assert_eq!(
        (says(&r.points), &r.points[0].id, &r.points[0].review),
        (vec!["bedrooms 2".into()], &id, &None)
    );
    assert!(r.struck.is_empty() && overlay(&minutes(vec![]), &record.0).points.is_empty());
}

#[test]
fn an_added_point_stays_and_is_one_with_what_a_redo_finds() {
    let mut record = Record::default();
    record.add(wants("parking", true, &[12]));
    for redo in [minutes(vec![]), minutes(vec![wants("parking", true, &[11, 12])])] {
        let r = overlay(&redo, &record.0);
        assert_eq!(says(&r.points), ["parking true"]);
        assert_eq!((r.points[0].id.as_str(), r.points[0].origin), ("added", Origin::Agent));
        assert_eq!(r.points[0].review.as_ref().unwrap().verdict, Verdict::Accepted);
    }
    let none = minutes(vec![]);
    record.say(&none, Verdict::Struck, ALL, slot("parking"), None);
    assert_eq!(says(&overlay(&none, &record.0).struck), ["parking true"]);
    record.say(&none, Verdict::Reopened, ALL, slot("parking"), None);
    assert_eq!(says(&overlay(&none, &record.0).points), ["parking true"]);
}

#[test]
fn what_is_offered_is_asserted_once_accepted() {
    let mut first = minutes(vec![]);
    first.offered = vec![wants("view", "sea", &[3]), wants("balcony", true, &[5])];
    first.proposed = vec![wants("pets", true, &[7]), wants("view", "sea", &[8])];
    let r = overlay(&first, &[]);
    assert_eq!(says(&r.offered), ["view \"sea\"", "balcony true", "pets true"]);
    assert_eq!(
        r.offered.iter().map(|s| s.origin).collect::<Vec<_>>(),
        [Origin::Extracted, Origin::Extracted, Origin::Proposed]
    );
    let mut record = Record::default();
    record.say(&first, Verdict::Accepted, ALL, slot("pets"), None);
    record.say(&first, Verdict::Struck, ALL, slot("balcony"), None);
    let r = overlay(&first, &record.0);
    assert_eq!(
        (says(&r.points), says(&r.offered)),
        (vec!["pets true".into()], vec!["view \"sea\"".to_owned()])
    );
    assert_eq!(r.points[0].origin, Origin::Proposed);
    // The second opinion is silent the next time; what was accepted of it stays.
    first.proposed.clear();
    assert_eq!(says(&overlay(&first, &record.0).points), ["pets true"]);
}

#[test]
fn what_the_client_takes_back_later_is_history_though_an_agent_accepted_it() {
    let early = minutes(vec![wants("bedrooms", 2, &[4])]);
    let late = Minutes {
        replaced: vec![Replaced { point: wants("bedrooms", 2, &[4]), until: 30 }],
        ..minutes(vec![wants("bedrooms", 3, &[30])])
    };
    let mut record = Record::default();
    let id = record.say(&early, Verdict::Accepted, 10, slot("bedrooms"), None);
    let r = overlay(&late, &record.0);
    assert_eq!(
        (says(&r.points), says(&r.replaced)),
        (vec!["bedrooms 3".into()], vec!["bedrooms 2".to_owned()])
    );
    assert_eq!((&r.replaced[0].id, r.replaced[0].until), (&id, Some(30)));
    assert!(r.replaced[0].review.is_some());
    // An agent who has heard that as well, and says that it holds, is believed.
    record.say(&late, Verdict::Accepted, 40, |p| p.value == 2, None);
    assert_eq!(says(&overlay(&late, &record.0).points), ["bedrooms 2", "bedrooms 3"]);
    // So is one who corrected what was misheard: what is said later of it is the same.
    let mut record = Record::default();
    record.say(&early, Verdict::Corrected, 10, slot("bedrooms"), Some(wants("bedrooms", 3, &[4])));
    let r = overlay(&late, &record.0);
    assert_eq!((says(&r.points), r.replaced.len()), (vec!["bedrooms 3".to_owned()], 0));
}

#[test]
fn actions_are_told_apart_by_what_is_to_be_done() {
    let plan = |due: Value| act("send", "floor_plan", "send the floor plan", due, &[7]);
    let call = act("call", "", "call the owner", Value::Null, &[7]);
    let first = minutes(vec![plan(Value::Null), call.clone()]);
    let (mut record, is_plan) =
        (Record::default(), |p: &Point| p.act.as_ref().is_some_and(|a| a.verb == "send"));
    record.say(&first, Verdict::Accepted, 8, is_plan, None);
    record.say(&first, Verdict::Struck, 8, |p: &Point| !is_plan(p), None);
    // By when was said later; the quote is cut in another way.
    let mut later = plan("2026-11-27".into());
    later.segments.add(9);
    later.act = Some(Act { said: "I will send the floor plan".into(), ..later.act.unwrap() });
    let r = overlay(&minutes(vec![call, later]), &record.0);
    assert_eq!(
        (says(&r.points), says(&r.struck)),
        (vec!["agent \"2026-11-27\"".into()], vec!["agent null".to_owned()])
    );
    // Neither is found: both stay where they are. Another thing from the same breath is new.
    let r = overlay(&minutes(vec![act("find", "", "find a lawyer", Value::Null, &[7])]), &record.0);
    assert_eq!((r.points.len(), r.struck.len()), (2, 1));
}

#[test]
fn ids_stay_while_the_meeting_goes_on() {
    let mind = |segments: &[usize]| point("objection", "price", Value::Null, segments);
    let ids = |m: &Minutes, record: &Record| {
        overlay(m, &record.0).points.iter().map(|s| s.id.clone()).collect::<Vec<_>>()
    };
    let mut record = Record::default();
    let one = minutes(vec![wants("bedrooms", 2, &[1]), mind(&[5])]);
    let two = minutes(vec![wants("bedrooms", 2, &[1, 8]), mind(&[5, 6]), mind(&[60])]);
    let (before, after) = (ids(&one, &record), ids(&two, &record));
    assert_eq!(before, after[..2]);
    assert_eq!(after.iter().collect::<HashSet<_>>().len(), 3);
    // What is reviewed keeps its id, and so does its namesake, even when the first is no longer found.
    record.say(&two, Verdict::Accepted, ALL, slot("price"), None);
    assert_eq!(ids(&two, &record), after);
    assert_eq!(ids(&minutes(vec![wants("bedrooms", 2, &[1]), mind(&[60])]), &record), after);
}

#[test]
fn the_record_of_a_point_is_read_through_json() {
    let p = act("send", "floor_plan", "send it", "2026-11-27".into(), &[7, 9]);
    assert_eq!(serde_json::from_value::<Point>(json!(p)).unwrap(), p);
}
