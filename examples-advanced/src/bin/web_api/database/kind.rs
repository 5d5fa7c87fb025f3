//! Errors of the database, classed once: no other file reads their codes.

/// What an error of the database says about the request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Another row has this value already.
    Duplicate,
    /// A row refers to one that is not there, or is still referred to.
    Reference,
    /// The same request may succeed later: the database is away, starting,
    /// stopping, busy, full or read-only after a failover, or two transactions
    /// were in each other's way.
    Passing,
    /// A bug of ours, or of the driver.
    Bug,
}

impl Kind {
    pub fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) if error.is_unique_violation() => Self::Duplicate,
            sqlx::Error::Database(error) if error.is_foreign_key_violation() => Self::Reference,
            sqlx::Error::Database(error) if is_passing(&error.code().unwrap_or_default()) => {
                Self::Passing
            }
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Passing,
            _ => Self::Bug,
        }
    }
}

fn is_passing(code: &str) -> bool {
    if code.len() == 5 {
        // PostgreSQL: the first two characters are the class, such as 08 for
        // connections and 40 for rollbacks.
        return matches!(code, "25006" | "55P03") // read-only, lock_timeout
            || ["08", "40", "53", "57"].contains(&&code[..2]);
    }
    // SQLite: the last byte is the kind: busy, locked, read-only, I/O, full,
    // cannot open the file (as when no descriptor is left).
    code.parse()
        .is_ok_and(|code: u32| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
}
