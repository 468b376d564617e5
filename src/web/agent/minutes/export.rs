//! `GET /agent/api/recordings/{id}/minutes/export?format=md|docx|ics&language=en`: the minutes as a file to take away, in
//! the reader's language. Who took them, and in which form, stands in the audit trail each time: they leave the box.

use super::drawn::{Drawn, Reader, State as Stands};
use crate::clock::hong_kong;
use crate::minutes::export::{Source, Standing, calendar, docx, markdown, sheet};
use crate::store::{Tx, audit};
use crate::web::Shared;
use crate::web::agent::signed_in::Agent;
use crate::web::problem::Problem;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

/// What a file can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Md,
    Docx,
    Ics,
}

impl Format {
    /// The end of the file's name, and its media type (RFC 7763, the one registered for Word, RFC 5545).
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Md => ("md", "text/markdown; charset=utf-8"),
            Self::Docx => ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            Self::Ics => ("ics", "text/calendar; charset=utf-8"),
        }
    }
}

/// The form that is asked for.
#[derive(Deserialize)]
pub struct Asked {
    format: Format,
    #[serde(flatten)]
    reader: Reader,
}

/// Sends the file.
pub async fn export(
    State(web): Shared,
    agent: Agent,
    Path(id): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(asked) = asked.map_err(|e| Problem::bad_request(format!("{}.", e.body_text())))?;
    let reader = asked.reader.tongue()?;
    let drawn = Drawn::load(&web, &id).await?;
    if drawn.state == Stands::Live {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "not-drawn-up",
            "The minutes are not drawn up yet",
            "The meeting is still being recorded or transcribed; its minutes can be exported when that is done.",
        ));
    }
    let tongue = drawn.tongue(reader);
    let (extension, media_type) = asked.format.names();
    let (file, started_at) = tokio::task::spawn_blocking(move || {
        let started_at = drawn.started_at.parse::<Timestamp>().unwrap_or_default().to_zoned(hong_kong());
        Ok::<_, Problem>((write(&drawn, asked.format, tongue, started_at.clone())?, started_at))
    })
    .await
    .map_err(|e| Problem::fault("write the minutes", e))??;
    let (now, form) =
        (web.parts.clock.now(), json!({ "format": extension, "language": tongue.language.code() }));
    let note = move |tx: &Tx| audit::add(tx, now, &agent.name, "minutes.exported", &id, Some(&form));
    web.parts.db.write("note who took the minutes", note).await?;
    let name = format!("minutes-{}.{extension}", started_at.strftime("%F-%H%M"));
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, file).into_response())
}

fn write(
    drawn: &Drawn,
    format: Format,
    reader: crate::language::Tongue,
    started_at: jiff::Zoned,
) -> Result<Vec<u8>, Problem> {
    let made_at = drawn.made_at.as_deref().and_then(|at| at.parse().ok());
    let made_at = made_at.unwrap_or(started_at.timestamp());
    let (shown, listings) = (drawn.shown(Some(reader)), drawn.listings(Some(reader)));
    let source = Source {
        id: &drawn.id,
        reader,
        started_at,
        agent: &drawn.agent,
        summary: &shown.summary,
        proposed_summary: drawn.proposed_summary.as_deref(),
        points: Standing::of(shown.points, &drawn.reviews, made_at),
        offered: Standing::of(shown.offered, &drawn.reviews, made_at),
        segments: &drawn.segments,
        listings: listings.as_ref(),
        assistant: &drawn.assistant,
        today: drawn.today,
    };
    match format {
        Format::Md => Ok(markdown(&sheet(&source)).into_bytes()),
        Format::Docx => {
            docx(&sheet(&source), reader, made_at).map_err(|e| Problem::fault("write the DOCX", e))
        }
        Format::Ics => calendar(&source).map(String::into_bytes).ok_or_else(|| {
            Problem::new(
                StatusCode::NOT_FOUND,
                "nothing-to-do",
                "There is nothing for a calendar",
                "These minutes have no appointment and nothing to do.",
            )
        }),
    }
}
