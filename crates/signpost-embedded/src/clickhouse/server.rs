//! The HTTP side: who may ask, how much, and how an answer is written while it is made.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderValue, Method, Request as HttpRequest, Response, StatusCode};
use axum::serve::Listener as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;

use super::answer::{Sink, run};
use super::failure::{self, exception};
use super::folder::HeldFolder;
use super::frames;
use super::loopback::Loopback;
use super::request::{Head, Request};
use super::session::Engine;

/// Largest request body, in bytes, as sent.
const BODY_BYTES_MAX: usize = 1 << 30;
/// Requests served at once; the engine's own memory bounds the rest.
const REQUESTS_MAX: usize = 32;
/// Pieces of an answer in flight between engine and network.
const PIECES_MAX: usize = 4;
/// How long running requests may go on once the server is asked to end.
const FAREWELL: Duration = Duration::from_secs(10);

/// How long the text of a late failure has to reach its client.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// How the server is set up.
#[derive(Clone, Default)]
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

impl std::fmt::Debug for ServerOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { library, data, port, password: _ } = self;
        formatter.debug_struct("ServerOptions").field("library", library).field("data", data).field("port", port).finish_non_exhaustive()
    }
}

struct Server {
    engine: Engine,
    password: String,
    places: Arc<tokio::sync::Semaphore>,
}

/// Serves until SIGTERM or SIGINT; `ready` hears the address. Running requests are waited for, the
/// engine is closed, then this returns.
///
/// # Errors
/// When the library can't be loaded, the folder is held by another process or can't be opened, or
/// the port is taken.
pub async fn serve(options: ServerOptions, ready: impl FnOnce(&str)) -> Result<(), String> {
    let mut folder = HeldFolder::take(&options.data)?;
    let engine = Engine::open(&options.library, &options.data)?;
    let listener = Loopback::bind(options.port).await?;
    let address = format!("http://{}", listener.local_addr().map_err(|error| error.to_string())?);
    let kept = KeptOpen::open(&engine)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    folder.say(&address)?;
    ready(&address);
    let server = Arc::new(Server { engine, password: options.password, places: Arc::new(tokio::sync::Semaphore::new(REQUESTS_MAX)) });
    let routes = axum::Router::new().fallback(answer).with_state(server);
    let (asked_to_end, is_ending) = oneshot::channel::<()>();
    let serving = axum::serve(listener, routes).with_graceful_shutdown(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        drop(asked_to_end);
    });
    tokio::select! {
        served = serving.into_future() => served.map_err(|error| error.to_string())?,
        () = async { let _ = is_ending.await; tokio::time::sleep(FAREWELL).await; } => {}
    }
    kept.close();
    Ok(())
}

/// One connection that stays open, so that opening another costs nothing.
struct KeptOpen {
    close: std::sync::mpsc::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl KeptOpen {
    fn open(engine: &Engine) -> Result<Self, String> {
        let engine = engine.clone();
        let (opened, is_open) = std::sync::mpsc::channel();
        let (close, is_closed) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || match engine.session() {
            Ok(_session) => {
                let _ = opened.send(Ok(()));
                let _ = is_closed.recv();
            }
            Err(error) => opened.send(Err(error)).unwrap_or(()),
        });
        tokio::task::block_in_place(|| is_open.recv()).map_err(|error| error.to_string())??;
        Ok(Self { close, thread })
    }

    fn close(self) {
        drop(self.close);
        let _ = tokio::task::block_in_place(|| self.thread.join());
    }
}

async fn answer(State(server): State<Arc<Server>>, request: HttpRequest<Body>) -> Response<Body> {
    let path = request.uri().path();
    if request.method() == Method::GET && (path == "/ping" || (path == "/" && request.uri().query().is_none())) {
        return Response::new(Body::from("Ok.\n"));
    }
    if path != "/" {
        let mut response = Response::new(Body::from("There is no handle for this path: ask / with a query, or /ping\n"));
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    }
    let head = Head::read(request.uri().query().unwrap_or_default(), request.headers());
    match server.answer(head, request.into_body()).await {
        Ok(response) => response,
        Err(error) => failure::response(&error),
    }
}

