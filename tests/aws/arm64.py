"""Starts the function that was built for arm64, and asks it for /health, by an emulated processor.

    python arm64.py QEMU LIBRARIES BOOTSTRAP

Plays, on loopback, what the function meets on the way: Lambda's Runtime API, and the one parameter it reads.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# What a function URL sends.
HOST = "example.lambda-url.us-east-1.on.aws"
EVENT = {
    "version": "2.0",
    "rawPath": "/health",
    "rawQueryString": "",
    "headers": {"host": HOST},
    "requestContext": {"domainName": HOST, "http": {"method": "GET", "path": "/health", "sourceIp": "127.0.0.1"}},
    "isBase64Encoded": False,
}

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_REGION": "us-east-1",
    "AWS_LAMBDA_FUNCTION_NAME": "Web",
    "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    "REPRISE_ROLE": "web",
    "REPRISE_TABLE": "reprise",
    "REPRISE_KEY_ID": "key",
    "REPRISE_DEPLOYMENT": "reprise",
    "SPOTIFY_CLIENT_ID": "id",
    "SPOTIFY_CLIENT_SECRET_PARAMETER": "/reprise/spotify-client-secret",
}


class Runtime(ThreadingHTTPServer):
    """Hands out one event, and keeps what it is answered."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answered = threading.Event()
        self.handed_out = threading.Event()
        self.answer = None
        self.ended = threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.server.handed_out.is_set():
            # There is no second event; the function waits as it does between two.
            self.server.ended.wait()
            self.close_connection = True
            return
        self.server.handed_out.set()
        body = json.dumps(EVENT).encode()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "first")
        self.send_header("Lambda-Runtime-Deadline-Ms", "4102444800000")
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:Web")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        said = self.body()
        if self.headers.get("X-Amz-Target") == "AmazonSSM.GetParameter":
            secret = {"Name": json.loads(said)["Name"], "Type": "SecureString", "Value": "letters"}
            body = json.dumps({"Parameter": secret}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.server.answer = self.path, said
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.answered.set()

    def body(self):
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def handle(self):
        # The function is ended while it waits: its connection breaks.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, *_):
        pass


def main(qemu, libraries, bootstrap):
    runtime = Runtime()
    threading.Thread(target=runtime.serve_forever, daemon=True).start()
    here = f"127.0.0.1:{runtime.server_address[1]}"
    environment = ENVIRONMENT | {
        "AWS_ENDPOINT_URL": f"http://{here}",
        "AWS_LAMBDA_RUNTIME_API": here,
        "PATH": os.environ["PATH"],
    }
    function = subprocess.Popen([qemu, "-L", libraries, bootstrap], env=environment)
    try:
        # An emulated start takes a second; whatever takes longer than a minute hangs.
        for _ in range(600):
            if runtime.answered.wait(0.1) or function.poll() is not None:
                break
        if not runtime.answered.is_set():
            return f"the function for arm64 answered nothing; it has {'ended' if function.poll() else 'not ended'}"
    finally:
        function.kill()
        function.wait()
        runtime.ended.set()
        runtime.shutdown()
    path, body = runtime.answer
    if not path.endswith("/invocation/first/response") or json.loads(body).get("statusCode") != 200:
        return f"the function for arm64 answered {path}: {body[:2000]!r}"
    print("the function for arm64 starts and answers")
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
