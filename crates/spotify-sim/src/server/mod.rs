//! The simulation on a port.

mod deliver;
mod line;
mod web;

use crate::sim::Sim;
use crate::{clock, control};
use axum::Router;
use line::{Doors, Peer};
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A served simulation. Dropping it closes the port and all connections; the simulation itself
/// goes on and can be served again.
#[derive(Debug)]
pub struct SimServer {
    addr: SocketAddr,
    open: line::Open,
    task: JoinHandle<()>,
}

impl Sim {
    /// Serves the accounts service, the Web API and the controls on one port.
    pub async fn serve(&self, addr: SocketAddr) -> io::Result<SimServer> {
        let tcp = TcpListener::bind(addr).await?;
        let addr = tcp.local_addr()?;
        let doors = Doors::new(tcp);
        let open = doors.open();
        let app = router(self).into_make_service_with_connect_info::<Peer>();
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(doors, app).await {
                tracing::error!(%error, "the simulation is no longer served");
            }
        });
        Ok(SimServer { addr, open, task })
    }
}

fn router(sim: &Sim) -> Router {
    web::routes(sim.clone()).merge(control::routes(sim.clone())).merge(clock::http::routes(sim.clock()))
}

impl SimServer {
    /// Scheme, host and port.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Closes the port and all connections.
    pub async fn shutdown(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
        self.open.cut_all();
    }

    /// Returns when the port is no longer served, which happens only when something fails.
    pub async fn join(mut self) {
        let _ = (&mut self.task).await;
    }
}

impl Drop for SimServer {
    fn drop(&mut self) {
        self.task.abort();
        self.open.cut_all();
    }
}
