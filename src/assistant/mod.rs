//! A question to a typed query, the query to rows, the rows to words.
