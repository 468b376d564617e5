//! The line between a branch and head office over real mutual TLS: enrolment, certificates, events, listings, and what
//! happens when either side goes away. Head office runs in this process or, where it is killed, as the real binary.

mod certificates;
mod console;
mod enrolment;
mod events;
mod listings;
mod outage;
mod parts;
