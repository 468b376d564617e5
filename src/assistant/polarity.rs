//! What a negation in a question reaches: as far as its clause goes, a list behind its comma included.

use super::reading::is_content;
use super::scan::{Kind, Token};

/// Whether each token is ruled out: by a negation before it in its clause, or by one that closes the clause.
pub fn polarity(tokens: &[Token]) -> Vec<bool> {
    let mut out = vec![false; tokens.len()];
    let mut start = 0;
    for end in 0..=tokens.len() {
        if end < tokens.len() && !matches!(tokens[end].kind, Kind::Break) {
            continue;
        }
        let clause = start..end;
        let about = |t: &Token| is_content(t) || t.is("field:tenancy");
        let (mut first, mut last) = (None, None);
        for i in clause.clone().filter(|&i| about(&tokens[i])) {
            first.get_or_insert(i);
            last = Some(i);
        }
        let (mut ruled_out, mut closed) = (false, clause.start);
        for i in clause.clone() {
            let t = &tokens[i];
            // As far as the clause goes, or the next word that turns it round ("但要").
            ruled_out &= !(t.is("word:have") || t.is("deal:sale") || t.is("deal:rent"));
            out[i] |= ruled_out;
            // "No commas please, two bedrooms": what is unknown takes the negation with it.
            let unknown = clause.contains(&(i + 1)) && tokens[i + 1].is_unknown_word();
            let follows = !unknown && last.is_some_and(|l| l > i);
            if t.is("word:neg") && follows {
                ruled_out = true;
            } else if t.is("word:neg_after") && first.is_some_and(|f| f < i) {
                closed = i;
            }
        }
        // 冇露台唔使介紹: what must not be lacking is wanted.
        let lacked = (clause.start..closed).find(|&i| tokens[i].is("word:lack"));
        for (i, o) in out.iter_mut().enumerate().take(closed).skip(clause.start) {
            *o = lacked.is_none_or(|l| i < l);
        }
        start = end + 1;
        // "Nothing facing north, north-east or north-west": a list goes on behind its comma.
        if let (Some(last), Some(next)) = (clause.clone().next_back(), tokens.get(start))
            && out[last]
            && let (Some(a), Some(b)) = (family(&tokens[last]), family(next))
            && a == b
        {
            let same =
                (start..tokens.len()).take_while(|&j| !matches!(tokens[j].kind, Kind::Break)).take_while(
                    |&j| tokens[j].is("word:or") || tokens[j].is("word:and") || family(&tokens[j]) == Some(a),
                );
            same.for_each(|j| out[j] = true);
        }
    }
    out
}

/// What a condition is about, so that members of one list are known: direction, view, floor level.
fn family(t: &Token) -> Option<&'static str> {
    let (column, _) = t.group("is").next()?.split_once('=')?;
    Some(column.strip_suffix("_en").unwrap_or(column))
}
