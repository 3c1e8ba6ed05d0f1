use std::path::PathBuf;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderValue, Method, Request as HttpRequest, Response, StatusCode};
use tokio::net::TcpListener;

use super::frames;
use super::library::Engine;
use super::request::Request;

/// Largest request body, in bytes.
const BODY_BYTES_MAX: usize = 1 << 30;
/// Requests served at once; the engine's own memory bounds the rest.
const REQUESTS_MAX: usize = 32;

/// How the server is set up.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// `libchdb.so`.
    pub library: PathBuf,
    /// The data folder; created if missing, held by one process.
    pub data: PathBuf,
    /// The port on the loopback; 0 takes a free one.
    pub port: u16,
    /// The password asked for; empty asks for none.
    pub password: String,
}

struct Server {
    engine: Engine,
    password: String,
    places: tokio::sync::Semaphore,
}

/// Serves until the process ends; `ready` hears the address.
///
/// # Errors
/// When the library can't be loaded, the folder can't be opened, or the port is taken.
pub async fn serve(options: ServerOptions, ready: impl FnOnce(&str)) -> Result<(), String> {
    std::fs::create_dir_all(&options.data).map_err(|error| format!("{}: {error}", options.data.display()))?;
    let engine = Engine::open(&options.library, &options.data)?;
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await.map_err(|error| format!("port {}: {error}", options.port))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    // One connection stays open, so that opening another costs nothing.
    let held = engine.clone();
    let (opened, is_open) = std::sync::mpsc::channel();
    std::thread::spawn(move || match held.session() {
        Ok(_session) => {
            let _ = opened.send(Ok(()));
            loop {
                std::thread::park();
            }
        }
        Err(error) => opened.send(Err(error)).unwrap_or(()),
    });
    tokio::task::block_in_place(|| is_open.recv()).map_err(|error| error.to_string())??;
    ready(&format!("http://{address}"));
    let server = Arc::new(Server { engine, password: options.password, places: tokio::sync::Semaphore::new(REQUESTS_MAX) });
    let routes = axum::Router::new().fallback(answer).with_state(server);
    axum::serve(listener, routes).await.map_err(|error| error.to_string())
}

async fn answer(State(server): State<Arc<Server>>, request: HttpRequest<Body>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    if request.method() == Method::GET && (path == "/ping" || (path == "/" && request.uri().query().is_none())) {
        return Response::new(Body::from("Ok.\n"));
    }
    if path != "/" {
        return failed("Code: 0. There is no such page; ask / with a query.", StatusCode::NOT_FOUND);
    }
    let query = request.uri().query().unwrap_or_default().to_owned();
    let headers = request.headers().clone();
    let body = match to_bytes(request.into_body(), BODY_BYTES_MAX).await {
        Ok(body) => body.to_vec(),
        Err(_) => return failed("Code: 307. DB::Exception: The request is larger than the limit. (TOO_MANY_BYTES)", StatusCode::PAYLOAD_TOO_LARGE),
    };
    let Ok(_place) = server.places.acquire().await else { return failed("Code: 734. The server is ending.", StatusCode::SERVICE_UNAVAILABLE) };
    let asked = Arc::clone(&server);
    let outcome = tokio::task::spawn_blocking(move || {
        let request = Request::read(&query, &headers, body)?;
        asked.check(&request)?;
        let compress = request.compress;
        asked.run(&request).map(|bytes| if compress { frames::compress(&bytes) } else { bytes })
    });
    match outcome.await {
        Ok(Ok(bytes)) => {
            let mut response = Response::new(Body::from(bytes));
            response.headers_mut().insert("X-ClickHouse-Server-Display-Name", HeaderValue::from_static("embedded"));
            response.headers_mut().insert("X-ClickHouse-Timezone", HeaderValue::from_static("UTC"));
            response
        }
        Ok(Err(error)) => failed(&error, status(&error)),
        Err(error) => failed(&format!("Code: 1001. DB::Exception: {error}"), StatusCode::INTERNAL_SERVER_ERROR),
    }
}

impl Server {
    fn check(&self, request: &Request) -> Result<(), String> {
        if request.user == "default" && request.password == self.password {
            return Ok(());
        }
        Err("Code: 516. DB::Exception: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)".into())
    }

    fn run(&self, request: &Request) -> Result<Vec<u8>, String> {
        if request.sql.trim().is_empty() {
            return Err("Code: 62. DB::Exception: Empty query. (SYNTAX_ERROR)".into());
        }
        let session = self.engine.session()?;
        if let Some(database) = &request.database {
            session.query(&format!("USE `{}`", database.replace(['`', '\\'], "")), "Null", &[])?;
        }
        for (name, value) in &request.settings {
            if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return Err("Code: 115. DB::Exception: Unknown setting. (UNKNOWN_SETTING)".into());
            }
            let value = value.replace('\\', "\\\\").replace('\'', "\\'");
            session.query(&format!("SET {name} = '{value}'"), "Null", &[])?;
        }
        match &request.data {
            Some(data) => session.insert(&request.sql, &request.format, data).map(|()| Vec::new()),
            None => session.query(&request.sql, &request.format, &request.parameters),
        }
    }
}

fn code(error: &str) -> u32 {
    let digits = error.split_once("Code: ").map_or("", |(_, rest)| rest);
    digits.split(|character: char| !character.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// The status that ClickHouse gives with a code.
fn status(error: &str) -> StatusCode {
    match code(error) {
        516 | 192 | 193 | 194 => StatusCode::FORBIDDEN,
        60 | 81 | 16 | 47 | 46 => StatusCode::NOT_FOUND,
        62 | 115 | 6 | 26 | 27 | 33 => StatusCode::BAD_REQUEST,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn failed(error: &str, status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{error}\n")));
    *response.status_mut() = status;
    if let Ok(value) = HeaderValue::from_str(&code(error).to_string()) {
        response.headers_mut().insert("X-ClickHouse-Exception-Code", value);
    }
    response
}
