//! The line between a branch and head office over real mutual TLS: enrolment, certificates, events, listings, and what
//! happens when either side goes away. Head office runs in this process or, where it is killed, as the real binary; what
//! it keeps is in SQLite and, by the same tests once more, in PostgreSQL.

#[path = "../support/png.rs"]
mod png;
#[path = "../support/postgres.rs"]
mod postgres;
#[macro_use]
mod parts;

mod backup;
mod certificates;
mod console;
mod enrolment;
mod events;
mod fleet;
mod folder;
mod identity;
mod listings;
mod outage;
mod pictures;
mod sound;
