//! Minutes as a reader is shown them: every point in the reader's language, whatever was spoken; only quotes stay as
//! they were said.

use super::review::{Reviewed, Standing};
use super::{in_words, summary};
use crate::language::{Gazetteer, Tongue};
use crate::store::minutes::{Act, Origin, Point};
use crate::store::minutes_reviews::Verdict;
use serde::Serialize;
use serde_json::Value;

/// Reviewed minutes in a reader's language.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// Code of the reader's language.
    pub language: String,
    /// Two lines, made of the points that agents accepted, corrected or added where there are any, else of all that
    /// is asserted.
    pub summary: String,
    /// Asserted, accepted, corrected or added.
    pub points: Vec<ShownPoint>,
    /// To be confirmed.
    pub offered: Vec<ShownPoint>,
    /// Struck by an agent.
    pub struck: Vec<ShownPoint>,
    /// Changed or taken back by the client.
    pub replaced: Vec<ShownPoint>,
}

/// A point in the reader's words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShownPoint {
    pub id: String,
    #[serde(flatten)]
    pub point: Point,
    pub origin: Origin,
    pub review: Option<ShownReview>,
    /// The segment from which on it no longer held, where it is history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<usize>,
}

/// What an agent said of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShownReview {
    /// accepted, corrected or struck
    pub verdict: Verdict,
    pub by: String,
    /// RFC 3339.
    pub at: String,
    /// What the box had, where it is another now.
    pub was: Option<Was>,
}

/// A point before it was corrected.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Was {
    pub slot: Option<String>,
    pub value: Value,
    pub polarity: Option<String>,
    pub act: Option<Act>,
    pub text: String,
}

/// Puts reviewed minutes into a reader's words.
pub fn show(gazetteer: &Gazetteer, reader: Tongue, reviewed: &Reviewed) -> Shown {
    let list = |list: &[Standing]| list.iter().map(|s| shown(gazetteer, reader, s)).collect::<Vec<_>>();
    let points = list(&reviewed.points);
    let of = |only_reviewed: bool| -> Vec<Point> {
        let chosen = points.iter().filter(|p| !only_reviewed || p.review.is_some());
        chosen.map(|p| p.point.clone()).collect()
    };
    let reviewed_ones = of(true);
    let told = if reviewed_ones.is_empty() { of(false) } else { reviewed_ones };
    Shown {
        language: reader.language.code().into(),
        summary: summary(reader, &told),
        offered: list(&reviewed.offered),
        struck: list(&reviewed.struck),
        replaced: list(&reviewed.replaced),
        points,
    }
}

fn shown(gazetteer: &Gazetteer, reader: Tongue, standing: &Standing) -> ShownPoint {
    let words = |p: &Point| words(gazetteer, reader, p);
    let review = standing.review.as_ref().map(|r| ShownReview {
        verdict: r.verdict,
        by: r.by.clone(),
        at: r.at.clone(),
        was: r.was.as_ref().map(|p| Was {
            slot: p.slot.clone(),
            value: p.value.clone(),
            polarity: p.polarity.clone(),
            act: p.act.clone(),
            text: words(p),
        }),
    });
    ShownPoint {
        id: standing.id.clone(),
        point: Point { text: words(&standing.point), ..standing.point.clone() },
        origin: standing.origin,
        review,
        until: standing.until,
    }
}

/// A point in words. Actions that were kept before their words were have no others than those they were kept with.
fn words(gazetteer: &Gazetteer, reader: Tongue, point: &Point) -> String {
    if point.kind == "action" && point.act.is_none() && !point.text.is_empty() {
        return point.text.clone();
    }
    in_words(gazetteer, reader, point)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minutes::review::overlay;
    use crate::store::minutes::{Confidence, Evidence, Minutes};

    #[test]
    fn an_action_that_was_kept_before_its_words_were_is_told_as_it_was_kept() {
        let old = Point {
            kind: "action".into(),
            slot: Some("agent".into()),
            value: Value::Null,
            polarity: None,
            text: "經紀：傳平面圖".into(),
            segments: Evidence::of(3),
            at: 9.0,
            confidence: Confidence::Sure,
            act: None,
        };
        let minutes = Minutes { points: vec![old], ..Minutes::default() };
        let shown = show(&Gazetteer::new([]), Tongue::EN, &overlay(&minutes, &[]));
        assert_eq!(shown.points[0].point.text, "經紀：傳平面圖");
        assert!(shown.summary.contains("傳平面圖"), "{}", shown.summary);
    }
}
