//! One HTTP request as a statement with settings, parameters and data.

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use url::form_urlencoded;

use super::failure::exception;
use super::{frames, statement};

/// Largest statement that may come compressed, and largest insert after decompression, in bytes.
const PLAIN_BYTES_MAX: usize = 4 << 30;
const STATEMENT_BYTES_MAX: usize = 64 << 20;

/// What url and headers say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) user: String,
    pub(super) password: String,
    pub(super) database: Option<String>,
    /// Settings in the order given; applied to the connection of this request alone.
    pub(super) settings: Vec<(String, String)>,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) query_id: Option<String>,
    /// The answer comes in compressed blocks.
    pub(super) compress: bool,
    /// The answer is held back until it is complete, so that an error has a status of its own.
    pub(super) wait_for_end: bool,
    query: String,
    format: Option<String>,
    decompress: bool,
}

/// What is asked of the engine.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// A statement with its answer's format.
    Statement { sql: String, format: String },
    /// An insert whose data come apart.
    Insert { sql: String, format: String, data: Data },
}

/// An insert's data: what stood behind the statement, then the body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Data {
    inline: Bytes,
    body: Bytes,
    is_compressed: bool,
}

impl Data {
    /// Hands the data on, plain, a block in memory at a time.
    pub(super) fn read(&self, mut take: impl FnMut(&[u8]) -> Result<(), String>) -> Result<(), String> {
        take(&self.inline)?;
        if self.is_compressed { frames::decompress(&self.body, take) } else { take(&self.body) }
    }
}

/// Url parameters of ClickHouse's protocol that are no settings of a query.
const OF_THE_PROTOCOL: [&str; 9] = [
    "buffer_size",
    "session_id",
    "session_timeout",
    "session_check",
    "quota_key",
    "role",
    "close_session",
    "client_protocol_version",
    "stacktrace",
];

impl Head {
    /// Reads url and headers.
    pub(super) fn read(query: &str, headers: &HeaderMap) -> Self {
        let mut head = Self { user: "default".into(), ..Self::default() };
        for (name, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
            match name.as_str() {
                "query" => head.query = value,
                "database" => head.database = Some(value),
                "default_format" => head.format = Some(value),
                "user" => head.user = value,
                "password" => head.password = value,
                "query_id" => head.query_id = Some(value),
                "compress" => head.compress = value == "1",
                "decompress" => head.decompress = value == "1",
                "wait_end_of_query" => head.wait_for_end = value == "1",
                _ if OF_THE_PROTOCOL.contains(&name.as_str()) => {}
                _ => match name.strip_prefix("param_") {
                    Some(parameter) => head.parameters.push((parameter.to_owned(), value)),
                    None => head.settings.push((name, value)),
                },
            }
        }
        head.read_headers(headers);
        // A connection that is read-only accepts no further setting.
        head.settings.sort_by_key(|(name, _)| name == "readonly");
        head
    }

    fn read_headers(&mut self, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        if let Some(user) = text("x-clickhouse-user") {
            self.user = user;
        }
        if let Some(password) = text("x-clickhouse-key") {
            self.password = password;
        }
        if let Some(database) = text("x-clickhouse-database") {
            self.database = Some(database);
        }
        if let Some(format) = text("x-clickhouse-format") {
            self.format.get_or_insert(format);
        }
        if let Some(basic) = text(header::AUTHORIZATION.as_str()).as_deref().and_then(|value| value.strip_prefix("Basic "))
            && let Some((user, password)) =
                base64(basic).and_then(|pair| pair.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned())))
        {
            (self.user, self.password) = (user, password);
        }
    }

    /// The statement, from the url, the body, or the one continued in the other.
    pub(super) fn with_body(&self, body: Bytes) -> Result<Request, String> {
        let syntax = |text: &str| exception(62, text, "SYNTAX_ERROR");
        if self.decompress && frames::check(&body)? > PLAIN_BYTES_MAX {
            return Err(exception(307, "The decompressed data are larger than 4 GiB: insert them in parts", "TOO_MANY_BYTES"));
        }
        if let Some(insert) = statement::insert(self.query.as_bytes()) {
            let inline = Bytes::copy_from_slice(self.query.as_bytes().get(insert.data..).unwrap_or_default());
            return insert_of(insert, Data { inline, body, is_compressed: self.decompress });
        }
        let body = if self.decompress { plain(&body)? } else { body };
        if self.query.is_empty()
            && let Some(insert) = statement::insert(&body)
        {
            let inline = body.slice(insert.data.min(body.len())..);
            return insert_of(insert, Data { inline, body: Bytes::new(), is_compressed: false });
        }
        let body = std::str::from_utf8(&body).map_err(|_| syntax("The statement is not UTF-8"))?;
        let sql =
            if self.query.is_empty() || body.is_empty() { format!("{}{body}", self.query) } else { format!("{}\n{body}", self.query) };
        if sql.trim().is_empty() {
            return Err(syntax("Empty query"));
        }
        if statement::is_several(sql.as_bytes()) {
            return Err(syntax("Multi-statements are not allowed: send one statement per request"));
        }
        let format = statement::format_named(&sql).or_else(|| self.format.clone()).unwrap_or_else(|| "TabSeparated".into());
        Ok(Request::Statement { sql, format })
    }
}

