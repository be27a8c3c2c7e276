//! Connections that can be cut from the inside, as a failing network cuts them.
//!
//! Cutting makes every further read and write fail, so that nothing of an answer gets out, and
//! closes the socket with a reset.

use crate::lock::lock;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use futures::task::AtomicWaker;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

#[derive(Debug, Default)]
struct Knife {
    cut: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Knife {
    fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        self.reader.wake();
        self.writer.wake();
    }
}

/// Who is at the other end; can cut the connection.
#[derive(Debug, Clone)]
pub(crate) struct Peer(Arc<Knife>);

impl Peer {
    pub(crate) fn cut(&self) {
        self.0.cut();
    }
}

impl Connected<IncomingStream<'_, Doors>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Doors>) -> Self {
        stream.remote_addr().clone()
    }
}

/// The connections that are open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Open(Arc<Mutex<Vec<Weak<Knife>>>>);

impl Open {
    pub(crate) fn cut_all(&self) {
        for knife in lock(&self.0).drain(..).filter_map(|knife| knife.upgrade()) {
            knife.cut();
        }
    }
}

/// A listener whose connections can be cut.
#[derive(Debug)]
pub(crate) struct Doors {
    tcp: TcpListener,
    open: Open,
}

impl Doors {
    pub(crate) fn new(tcp: TcpListener) -> Self {
        Self { tcp, open: Open::default() }
    }

    pub(crate) fn open(&self) -> Open {
        self.open.clone()
    }
}

impl Listener for Doors {
    type Io = Line;
    type Addr = Peer;

    async fn accept(&mut self) -> (Line, Peer) {
        loop {
            let tcp = match self.tcp.accept().await {
                Ok((tcp, _)) => tcp,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::task::yield_now().await;
                    continue;
                }
            };
            let _ = tcp.set_nodelay(true);
            let knife = Arc::new(Knife::default());
            {
                let mut open = lock(&self.open.0);
                open.retain(|known| known.strong_count() > 0);
                open.push(Arc::downgrade(&knife));
            }
            let line = Line { tcp, knife: Arc::clone(&knife) };
            return (line, Peer(knife));
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer(Arc::default()))
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Line {
    tcp: TcpStream,
    knife: Arc<Knife>,
}

impl Line {
    fn check(&self) -> io::Result<()> {
        if self.knife.cut.load(Ordering::SeqCst) {
            // So that closing resets the connection instead of ending it politely.
            let _ = self.tcp.set_zero_linger();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.knife.reader.register(cx.waker());
        self.check()?;
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.knife.writer.register(cx.waker());
        self.check()?;
        Pin::new(&mut self.tcp).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
