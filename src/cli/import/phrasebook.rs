//! The scripts and words of an import: checked beside the listings and the vocabulary, put in place, reported.

use super::report::{Merged, merge};
use crate::assistant::Assistant;
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::language::fold_str;
use crate::listings::import::Rows;
use crate::listings::phrasebook::{self, Phrasebook, Script, Word};
use crate::listings::{Listing, Problem};
use crate::reason::Reason;
use crate::store::Database;
use std::collections::HashMap;
use std::sync::Arc;

/// What can be put in place.
pub struct Checked {
    scripts: Option<Merged<Script>>,
    words: Option<Merged<Word>>,
}

/// Checks scripts and words beside the listings that they will stand beside.
pub fn checked(
    data: &DataFolder,
    listings: Vec<Arc<Listing>>,
    scripts: Option<Vec<(String, Rows<Script>)>>,
    words: Option<Vec<(String, Rows<Word>)>>,
) -> anyhow::Result<Checked> {
    let mut scripts = scripts.map(|files| merge(files, "id", |s| &s.id));
    let mut words = words.map(|files| merge(files, "word", |w| &w.word));
    if let Some(words) = &mut words {
        let plain = Assistant::new(listings.clone(), String::new());
        words.reject(|w| &w.word, |_, w| plain.check_word(w).err().into_iter().collect());
        words.some_taken()?;
    }
    if let Some(scripts) = &mut scripts {
        let words = match &words {
            Some(words) => words.rows.clone(),
            None => phrasebook::load(&data.phrasebook())?.words,
        };
        let book = Phrasebook { words, ..Phrasebook::default() };
        let assistant = Assistant::with_phrasebook(listings, String::new(), &book);
        // Of two scripts with the same trigger the priority decides; where that is the same too, nothing does.
        let mut first: HashMap<(String, i32), String> = HashMap::new();
        scripts.reject(
            |s| &s.id,
            |all, script| {
                let problems = triggers(all, script, &assistant, &first);
                if problems.is_empty() {
                    for trigger in script.triggers() {
                        first.insert((fold_str(trigger), script.priority), script.id.clone());
                    }
                }
                problems
            },
        );
        scripts.some_taken()?;
    }
    Ok(Checked { scripts, words })
}

fn triggers(
    all: &Merged<Script>,
    script: &Script,
    assistant: &Assistant,
    first: &HashMap<(String, i32), String>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (column, list) in [("triggers_zh", &script.triggers_zh), ("triggers_en", &script.triggers_en)] {
        for trigger in list {
            let taken = first.get(&(fold_str(trigger), script.priority)).map(|id| {
                let (file, line) = all.place_of(id).unwrap_or_default();
                Reason::TriggerTaken { script: id.clone(), file: file.to_owned(), line }
            });
            if let Some(reason) = assistant.check_trigger(trigger).err().or(taken) {
                problems.push(Problem { column: column.into(), value: trigger.clone(), reason });
            }
        }
    }
    problems
}

impl Checked {
    /// Puts them in the place of the branch's, prints what became of every row, and says how many were rejected.
    pub async fn put(
        self,
        data: &DataFolder,
        db: &Database,
        source: &str,
        clock: &Clock,
    ) -> anyhow::Result<usize> {
        let (scripts, words) =
            (self.scripts.as_ref().map(|m| m.rows.clone()), self.words.as_ref().map(|m| m.rows.clone()));
        let (version, of_scripts, of_words) =
            phrasebook::replace(data, db, scripts, words, source, clock).await?;
        let mut rejected = 0;
        if let Some(m) = &self.scripts {
            println!("Scripts:");
            m.print(&of_scripts.taken, &of_scripts.changed, &of_scripts.unchanged, &of_scripts.removed);
            rejected += m.rejected.len();
        }
        if let Some(m) = &self.words {
            println!("Words:");
            m.print(&of_words.taken, &of_words.changed, &of_words.unchanged, &of_words.removed);
            rejected += m.rejected.len();
        }
        println!("The branch's scripts and words are now version {}.", &version[..12]);
        Ok(rejected)
    }
}
