//! Connections on the loopback that acknowledge at once.
//!
//! The official client leaves Nagle's algorithm on: the last, small piece of an insert waits until
//! the piece before it is acknowledged, and the kernel delays acknowledgements by 40 ms.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Listens on 127.0.0.1 and nowhere else.
pub(super) struct Loopback(TcpListener);

impl Loopback {
    /// Binds a port; 0 takes a free one.
    pub(super) async fn bind(port: u16) -> Result<Self, String> {
        TcpListener::bind(("127.0.0.1", port)).await.map(Self).map_err(|error| format!("port {port}: {error}"))
    }
}

impl Listener for Loopback {
    type Io = PromptStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (PromptStream, SocketAddr) {
        loop {
            match self.0.accept().await {
                Ok((stream, address)) => {
                    let _ = stream.set_nodelay(true);
                    let stream = PromptStream(stream);
                    stream.acknowledge_at_once();
                    return (stream, address);
                }
                // No descriptor is free, or the client has gone again: the next may have more luck.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A connection whose acknowledgements aren't delayed.
pub(super) struct PromptStream(TcpStream);

impl PromptStream {
    /// The kernel forgets this wish after a while, so it is repeated.
    #[cfg(target_os = "linux")]
    fn acknowledge_at_once(&self) {
        let on: libc::c_int = 1;
        // SAFETY: the descriptor is open, and the value outlives the call. A refusal costs time only.
        unsafe {
            libc::setsockopt(
                std::os::fd::AsRawFd::as_raw_fd(&self.0),
                libc::IPPROTO_TCP,
                libc::TCP_QUICKACK,
                (&raw const on).cast(),
                std::mem::size_of_val(&on) as libc::socklen_t,
            );
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn acknowledge_at_once(&self) {}
}

impl AsyncRead for PromptStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.0).poll_read(context, buffer);
        if read.is_ready() {
            self.acknowledge_at_once();
        }
        read
    }
}

impl AsyncWrite for PromptStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, pieces: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
