//! The branch's scripts and words as tables. What a row needs by itself is checked here; what it means beside the
//! vocabulary and the listings (an unknown place, a trigger that never fires) is the assistant's to say.
//!
//! A column `notes` is for whoever keeps the file: it may be there and is not kept.

use super::table::{self, Cells, Columns, Table};
use super::{ImportError, Rows};
use crate::listings::Problem;
use crate::listings::phrasebook::{Script, Word, WordKind};
use crate::reason::Reason;

/// Characters of the longest answer: what a client reads on a kiosk standing.
const LONGEST_ANSWER: usize = 600;
/// Characters of the longest trigger or word: a sentence.
const LONGEST_PHRASE: usize = 60;
/// What parts the triggers within a cell.
const BETWEEN: [char; 9] = ['|', '｜', ';', '；', '、', ',', '，', '\n', '\r'];

/// Reads scripts.
pub fn scripts(table: Table, file: &str) -> Result<Rows<Script>, ImportError> {
    let required = vec!["id", "triggers_zh", "triggers_en", "answer_yue", "answer_cmn", "answer_en"];
    let columns = Columns { required, optional: vec!["priority", "notes"], name: "id" };
    table::read(table, file, &columns, &mut |cell, _| script(cell))
}

/// Reads words.
pub fn words(table: Table, file: &str) -> Result<Rows<Word>, ImportError> {
    let required = vec!["word", "kind", "meaning"];
    let columns = Columns { required, optional: vec!["notes"], name: "word" };
    table::read(table, file, &columns, &mut |cell, _| word(cell))
}

fn script(cell: &Cells<'_>) -> Result<Script, Vec<Problem>> {
    let mut problems = Problems::default();
    let list = |column: &str| -> Vec<String> {
        cell(column).split(BETWEEN).map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect()
    };
    let text = |column: &str| cell(column).trim().replace("\r\n", "\n");
    let script = Script {
        id: text("id"),
        priority: text("priority").parse().unwrap_or_default(),
        triggers_zh: list("triggers_zh"),
        triggers_en: list("triggers_en"),
        answer_yue: text("answer_yue"),
        answer_cmn: text("answer_cmn"),
        answer_en: text("answer_en"),
    };
    match script.id.chars().count() {
        0 => problems.add("id", "", Reason::ScriptUnnamed),
        1..=LONGEST_PHRASE => {}
        _ => problems.add("id", &script.id, Reason::TooLong { most: LONGEST_PHRASE }),
    }
    let priority = text("priority");
    if !priority.is_empty() && priority.parse::<i32>().is_err() {
        problems.add("priority", &priority, Reason::PriorityWrong);
    }
    if script.triggers().next().is_none() {
        problems.add("", "", Reason::NoTrigger);
    }
    for (column, triggers) in [("triggers_zh", &script.triggers_zh), ("triggers_en", &script.triggers_en)] {
        for trigger in triggers.iter().filter(|t| t.chars().count() > LONGEST_PHRASE) {
            problems.add(column, trigger, Reason::TriggerTooLong { most: LONGEST_PHRASE });
        }
    }
    let answers = [
        ("answer_yue", &script.answer_yue),
        ("answer_cmn", &script.answer_cmn),
        ("answer_en", &script.answer_en),
    ];
    if answers.iter().all(|(_, a)| a.is_empty()) {
        problems.add("", "", Reason::NoAnswer);
    }
    for (column, answer) in answers {
        let n = answer.chars().count();
        if n > LONGEST_ANSWER {
            problems.add(
                column,
                &format!("{}…", answer.chars().take(20).collect::<String>()),
                Reason::AnswerTooLong { count: n, most: LONGEST_ANSWER },
            );
        }
        if answer.chars().any(|c| c.is_control() && c != '\n') {
            problems.add(column, "", Reason::ControlCharacter);
        }
    }
    problems.or(script)
}

fn word(cell: &Cells<'_>) -> Result<Word, Vec<Problem>> {
    let mut problems = Problems::default();
    let kind = match cell("kind").trim() {
        "place" => WordKind::Place,
        "word" => WordKind::Word,
        other => {
            problems.add("kind", other, Reason::WordKindWrong);
            WordKind::Word
        }
    };
    let word = Word { word: cell("word").trim().into(), kind, meaning: cell("meaning").trim().into() };
    for (column, text) in [("word", &word.word), ("meaning", &word.meaning)] {
        if text.is_empty() {
            problems.add(column, "", Reason::Empty);
        } else if text.chars().count() > LONGEST_PHRASE {
            problems.add(column, text, Reason::TooLong { most: LONGEST_PHRASE });
        }
    }
    problems.or(word)
}

/// Everything that is wrong with a row.
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, column: &str, value: &str, reason: Reason) {
        self.0.push(Problem { column: column.into(), value: value.into(), reason });
    }

    fn or<T>(self, row: T) -> Result<T, Vec<Problem>> {
        if self.0.is_empty() { Ok(row) } else { Err(self.0) }
    }
}
