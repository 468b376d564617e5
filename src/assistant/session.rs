//! What a conversation remembers between questions: the language, the last query, what was shown, which unit is meant.

use super::confirm::Pending;
use super::query::{Filter, Query};
use crate::language::Tongue;

/// The context of one conversation. It holds no words of the client's.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// The language and script that the conversation is in.
    pub tongue: Option<Tongue>,
    /// The last query that was about listings.
    pub(super) last: Option<Query>,
    /// The conditions of the list that the listings shown last came from.
    pub(super) list: Option<Filter>,
    /// References of the listings shown last, in order.
    pub(super) shown: Vec<String>,
    /// References of the single listings talked about, the latest last, two at most: "compare these two".
    pub(super) recent: Vec<String>,
    /// The one listing that is being talked about.
    pub(super) subject: Option<String>,
    /// The question that waits for the client to say which place was meant.
    pub(super) pending: Option<Pending>,
}
