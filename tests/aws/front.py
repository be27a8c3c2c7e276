"""The way from a browser, or curl, to the stack's https address: a proxy on loopback.

Whoever uses it as their proxy reaches names below `lambda-url.REGION.on.aws`, with TLS by a certificate
made for the occasion; the requests inside go on to the emulator. Everything else is refused, so that what
runs behind it talks to loopback only.
"""

import asyncio
import datetime
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

REFUSED = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Front:
    """Runs in a thread of its own from `start` to `stop`."""

    def __init__(self, region, emulator_port, folder):
        self.suffix = f".lambda-url.{region}.on.aws"
        self.emulator_port = emulator_port
        self.certificate = folder / "front.pem"
        self.certificate.write_bytes(_certificate("*" + self.suffix))
        self.refused = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self):
        """Listens; answers its own address as a proxy's URL."""
        self._thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        self.url = "http://127.0.0.1:%d" % self._server.sockets[0].getsockname()[1]
        return self.url

    def stop(self):
        """Closes everything that is open."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self):
        self._server.close()
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _serve(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            method, wanted, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
            host, _, port = wanted.rpartition(":")
            if method != "CONNECT" or port != "443" or not host.endswith(self.suffix):
                self.refused.append(wanted)
                writer.write(REFUSED)
                await writer.drain()
                return
            writer.write(ESTABLISHED)
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(self.certificate)
            await writer.start_tls(context)
            onward, behind = await asyncio.open_connection("127.0.0.1", self.emulator_port)
            await asyncio.gather(_carry(reader, behind), _carry(onward, writer))
        except (OSError, ssl.SSLError, asyncio.IncompleteReadError):
            # A client that goes away in the middle, or does not like the certificate, is its own affair.
            pass
        finally:
            writer.close()


async def _carry(reader, writer):
    """Everything from one side to the other, until one of them ends."""
    try:
        while some := await reader.read(65536):
            writer.write(some)
            await writer.drain()
    finally:
        writer.close()


def _certificate(name):
    """Key and certificate that a client may be told to trust, good for an hour or two."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a stand-in for AWS on loopback")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + made.public_bytes(serialization.Encoding.PEM)
