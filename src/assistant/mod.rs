pub use crate::web::pending::assistant::*;
