//! The end of a function that cannot begin.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;

use crate::settings::environment;

/// Says why, in the log and to whoever invoked the function; then the process ends.
pub(crate) fn failed(error: &anyhow::Error) {
    let why = format!("{error:#}");
    tracing::error!(error = why, "the function cannot begin");
    if let Some(address) = environment("AWS_LAMBDA_RUNTIME_API") {
        let body = json!({ "errorType": "Reprise.Init", "errorMessage": why, "stackTrace": [] }).to_string();
        // Without this Lambda would say only that the process has ended.
        if let Err(error) = tell(&address, &body) {
            tracing::warn!(%error, "the failure could not be told");
        }
    }
}

fn tell(address: &str, body: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         lambda-runtime-function-error-type: Reprise.Init\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )?;
    stream.read_to_end(&mut Vec::new()).map(drop)
}
