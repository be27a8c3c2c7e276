//! Serves every page in every designed state with made-up data, for looking at.
//!
//! `cargo run -p reprise-web --features gallery --example gallery -- 127.0.0.1:8090`

use std::{env, error::Error, net::SocketAddr};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address: SocketAddr = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8090".to_owned()).parse()?;
    if !address.ip().is_loopback() {
        return Err("the gallery is for looking at home: give a loopback address".into());
    }
    let listener = tokio::net::TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    // The harness waits for this line and takes the port from it.
    #[expect(clippy::print_stdout, reason = "an example speaks on standard output")]
    {
        println!("listening on http://{address}");
    }
    axum::serve(listener, reprise_web::gallery::router(address.port())).await?;
    Ok(())
}