impl Server {
    async fn answer(&self, head: Head, body: Body) -> Result<Response<Body>, String> {
        self.check(&head)?;
        let ending = |_| exception(734, "The server is ending", "SERVER_IS_ENDING");
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(ending)?;
        let too_large = "The body is larger than 1 GiB, or broke off: insert in parts";
        let body = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| exception(307, too_large, "TOO_MANY_BYTES"))?;
        let request = head.with_body(body)?;
        let mut response = Response::new(Body::empty());
        describe(&mut response, &head, &request);
        let (begun, begins) = oneshot::channel();
        let engine = self.engine.clone();
        tokio::task::spawn_blocking(move || {
            let mut answer = Answer { begun: Some(begun), pieces: None, held: head.wait_for_end.then(Vec::new), compress: head.compress };
            let outcome = run(&engine, &head, &request, &mut answer);
            answer.end(outcome);
            drop(place);
        });
        let pieces = begins.await.map_err(|_| exception(1001, "The engine gave up on the request", "STD_EXCEPTION"))??;
        *response.body_mut() = Body::from_stream(ReceiverStream::new(pieces));
        Ok(response)
    }

    fn check(&self, head: &Head) -> Result<(), String> {
        if head.user == "default" && head.password == self.password {
            return Ok(());
        }
        let text = format!("{}: Authentication failed: password is incorrect, or there is no user with such name.", head.user);
        Err(exception(516, &text, "AUTHENTICATION_FAILED"))
    }
}

fn describe(response: &mut Response<Body>, head: &Head, request: &Request) {
    let headers = response.headers_mut();
    headers.insert("X-ClickHouse-Server-Display-Name", HeaderValue::from_static("embedded"));
    headers.insert("X-ClickHouse-Timezone", HeaderValue::from_static("UTC"));
    if let Request::Statement { format, .. } = request
        && let Ok(format) = HeaderValue::from_str(format)
    {
        headers.insert("X-ClickHouse-Format", format);
    }
    if let Some(id) = head.query_id.as_deref().and_then(|id| HeaderValue::from_str(id).ok()) {
        headers.insert("X-ClickHouse-Query-Id", id);
    }
}

type Pieces = mpsc::Receiver<Result<Bytes, std::io::Error>>;

/// An answer on its way: its status is decided by what comes first, a piece or a failure.
struct Answer {
    begun: Option<oneshot::Sender<Result<Pieces, String>>>,
    pieces: Option<mpsc::Sender<Result<Bytes, std::io::Error>>>,
    /// The pieces so far, of an answer that is held back until it is complete.
    held: Option<Vec<Vec<u8>>>,
    compress: bool,
}

impl Sink for Answer {
    fn take(&mut self, piece: Vec<u8>) -> bool {
        if let Some(held) = &mut self.held {
            held.push(piece);
            return true;
        }
        self.send(Ok(piece.into()))
    }
}

impl Answer {
    fn send(&mut self, piece: Result<Bytes, std::io::Error>) -> bool {
        if let Some(begun) = self.begun.take() {
            let (pieces, receiver) = mpsc::channel(PIECES_MAX);
            self.pieces = Some(pieces);
            if begun.send(Ok(receiver)).is_err() {
                return false;
            }
        }
        self.pieces.as_ref().is_some_and(|pieces| pieces.blocking_send(piece).is_ok())
    }

    fn end(mut self, outcome: Result<(), String>) {
        match (outcome, self.begun.is_some()) {
            (Ok(()), _) => {
                let held = self.held.take().unwrap_or_default();
                let _ = held.into_iter().all(|piece| self.send(Ok(piece.into())));
                if self.begun.is_some() {
                    self.send(Ok(Bytes::new()));
                }
            }
            (Err(error), true) => {
                if let Some(begun) = self.begun.take() {
                    let _ = begun.send(Err(error));
                }
            }
            // Too late for a status: clients look for the text, and the broken end tells the others.
            (Err(error), false) => {
                let words = failure::last_words(&error);
                let words = if self.compress { frames::compress(&words) } else { words };
                if self.send(Ok(words.into())) {
                    // A broken end drops what waits to be written; an idle moment lets it be written.
                    std::thread::sleep(LAST_WORDS);
                    self.send(Err(std::io::Error::other(error)));
                }
            }
        }
    }
}
