// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// A context of the library while it is being set up; freed unless it is released.
@safe final class ContextOwner {
  // Safety of all methods: `raw` is a live context that only this object has; paths and constants
  // are read during the calls only.
  private var raw: OpaquePointer?
  /// Whether the library has asked for a passphrase.
  private var wasAsked = false

  /// The 1.2 suites of Mozilla's "intermediate" list, without those of finite-field Diffie-Hellman,
  /// by which a client has a server calculate far more than itself (CVE-2002-20001).
  private static let suites12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    + "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
  private static let suites13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
  private static let groups = "X25519:P-256:P-384"
  /// Tickets of another service that has the same certificate are none of ours.
  private static let sessionContext = Array("atomics".utf8)
  /// How long a ticket stands for what was verified when it was given, certificates that end
  /// meanwhile included.
  private static let ticketSeconds = 600

  init(isServer: Bool) throws(TLSError) {
    ErrorQueue.clear()
    unsafe raw = SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method())
    guard let raw = unsafe raw, unsafe copenssl_set_rules(raw) == 1,
      unsafe SSL_CTX_set_cipher_list(raw, Self.suites12) == 1,
      unsafe SSL_CTX_set_ciphersuites(raw, Self.suites13) == 1,
      unsafe copenssl_set_groups(raw, Self.groups) == 1,
      unsafe SSL_CTX_set_session_id_context(
        raw, Self.sessionContext, UInt32(Self.sessionContext.count)) == 1
    else { throw .library(reason: ErrorQueue.takeReason()) }
    // Without this the library would ask for a passphrase on the terminal.
    unsafe SSL_CTX_set_default_passwd_cb(raw) { _, _, _, user in
      if let user = unsafe user {
        // Safety: set below, and taken back before the owner goes.
        unsafe Unmanaged<ContextOwner>.fromOpaque(user).takeUnretainedValue().wasAsked = true
      }
      return -1
    }
  }

  deinit { unsafe SSL_CTX_free(raw) }

  /// Gives the context away.
  func release() -> OpaquePointer {
    guard let released = unsafe raw else { preconditionFailure("released twice") }
    unsafe raw = nil
    return unsafe released
  }

  /// Bounds what a server believes and keeps of those whom it does not know yet.
  func limitClients() {
    unsafe copenssl_set_certificates_limit(raw, HandshakeWatch.messageLimit)
    _ = unsafe SSL_CTX_set_timeout(raw, Self.ticketSeconds)
  }

  /// The chain and the private key that this side shows.
  func loadIdentity(certificate: String, key: String) throws(TLSError) {
    ErrorQueue.clear()
    guard unsafe SSL_CTX_use_certificate_chain_file(raw, certificate) == 1 else {
      throw .badFile(
        path: certificate, expected: "a PEM certificate and those that lead to its root",
        reason: ErrorQueue.takeReason())
    }
    wasAsked = false
    unsafe SSL_CTX_set_default_passwd_cb_userdata(raw, Unmanaged.passUnretained(self).toOpaque())
    let isLoaded = unsafe SSL_CTX_use_PrivateKey_file(raw, key, SSL_FILETYPE_PEM) == 1
    unsafe SSL_CTX_set_default_passwd_cb_userdata(raw, nil)
    guard isLoaded else {
      if ErrorQueue.isKeyMismatch() {
        throw .keyMismatch(certificate: certificate, key: key, reason: ErrorQueue.takeReason())
      }
      throw .badFile(
        path: key, expected: "a PEM private key without a passphrase",
        reason: wasAsked ? "it has one" : ErrorQueue.takeReason())
    }
    // A key of another kind than the certificate's is found out only here.
    guard unsafe SSL_CTX_check_private_key(raw) == 1 else {
      throw .keyMismatch(certificate: certificate, key: key, reason: ErrorQueue.takeReason())
    }
  }

  /// The roots that a peer's certificate must lead to.
  func loadAuthorities(_ path: String) throws(TLSError) {
    ErrorQueue.clear()
    guard unsafe SSL_CTX_load_verify_file(raw, path) == 1 else {
      throw .badFile(
        path: path, expected: "PEM certificates of authorities", reason: ErrorQueue.takeReason())
    }
  }

  func loadSystemAuthorities() throws(TLSError) {
    guard unsafe SSL_CTX_set_default_verify_paths(raw) == 1 else {
      throw .library(reason: ErrorQueue.takeReason())
    }
  }

  /// Has a server tell its clients whose certificates it takes.
  func nameAuthorities(_ path: String) throws(TLSError) {
    guard let names = unsafe SSL_load_client_CA_file(path) else {
      throw .badFile(
        path: path, expected: "PEM certificates of authorities", reason: ErrorQueue.takeReason())
    }
    unsafe SSL_CTX_set_client_CA_list(raw, names)
  }

  func askForCertificates(_ clients: TLSClientCertificates) {
    let mode =
      switch clients {
      case .none: SSL_VERIFY_NONE
      case .optional: SSL_VERIFY_PEER
      case .required: SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
      }
    unsafe SSL_CTX_set_verify(raw, mode, nil)
  }

  func verifyServer(_ verifies: Bool) {
    unsafe SSL_CTX_set_verify(raw, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
  }

  func offer(_ protocols: ProtocolList) throws(TLSError) {
    guard let raw = unsafe raw, unsafe protocols.offer(in: raw) else {
      throw .library(reason: ErrorQueue.takeReason())
    }
  }

  /// Says when the own certificate is out of its time, in which clients will refuse it.
  func validityWarnings(of path: String) -> [String] {
    guard let certificate = unsafe SSL_CTX_get0_certificate(raw) else { return [] }
    // Safety: the certificate and its times live as long as the context.
    if unsafe X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0 {
      let time = unsafe CertificateText.time(X509_get0_notAfter(certificate))
      return ["\(path): the certificate expired on \(time)"]
    }
    if unsafe X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0 {
      let time = unsafe CertificateText.time(X509_get0_notBefore(certificate))
      return ["\(path): the certificate is not valid before \(time)"]
    }
    return []
  }
}
