//! Signatures that are not TLS's own: head office's authority signs listing versions (and what else a box takes from
//! it), so that a copy is as good as the original wherever it comes from.

use super::CertificateDer;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

/// Whether one of the authorities signed the text: ECDSA on P-256 with SHA-256, ASN.1 (RFC 3279, section 2.2.3).
pub fn verify_signature(authorities: &[CertificateDer<'_>], text: &[u8], signature: &[u8]) -> bool {
    authorities.iter().any(|authority| {
        let Ok((_, certificate)) = x509_parser::parse_x509_certificate(authority) else { return false };
        let key = &certificate.public_key().subject_public_key.data;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(text, signature).is_ok()
    })
}

/// HMAC-SHA-256 of `body`, hexadecimal: for a receiver that shares the secret.
pub fn hmac_sha256(secret: &[u8], body: &[u8]) -> String {
    hex::encode(ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret), body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::SigningKey;

    #[test]
    fn only_the_authority_itself_signs() {
        let authority = |name: &str| {
            let key = rcgen::KeyPair::generate().unwrap();
            let certificate =
                rcgen::CertificateParams::new([name.into()]).unwrap().self_signed(&key).unwrap();
            (key, certificate.der().clone())
        };
        let ((key, ours), (_, another)) = (authority("a"), authority("b"));
        let signature = key.sign(b"version 7").unwrap();
        assert!(verify_signature(&[another.clone(), ours.clone()], b"version 7", &signature));
        assert!(!verify_signature(std::slice::from_ref(&another), b"version 7", &signature));
        assert!(!verify_signature(std::slice::from_ref(&ours), b"version 8", &signature));
        assert!(!verify_signature(std::slice::from_ref(&ours), b"version 7", &signature[1..]));
        assert!(!verify_signature(&[], b"version 7", &signature));
    }
}
