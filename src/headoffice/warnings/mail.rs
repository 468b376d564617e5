//! Warnings by e-mail: SMTP over TLS (or STARTTLS), plain only on this machine.

use super::{secret, words};
use crate::config::{MailSettings, MailTls};
use crate::headoffice::store::alarms::News;
use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::time::Duration;

/// For one conversation with the server.
const TIMEOUT: Duration = Duration::from_secs(30);

pub(super) async fn send(mail: &MailSettings, id: &str, news: &[News]) -> Result<(), String> {
    let mailbox =
        |text: &String| text.parse::<Mailbox>().map_err(|e| format!("{text} is no e-mail address: {e}"));
    let (subject, text) = words::message(&mail.language, news);
    let mut message = Message::builder()
        .from(mailbox(&mail.from)?)
        .message_id(Some(format!("<{id}@branchbox.invalid>"))) // the same at every try, so that a doubled one is known
        .subject(subject)
        .header(ContentType::TEXT_PLAIN);
    for to in &mail.to {
        message = message.to(mailbox(to)?);
    }
    let message = message.body(text).map_err(|e| e.to_string())?;
    transport(mail)?.send(message).await.map(drop).map_err(|e| explain(mail, &e))
}

pub(super) async fn test_connection(mail: &MailSettings) -> Result<(), String> {
    match transport(mail)?.test_connection().await {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!("{}:{} does not answer as a mail server does", mail.server, mail.port)),
        Err(e) => Err(explain(mail, &e)),
    }
}

fn explain(mail: &MailSettings, e: &dyn std::error::Error) -> String {
    format!("the mail server {}:{} did not take it: {e}", mail.server, mail.port)
}

fn transport(mail: &MailSettings) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let tls = || -> Result<TlsParameters, String> {
        let mut parameters = TlsParameters::builder(mail.server.clone());
        if let Some(path) = &mail.authority {
            let pem = std::fs::read(path).map_err(|e| format!("{} cannot be read: {e}", path.display()))?;
            parameters =
                parameters.add_root_certificate(Certificate::from_pem(&pem).map_err(|e| e.to_string())?);
        }
        parameters.build_rustls().map_err(|e| e.to_string())
    };
    let tls = match mail.tls {
        MailTls::Implicit => Tls::Wrapper(tls()?),
        MailTls::Starttls => Tls::Required(tls()?),
        MailTls::None => Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.server) // lettre's word for "TLS is set below"
        .port(mail.port)
        .tls(tls)
        .timeout(Some(TIMEOUT));
    if let Some((user, password)) = &mail.login {
        builder = builder.credentials(Credentials::new(user.clone(), secret(password)?));
    }
    Ok(builder.build())
}
