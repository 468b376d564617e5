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
        let mut i = clause.start;
        while i < clause.end {
            let t = &tokens[i];
            if t.is("word:neg") || t.is("word:neg_after") {
                // "No commas please, two bedrooms": what is unknown takes the negation with it.
                let unknown = clause.contains(&(i + 1)) && tokens[i + 1].is_unknown_word();
                let follows = !unknown
                    && (i + 1..clause.end).any(|j| is_content(&tokens[j]) || tokens[j].is("field:tenancy"));
                let precedes =
                    (clause.start..i).any(|j| is_content(&tokens[j]) || tokens[j].is("field:tenancy"));
                if t.is("word:neg") && follows {
                    // As far as the clause goes, or the next word that turns it round ("但要").
                    for (j, o) in out.iter_mut().enumerate().take(clause.end).skip(i + 1) {
                        if tokens[j].group("word").any(|w| w == "have")
                            || tokens[j].is("deal:sale")
                            || tokens[j].is("deal:rent")
                        {
                            break;
                        }
                        *o = true;
                    }
                } else if precedes && t.is("word:neg_after") {
                    out[clause.start..i].iter_mut().for_each(|o| *o = true);
                }
            }
            i += 1;
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
