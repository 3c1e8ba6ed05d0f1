//! ClickHouse's errors as HTTP shows them: text, code, status.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode};

/// The number in `Code: N.`; 0 if there is none.
fn code(error: &str) -> u32 {
    let digits = error.split_once("Code: ").map_or("", |(_, rest)| rest);
    digits.split(|character: char| !character.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// The status that ClickHouse's own server gives with a code.
fn status(code: u32) -> StatusCode {
    match code {
        194 => StatusCode::UNAUTHORIZED,
        192 | 193 | 497 | 516 => StatusCode::FORBIDDEN,
        6 | 8 | 15 | 25 | 26 | 27 | 36 | 38 | 41 | 44 | 53 | 62 | 72 | 117 | 167 | 168 | 376 | 427 | 441 => StatusCode::BAD_REQUEST,
        46 | 47 | 50 | 56 | 60 | 63 | 73 | 78 | 81 | 115 | 336 | 511 => StatusCode::NOT_FOUND,
        48 => StatusCode::NOT_IMPLEMENTED,
        159 => StatusCode::REQUEST_TIMEOUT,
        307 => StatusCode::PAYLOAD_TOO_LARGE,
        734 => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// An error of this server's own, in ClickHouse's words.
pub(super) fn exception(code: u32, text: &str, name: &str) -> String {
    format!("Code: {code}. DB::Exception: {text} ({name})")
}

/// The text with a code, whatever the engine left out.
fn with_code(error: &str) -> String {
    if error.contains("Code: ") { error.to_owned() } else { exception(1001, error, "STD_EXCEPTION") }
}

/// The whole answer to a request that failed before its first byte.
pub(super) fn response(error: &str) -> Response<Body> {
    let error = with_code(error);
    let mut response = Response::new(Body::from(format!("{error}\n")));
    *response.status_mut() = status(code(&error));
    response.headers_mut().insert("X-ClickHouse-Exception-Code", HeaderValue::from(code(&error)));
    response
}

/// What ends an answer that failed after its first byte: clients look for exactly this shape.
pub(super) fn last_words(error: &str) -> Vec<u8> {
    let error = with_code(error);
    let error = error.split(" (version ").next().unwrap_or_default().trim_end();
    format!("{error} (version embedded (signpost))\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::{code, last_words, status};
    use axum::http::StatusCode;

    // Statuses: ClickHouse, src/Server/HTTP/exceptionCodeToHTTPStatus.cpp.
    #[test]
    fn codes_have_clickhouses_statuses() {
        assert_eq!(code("Code: 60. DB::Exception: Code: 1 is no table"), 60);
        assert_eq!(status(60), StatusCode::NOT_FOUND);
        assert_eq!(status(62), StatusCode::BAD_REQUEST);
        assert_eq!(status(516), StatusCode::FORBIDDEN);
        assert_eq!(status(48), StatusCode::NOT_IMPLEMENTED);
        assert_eq!(status(241), StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[test]
    fn last_words_end_as_the_official_client_expects() {
        // clickhouse 0.14, response.rs: the chunk ends with `))` and a line's end.
        assert!(last_words("Code: 395. DB::Exception: x. (X) (version 26.7.2.1)").ends_with(b"))\n"));
    }
}