fn insert_of(insert: statement::Insert, data: Data) -> Result<Request, String> {
    // The engine would read values up to a `;` and leave out the rest without a word.
    if insert.format == "Values"
        && statement::is_several(&[data.inline.as_ref(), if data.is_compressed { &[] } else { data.body.as_ref() }].concat())
    {
        return Err(exception(62, "Multi-statements are not allowed: send one statement per request", "SYNTAX_ERROR"));
    }
    Ok(Request::Insert { sql: insert.head, format: insert.format, data })
}

fn plain(blocks: &[u8]) -> Result<Bytes, String> {
    let mut out = Vec::new();
    frames::decompress(blocks, |block| {
        out.extend_from_slice(block);
        if out.len() > STATEMENT_BYTES_MAX { Err(exception(307, "The statement is larger than 64 MiB", "TOO_MANY_BYTES")) } else { Ok(()) }
    })?;
    Ok(out.into())
}

/// Decodes standard base64 into text.
fn base64(text: &str) -> Option<String> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'a'..=b'z' => Some(u32::from(byte - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut bytes = Vec::new();
    for group in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = group.iter().try_fold(0, |bits, &byte| value(byte).map(|value| (bits << 6) | value))? << (6 * (4 - group.len()));
        bytes.extend(bits.to_be_bytes().into_iter().skip(1).take(group.len().saturating_sub(1)));
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::{Head, Request, base64};
    use axum::body::Bytes;
    use axum::http::HeaderMap;

    fn read(query: &str, body: &'static [u8]) -> Result<Request, String> {
        Head::read(query, &HeaderMap::new()).with_body(Bytes::from_static(body))
    }

    fn data(request: Request) -> (String, String, Vec<u8>) {
        let Request::Insert { sql, format, data } = request else { panic!("no insert") };
        let mut bytes = Vec::new();
        data.read(|piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })
        .unwrap();
        (sql, format, bytes)
    }

    #[test]
    fn the_parts_of_a_request_find_their_places() {
        let query = "query=INSERT+INTO+t(a)+FORMAT+RowBinary&readonly=0&async_insert=0&param_x=1&wait_end_of_query=1&compress=1";
        let head = Head::read(query, &HeaderMap::new());
        assert_eq!(head.settings, [("async_insert".to_owned(), "0".to_owned()), ("readonly".to_owned(), "0".to_owned())]);
        assert_eq!(head.parameters, [("x".to_owned(), "1".to_owned())]);
        assert!(head.compress && head.wait_for_end);
        let insert = data(head.with_body(Bytes::from_static(&[7, 0, 7])).unwrap());
        assert_eq!(insert, ("INSERT INTO t(a)".to_owned(), "RowBinary".to_owned(), vec![7, 0, 7]));
    }

    #[test]
    fn data_behind_a_statement_are_data() {
        let insert = data(read("", b"INSERT INTO t FORMAT RowBinary\n\xff\n\n;").unwrap());
        assert_eq!(insert, ("INSERT INTO t".to_owned(), "RowBinary".to_owned(), b"\xff\n\n;".to_vec()));
        let insert = data(read("query=INSERT+INTO+t+VALUES+(1),", b"(2)").unwrap());
        assert_eq!(insert, ("INSERT INTO t".to_owned(), "Values".to_owned(), b" (1),(2)".to_vec()));
    }

    #[test]
    fn two_statements_are_refused() {
        assert!(read("query=SELECT+1", b"; DROP TABLE t").unwrap_err().starts_with("Code: 62."));
        assert!(read("", b"INSERT INTO t VALUES (1); DROP TABLE t").unwrap_err().starts_with("Code: 62."));
        assert!(read("", b"INSERT INTO t VALUES (';');\n").is_ok());
    }

    #[test]
    fn basic_authorisation_is_read() {
        // RFC 7617, section 2: user "Aladdin", password "open sesame".
        assert_eq!(base64("QWxhZGRpbjpvcGVuIHNlc2FtZQ==").unwrap(), "Aladdin:open sesame");
    }
}
