//! Leaves out of a line what could be personal: telephone numbers, e-mail addresses, identity card numbers, and the value
//! of every field that names a person. Pure. It would rather take too much (eight digits of a hash) than too little.

/// What stands in the place of what was left out.
const LEFT_OUT: &str = "[…]";
/// Fields (`field=value`) whose value is a person or about one; a value goes on to the next field or the line's end.
const FIELDS: [&str; 14] = [
    "agent",
    "client",
    "owner",
    "name",
    "owner_name",
    "owner_phone",
    "phone",
    "email",
    "hkid",
    "text",
    "question",
    "note",
    "quote",
    "negotiation_note",
];
/// Digits that make a telephone number: eight in Hong Kong.
const DIGITS: usize = 8;

/// The line without what could be personal.
pub fn redacted(line: &str) -> String {
    let line = without_fields(line);
    let mut out = String::with_capacity(line.len());
    let mut rest = line.as_str();
    let mut before = None;
    while let Some(c) = rest.chars().next() {
        let inside = before.is_some_and(char::is_alphanumeric);
        let found = if inside { None } else { card(rest).or_else(|| address(rest)) };
        if let Some(length) = found.or_else(|| telephone(rest, before)) {
            out.push_str(LEFT_OUT);
            before = rest[..length].chars().last();
            rest = &rest[length..];
        } else {
            out.push(c);
            before = Some(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

fn without_fields(line: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut hiding = false;
    for word in line.split(' ') {
        match word.split_once('=') {
            Some((field, _))
                if FIELDS.contains(&field.trim_matches(|c: char| !c.is_alphanumeric() && c != '_')) =>
            {
                hiding = true;
                out.push(format!("{field}={LEFT_OUT}"));
            }
            Some((field, _))
                if !field.is_empty() && field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') =>
            {
                hiding = false;
                out.push(word.to_owned());
            }
            _ if hiding => {}
            _ => out.push(word.to_owned()),
        }
    }
    out.join(" ")
}

/// The length of a telephone number that begins here: eight digits or more, with single spaces, hyphens or brackets
/// between them. A date is none.
fn telephone(rest: &str, before: Option<char>) -> Option<usize> {
    let first = rest.chars().next()?;
    if !(first.is_numeric() || first == '+') || before.is_some_and(char::is_numeric) {
        return None;
    }
    let (mut digits, mut end, mut gap) = (0, 0, 0);
    for (i, c) in rest.char_indices() {
        if c.is_numeric() {
            (digits, end, gap) = (digits + 1, i + c.len_utf8(), 0);
        } else if (i == 0 && c == '+')
            || (matches!(c, ' ' | '-' | '(' | ')' | '.' | '\u{2011}' | '－') && gap < 2)
        {
            gap += 1;
        } else {
            break;
        }
    }
    (digits >= DIGITS && !is_date(&rest[..end])).then_some(end)
}

/// Whether this is a date in front of a time, as our own lines have (`2026-11-23` before `T`), and nothing more.
fn is_date(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { 'd' } else { c }).collect();
    shape == "dddd-dd-dd"
}

/// The length of an identity card number: one or two letters, six digits, a check digit in brackets or not.
fn card(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let letters = bytes.iter().take(3).take_while(|b| b.is_ascii_alphabetic()).count();
    if !(1..=2).contains(&letters) {
        return None;
    }
    let digits = bytes[letters..].iter().take(7).take_while(|b| b.is_ascii_digit()).count();
    if digits < 6 {
        return None;
    }
    let tail = &rest[letters + 6..];
    let check = |t: &str| t.chars().next().filter(|c| c.is_ascii_digit() || matches!(c, 'A' | 'a'));
    let open = tail.chars().next().filter(|c| matches!(c, '(' | '（'));
    let extra = match open {
        Some(open) => {
            let inner = check(&tail[open.len_utf8()..])?;
            let close =
                tail[open.len_utf8() + inner.len_utf8()..].chars().next().filter(|c| matches!(c, ')' | '）'));
            open.len_utf8() + inner.len_utf8() + close.map_or(0, char::len_utf8)
        }
        None => check(tail).map_or(0, char::len_utf8),
    };
    let end = letters + 6 + extra;
    let ends = rest[end..].chars().next().is_none_or(|c| !c.is_ascii_alphanumeric());
    ends.then_some(end)
}

/// The length of an e-mail address that begins here.
fn address(rest: &str) -> Option<usize> {
    let local = rest.find(|c: char| !(c.is_alphanumeric() || "._%+-".contains(c)))?;
    if local == 0 || !rest[local..].starts_with('@') {
        return None;
    }
    let host = &rest[local + 1..];
    let length = host.find(|c: char| !(c.is_alphanumeric() || ".-".contains(c))).unwrap_or(host.len());
    host[..length].contains('.').then_some(local + 1 + length)
}

#[cfg(test)]
mod tests {
    use super::redacted;

    #[test]
    fn what_could_be_personal_is_left_out() {
        let cases = [
            ("call 50001234 now", "call […] now"),
            ("call 5000 1234 now", "call […] now"),
            ("call +852 5000-1234", "call […]"),
            ("(852)50001234.", "([…]."),
            ("５０００１２３４", "[…]"),
            ("wrote to chan.tai-man@mail.example.hk today", "wrote to […] today"),
            ("card A123456(7) seen", "card […] seen"),
            ("card AB987654(A), C1234567", "card […], […]"),
            (
                "recording.begun id=12 agent=陳大文 Chan Tai Man seconds=3",
                "recording.begun id=12 agent=[…] seconds=3",
            ),
            ("name=\"Chan Tai Man\"", "name=[…]"),
        ];
        for (line, expected) in cases {
            assert_eq!(redacted(line), expected, "{line}");
        }
    }

    #[test]
    fn what_an_operator_needs_stays() {
        for line in [
            "2026-11-23T08:01:02Z INFO box.ready address=http://127.0.0.1:8080 requeued_jobs=0 version=0.1.0",
            "sync.listings version=0a1b2c3d4e5f taken=100000 changed=12 removed=0",
            "health.look failed: cannot read the outbox: database is locked",
        ] {
            assert_eq!(redacted(line), line);
        }
    }
}
