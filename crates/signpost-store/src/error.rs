use signpost_core::ErrorKind;

/// A failure of the store, with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No server answers.
    #[error("no ClickHouse answers at {url}: {what}; start it, or correct store.url")]
    Unreachable {
        /// The address asked.
        url: String,
        /// What the connection said.
        what: String,
    },
    /// The server knows the user no better than we do.
    #[error("ClickHouse at {url} refuses the user or password (code {code}); correct store.user and store.password_file")]
    Refused {
        /// The address asked.
        url: String,
        /// ClickHouse's code.
        code: u32,
    },
    /// The tables are missing or old.
    #[error("the tables of {url} are not those of this build (code {code}); run `signpost migrate` first")]
    NotMigrated {
        /// The address asked.
        url: String,
        /// ClickHouse's code.
        code: u32,
    },
    /// The server answered with an error; the text is the server's, without any row.
    #[error("ClickHouse refused to {doing} (code {code}): {what}")]
    Server {
        /// What was being done.
        doing: &'static str,
        /// ClickHouse's code, 0 when it gave none.
        code: u32,
        /// The first line of its message, shortened.
        what: String,
    },
    /// The connection broke half-way, or an answer did not come in time.
    #[error("the connection to ClickHouse broke while it was asked to {doing}: {what}; it is tried again")]
    Broken {
        /// What was being done.
        doing: &'static str,
        /// What the connection said.
        what: String,
    },
    /// A row in the store is not what this build writes.
    #[error("a stored row can't be read while trying to {doing}: {what}")]
    Row {
        /// What was being done.
        doing: &'static str,
        /// What is wrong with it.
        what: String,
    },
}

impl StoreError {
    /// Whose fault it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } => ErrorKind::External,
            Self::Refused { .. } | Self::NotMigrated { .. } => ErrorKind::Data,
            // Too many parts, memory, disk full, timeouts, shutting down: later may be better.
            Self::Server { code, .. } if [159, 202, 209, 210, 236, 241, 243, 252, 394].contains(code) => ErrorKind::External,
            Self::Server { .. } | Self::Row { .. } => ErrorKind::Internal,
        }
    }

    /// The only place that reads a server's error text.
    pub(crate) fn of(url: &str, doing: &'static str, error: &clickhouse::error::Error) -> Self {
        use clickhouse::error::Error;
        match error {
            Error::BadResponse(text) => Self::answered(url, doing, text),
            Error::Network(inner) => {
                // The outermost text says only "client error"; the cause is at the bottom.
                let mut cause: &dyn std::error::Error = inner.as_ref();
                while let Some(deeper) = cause.source() {
                    cause = deeper;
                }
                let what = cause.to_string();
                if what.contains("refused") || what.contains("dns") || what.contains("lookup") || what.contains("unreachable") {
                    Self::Unreachable { url: url.to_owned(), what }
                } else {
                    Self::Broken { doing, what }
                }
            }
            Error::TimedOut => Self::Broken { doing, what: "no answer in time".into() },
            other => Self::Row { doing, what: first_line(&other.to_string()) },
        }
    }

    fn answered(url: &str, doing: &'static str, text: &str) -> Self {
        let code = code(text);
        let url = url.to_owned();
        match code {
            // REQUIRED_PASSWORD, UNKNOWN_USER, WRONG_PASSWORD, AUTHENTICATION_FAILED
            194 | 192 | 193 | 516 => Self::Refused { url, code },
            // UNKNOWN_TABLE, UNKNOWN_DATABASE, NO_SUCH_COLUMN_IN_TABLE, UNKNOWN_IDENTIFIER
            60 | 81 | 16 | 47 => Self::NotMigrated { url, code },
            _ => Self::Server { doing, code, what: first_line(text) },
        }
    }
}

/// The number in `Code: 516. DB::Exception: ...`, or 0.
fn code(text: &str) -> u32 {
    let digits = text.split_once("Code: ").map_or("", |(_, rest)| rest);
    digits.split(|character: char| !character.is_ascii_digit()).next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::{StoreError, code};
    use signpost_core::ErrorKind;

    #[test]
    fn a_servers_code_decides_what_the_reader_is_told() {
        assert_eq!(code("Code: 516. DB::Exception: default: Authentication failed"), 516);
        assert_eq!(code("something else"), 0);
        let refused = StoreError::answered("http://127.0.0.1:1", "count", "Code: 516. DB::Exception: x");
        assert!(refused.to_string().contains("store.password_file"), "{refused}");
        let full = StoreError::answered("http://127.0.0.1:1", "insert", "Code: 243. DB::Exception: x");
        assert_eq!(full.kind(), ErrorKind::External);
        assert_eq!(StoreError::answered("u", "insert", "Code: 62. DB::Exception: x").kind(), ErrorKind::Internal);
    }
}
