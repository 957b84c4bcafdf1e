// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Whom a peer's certificate names, as plain values.
public struct TLSPeerCertificate: Sendable, Equatable {
  /// The whole subject as RFC 2253 writes it, for people: `CN=alice,O=example`.
  public var subject: String
  /// The subject's last common name.
  public var commonName: String?
  /// Subject alternative names (RFC 5280 §4.2.1.6) by kind. A name with a zero byte is left out.
  public var dnsNames: [String] = []
  public var uris: [String] = []
  public var emails: [String] = []
  /// Whether it leads to a trusted root, is within its time and, for a server's, is for the host
  /// that was asked for. Never use a name of one that is not.
  public var isVerified: Bool

  public init(subject: String, commonName: String?, isVerified: Bool) {
    self.subject = subject
    self.commonName = commonName
    self.isVerified = isVerified
  }
}

extension TLSPeerCertificate {
  /// The certificate that the peer showed in the handshake; nil: none.
  init?(_ session: OpaquePointer) {
    // Safety: the certificate is the session's and lives as long, which is longer than this call;
    // the names are made and freed here.
    guard let certificate = unsafe SSL_get0_peer_certificate(session) else { return nil }
    let subject = unsafe X509_get_subject_name(certificate)
    self.subject = unsafe CertificateText.name(subject)
    isVerified =
      unsafe SSL_get_verify_result(session) == X509_V_OK
      && SSL_get_verify_mode(session) & SSL_VERIFY_PEER != 0
    var last: Int32 = -1
    while true {
      let next = unsafe X509_NAME_get_index_by_NID(subject, NID_commonName, last)
      if next < 0 { break }
      last = next
    }
    if last >= 0 {
      commonName = unsafe CertificateText.text(
        X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)))
    }
    guard let names = unsafe X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else {
      ErrorQueue.clear()
      return
    }
    let list = OpaquePointer(names)
    defer { unsafe GENERAL_NAMES_free(list) }
    for index in 0..<(unsafe copenssl_names_count(list)) {
      var kind: Int32 = 0
      let string = unsafe copenssl_name_text(list, index, &kind)
      guard let text = unsafe CertificateText.text(string) else { continue }
      switch kind {
      case GEN_DNS: dnsNames.append(text)
      case GEN_URI: uris.append(text)
      default: emails.append(text)
      }
    }
  }
}
