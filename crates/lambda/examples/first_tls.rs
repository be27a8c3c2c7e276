//! What a process pays when it first needs randomness and TLS. Some libraries gather entropy for tens of
//! milliseconds then, or for hundreds where a function has a share of a core only. `make bench` measures
//! that ours does not: this prints milliseconds as JSON.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Instant;

use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, ring as provider, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::AlwaysResolvesServerRawPublicKeys;
use rustls::sign::CertifiedKey;
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, ServerConfig, ServerConnection,
    SignatureScheme,
};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let began = Instant::now();
    SystemRandom::new().fill(&mut [0; 32]).map_err(|_| "the system gives no randomness")?;
    let randomness = milliseconds(began);
    let first = handshake()?;
    let second = handshake()?;
    let said = json!({ "randomness": randomness, "first_handshake": first, "second_handshake": second });
    writeln!(std::io::stdout(), "{said}")?;
    Ok(())
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// Both sides of a handshake, in memory; the server shows a bare key, so that no certificate is needed.
fn handshake() -> Result<f64, Box<dyn std::error::Error>> {
    let began = Instant::now();
    let ours = Arc::new(provider::default_provider());
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new());
    let key = key.map_err(|_| "no key could be made")?;
    let key = ours.key_provider.load_private_key(PrivatePkcs8KeyDer::from(key.as_ref().to_vec()).into())?;
    let public = key.public_key().ok_or("the key has no public half")?;
    let shown = CertifiedKey::new(vec![CertificateDer::from(public.to_vec())], key);
    let server = ServerConfig::builder_with_provider(Arc::clone(&ours))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(Arc::new(shown))));
    let client = ClientConfig::builder_with_provider(Arc::clone(&ours))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyKey(ours)))
        .with_no_client_auth();
    let mut client = ClientConnection::new(Arc::new(client), ServerName::try_from("localhost")?)?;
    let mut server = ServerConnection::new(Arc::new(server))?;
    while client.is_handshaking() || server.is_handshaking() {
        let mut sent = Vec::new();
        client.write_tls(&mut sent)?;
        server.read_tls(&mut sent.as_slice())?;
        server.process_new_packets()?;
        let mut answered = Vec::new();
        server.write_tls(&mut answered)?;
        client.read_tls(&mut answered.as_slice())?;
        client.process_new_packets()?;
    }
    Ok(milliseconds(began))
}

/// Believes any server that holds the key it shows: the work of a handshake, and no more.
#[derive(Debug)]
struct AnyKey(Arc<CryptoProvider>);

impl AnyKey {
    fn algorithms(&self) -> WebPkiSupportedAlgorithms {
        self.0.signature_verification_algorithms
    }
}

impl ServerCertVerifier for AnyKey {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("bare keys need TLS 1.3".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = SubjectPublicKeyInfoDer::from(shown.as_ref());
        verify_tls13_signature_with_raw_key(message, &key, signed, &self.algorithms())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms().supported_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}
