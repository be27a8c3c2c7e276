//! DynamoDB in memory, for tests: each line on standard input makes an empty database and prints the
//! address that answers for it. The end of standard input ends the process, so nothing is left
//! running when a test is killed.

use dynoxide::Database;
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut asked: Lines<BufReader<Stdin>> = BufReader::new(tokio::io::stdin()).lines();
    while asked.next_line().await?.is_some() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(dynoxide::server::serve_on(listener, Database::memory()?));
        println!("http://{address}");
    }
    Ok(())
}
