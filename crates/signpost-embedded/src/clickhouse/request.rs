//! One HTTP request as a statement with settings, parameters and data.

use axum::http::{HeaderMap, header};
use url::form_urlencoded;

use super::{frames, statement};

/// What is asked of the engine.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) sql: String,
    pub(super) format: String,
    pub(super) database: Option<String>,
    /// Settings in the order given; applied to the connection of this request alone.
    pub(super) settings: Vec<(String, String)>,
    pub(super) parameters: Vec<(String, String)>,
    /// An insert's data; its format is in `format`.
    pub(super) data: Option<Vec<u8>>,
    pub(super) compress: bool,
    pub(super) user: String,
    pub(super) password: String,
}

/// Url parameters of ClickHouse's protocol that are no settings of a query.
const OF_THE_PROTOCOL: [&str; 9] =
    ["buffer_size", "wait_end_of_query", "query_id", "session_id", "session_timeout", "session_check", "quota_key", "role", "close_session"];

impl Request {
    /// Reads url, headers and body.
    pub(super) fn read(query: &str, headers: &HeaderMap, body: Vec<u8>) -> Result<Self, String> {
        let mut request = Self { format: "TabSeparated".into(), user: "default".into(), ..Self::default() };
        let mut decompress = false;
        for (name, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
            match name.as_str() {
                "query" => request.sql = value,
                "database" => request.database = Some(value),
                "default_format" => request.format = value,
                "user" => request.user = value,
                "password" => request.password = value,
                "compress" => request.compress = value == "1",
                "decompress" => decompress = value == "1",
                _ if OF_THE_PROTOCOL.contains(&name.as_str()) => {}
                _ => match name.strip_prefix("param_") {
                    Some(parameter) => request.parameters.push((parameter.to_owned(), value)),
                    None => request.settings.push((name, value)),
                },
            }
        }
        request.read_headers(headers);
        let body = if decompress { frames::decompress(&body)? } else { body };
        request.read_body(body)?;
        if statement::is_several(&request.sql) {
            return Err("Code: 62. DB::Exception: Multi-statements are not allowed: send one statement per request. (SYNTAX_ERROR)".into());
        }
        Ok(request)
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
        if let Some(basic) = text(header::AUTHORIZATION.as_str()).as_deref().and_then(|value| value.strip_prefix("Basic "))
            && let Some((user, password)) = base64(basic).and_then(|pair| pair.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned())))
        {
            (self.user, self.password) = (user, password);
        }
    }

    fn read_body(&mut self, body: Vec<u8>) -> Result<(), String> {
        if let Some((insert, format)) = statement::insert(&self.sql) {
            (self.format, self.sql) = (format.to_owned(), insert.to_owned());
            self.data = Some(body);
            return Ok(());
        }
        if !body.is_empty() {
            let text = String::from_utf8(body).map_err(|_| "Code: 62. DB::Exception: The statement is not UTF-8. (SYNTAX_ERROR)".to_owned())?;
            if !self.sql.is_empty() {
                self.sql.push('\n');
            }
            self.sql.push_str(&text);
        }
        Ok(())
    }
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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Request, base64};
    use axum::http::HeaderMap;

    #[test]
    fn the_parts_of_a_request_find_their_places() {
        let query = "query=INSERT+INTO+t(a)+FORMAT+RowBinary&async_insert=0&param_x=1&wait_end_of_query=1&compress=1";
        let request = Request::read(query, &HeaderMap::new(), vec![7, 0, 7]).unwrap();
        assert_eq!((request.sql.as_str(), request.format.as_str()), ("INSERT INTO t(a)", "RowBinary"));
        assert_eq!(request.settings, [("async_insert".to_owned(), "0".to_owned())]);
        assert_eq!(request.parameters, [("x".to_owned(), "1".to_owned())]);
        assert_eq!(request.data.as_deref(), Some([7, 0, 7].as_slice()));
        assert!(request.compress);
    }

    #[test]
    fn two_statements_are_refused() {
        let refused = Request::read("query=SELECT+1", &HeaderMap::new(), b"; DROP TABLE t".to_vec());
        assert!(refused.unwrap_err().starts_with("Code: 62."));
    }

    #[test]
    fn basic_authorisation_is_read() {
        // RFC 7617, section 2: user "Aladdin", password "open sesame".
        assert_eq!(base64("QWxhZGRpbjpvcGVuIHNlc2FtZQ==").unwrap(), "Aladdin:open sesame");
    }
}
