// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// One TLS connection without I/O: encrypted bytes in, plain bytes out, and back.
///
/// A turn:
/// ```swift
/// try session.receive(bytes, into: &plaintext)
/// try session.send(answer(plaintext).span)
/// session.takeOutput(into: &encrypted)
/// ```
/// The output is sent after an error too: it holds the alert that tells the peer. Nothing is sent
/// before ``isEstablished``, except what the handshake needs.
///
/// What it buffers is bounded: a record of at most 16 KiB whose end has not come, and at a server
/// a handshake message of at most 16 KiB, since no client may claim more; with what the library has
/// besides, some 50 KiB while a handshake is under way. With nothing under way it has no buffers.
///
/// **Thread safety**: none; one thread at a time.
@safe public final class TLSSession {
  /// What is known about the end of what the peer sends.
  public enum InputState: Sendable, Equatable {
    case open
    /// The peer said that this was all (close_notify, RFC 8446 §6.1).
    case closed
    /// The bytes ended without a word: the peer has gone, or somebody cut the rest off.
    case truncated
  }

  /// Whether the handshake is complete: the peer is who its certificate says, where it was to show
  /// one.
  public private(set) var isEstablished = false
  public private(set) var inputState = InputState.open
  private let context: TLSContext
  // Safety of all methods: both live from `init` to `deinit`.
  private let raw: OpaquePointer
  private let link: UnsafeMutablePointer<SessionLink>
  private var failure: TLSError?
  /// Why it failed; nil while it has not.
  public private(set) var failureCause: TLSFailureCause?
  private var hasClosed = false
  private var watch = HandshakeWatch()

  /// The server's side of a connection that has just begun.
  public init(_ context: TLSContext) throws(TLSError) {
    precondition(context.isServer, "a server's session needs a server's context")
    self.context = context
    unsafe (raw, link) = try unsafe Self.make(context)
    unsafe SSL_set_accept_state(raw)
  }

  /// The client's side, whose output begins the handshake.
  ///
  /// - Parameter host: The name or the IP address (without brackets) that the server's certificate
  ///   must be for.
  public init(_ context: TLSContext, host: String) throws(TLSError) {
    precondition(!context.isServer, "a client's session needs a client's context")
    self.context = context
    unsafe (raw, link) = try unsafe Self.make(context)
    unsafe SSL_set_connect_state(raw)
    try expect(host)
    var nothing: [UInt8] = []
    try receive(Span(), into: &nothing)
  }

  deinit {
    // Safety: the session owns the BIO, which uses the link.
    unsafe SSL_free(raw)
    unsafe link.deinitialize(count: 1)
    unsafe link.deallocate()
  }

  private static func make(_ context: TLSContext) throws(TLSError)
    -> (OpaquePointer, UnsafeMutablePointer<SessionLink>)
  {
    ErrorQueue.clear()
    let link = UnsafeMutablePointer<SessionLink>.allocate(capacity: 1)
    unsafe link.initialize(to: SessionLink())
    if let raw = unsafe SSL_new(context.raw) {
      if let bio = unsafe LinkBIO.make(link) {
        unsafe SSL_set_bio(raw, bio, bio)
        return unsafe (raw, link)
      }
      unsafe SSL_free(raw)
    }
    unsafe link.deinitialize(count: 1)
    unsafe link.deallocate()
    throw .library(reason: ErrorQueue.takeReason())
  }

  /// Has the library ask for `host` and compare the certificate with it (RFC 6125).
  private func expect(_ host: String) throws(TLSError) {
    guard !host.isEmpty, !host.utf8.contains(0) else { throw .badHost(host) }
    let parameters = unsafe SSL_get0_param(raw)
    if unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1 { return }
    ErrorQueue.clear()
    unsafe SSL_set_hostflags(raw, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    guard unsafe SSL_set1_host(raw, host) == 1,
      unsafe copenssl_set_server_name(raw, host) == 1
    else {
      ErrorQueue.clear()
      throw .badHost(host)
    }
  }

  /// Takes encrypted bytes, all of them, and appends what they hold. What comes after the end of
  /// the peer's stream is dropped.
  ///
  /// - Throws: ``TLSError/connectionFailed(reason:)``, now and ever after.
  public func receive(_ bytes: Span<UInt8>, into plaintext: inout [UInt8]) throws(TLSError) {
    if let failure { throw failure }
    var rest = bytes
    // Once at least: a client speaks before it has heard anything.
    repeat {
      guard inputState == .open else { return }
      guard let count = countForLibrary(rest) else {
        refuseMessage()
        break
      }
      unsafe rest.extracting(0..<count).withUnsafeBufferPointer {
        unsafe link.pointee.lend($0)
        advance(into: &plaintext)
        unsafe link.pointee.revoke()
      }
      rest = rest.extracting(count..<rest.count)
    } while !rest.isEmpty && failure == nil
    if let failure { throw failure }
  }

  /// How many of `bytes` the library gets in one call; nil: none of them.
  private func countForLibrary(_ bytes: Span<UInt8>) -> Int? {
    guard context.isServer, !isEstablished else { return bytes.count }
    return watch.next(bytes, encryptsRecords: unsafe SSL_version(raw) == TLS1_2_VERSION)
  }

  private func refuseMessage() {
    // Fatal, illegal_parameter: what the library says of messages beyond its own limits.
    unsafe link.pointee.output += [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 47]
    failure = .connectionFailed(
      reason: "a handshake message of more than \(HandshakeWatch.messageLimit) bytes")
    failureCause = .other
  }

  private func advance(into plaintext: inout [UInt8]) {
    if !isEstablished {
      ErrorQueue.clear()
      let code = unsafe SSL_do_handshake(raw)
      guard code == 1 else { return note(code) }
      isEstablished = true
    }
    while unsafe link.pointee.hasInput || SSL_has_pending(raw) == 1 {
      // Twice what is there: one record at a time would copy all before it each time.
      if plaintext.capacity &- plaintext.count < Self.recordByteCount {
        plaintext.reserveCapacity(2 &* plaintext.count &+ Self.recordByteCount)
      }
      var code: Int32 = 0
      ErrorQueue.clear()
      // Safety: the library writes at most as many bytes as were reserved, and says how many.
      plaintext.append(addingCapacity: Self.recordByteCount) { span in
        unsafe span.withUnsafeMutableBufferPointer { free, filled in
          code = unsafe SSL_read(raw, free.baseAddress, Int32(Self.recordByteCount))
          filled = Int(max(code, 0))
        }
      }
      guard code > 0 else { return note(code) }
    }
  }

  /// The most plain bytes that a record has (RFC 8446 §5.1).
  private static let recordByteCount = 1 << 14

  /// What a call that did not succeed means.
  private func note(_ code: Int32) {
    switch unsafe SSL_get_error(raw, code) {
    case SSL_ERROR_WANT_READ: break
    case SSL_ERROR_ZERO_RETURN: inputState = .closed
    default:
      let verification = Int32(truncatingIfNeeded: unsafe SSL_get_verify_result(raw))
      failureCause = TLSFailureCause(
        code: ERR_peek_error(), verification: isEstablished ? X509_V_OK : verification)
      var reason = ErrorQueue.takeReason()
      if !isEstablished, verification != X509_V_OK,
        let text = unsafe X509_verify_cert_error_string(Int(verification))
      {
        reason += ": " + (unsafe String(cString: text))
      }
      failure = .connectionFailed(reason: reason)
    }
  }

  /// The peer's bytes have ended: tells whether they ended as they should.
  public func endInput() {
    if inputState == .open { inputState = .truncated }
  }

  /// Encrypts `plaintext`, all of it. Nothing while the handshake is under way, or after
  /// ``close()``.
  public func send(_ plaintext: Span<UInt8>) throws(TLSError) {
    if let failure { throw failure }
    precondition(isEstablished && !hasClosed, "there is no connection to send through")
    var rest = plaintext
    while !rest.isEmpty {
      let count = min(rest.count, Self.largestWrite)
      ErrorQueue.clear()
      // Safety: the library reads `count` bytes during the call only.
      let code = unsafe rest.withUnsafeBufferPointer {
        unsafe SSL_write(raw, $0.baseAddress, Int32(count))
      }
      guard code > 0 else {
        note(code)
        throw failure ?? .connectionFailed(reason: "the library would not encrypt")
      }
      rest = rest.extracting(Int(code)..<rest.count)
    }
  }

  /// What the library's 32-bit count holds, with room to spare.
  private static let largestWrite = 1 << 30

  /// Tells the peer that this was all (close_notify). It may still send.
  public func close() {
    guard isEstablished, failure == nil, !hasClosed else { return }
    hasClosed = true
    ErrorQueue.clear()
    // 0: said, and not heard from the peer, whom nobody waits for here.
    if unsafe SSL_shutdown(raw) < 0 { ErrorQueue.clear() }
  }

  /// Appends what is to be sent.
  public func takeOutput(into destination: inout [UInt8]) {
    if destination.isEmpty {
      swapOutput(with: &destination)
    } else {
      unsafe destination.append(contentsOf: link.pointee.output)
      unsafe link.pointee.output = []
    }
  }

  /// Exchanges what is to be sent for `buffer`, which the session adds to from then on: one buffer
  /// then serves many sessions in turn, and an idle one keeps none.
  public func swapOutput(with buffer: inout [UInt8]) {
    unsafe swap(&link.pointee.output, &buffer)
  }

  /// The protocol that both sides chose (ALPN); nil: the client offered none.
  public var negotiatedProtocol: String? {
    var start: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    // Safety: the bytes are the session's, and are copied before it is called again.
    unsafe SSL_get0_alpn_selected(raw, &start, &count)
    guard count > 0, let start = unsafe start else { return nil }
    return unsafe String(
      decoding: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
  }

  /// `TLSv1.2` or `TLSv1.3`, once the handshake is complete.
  public var version: String {
    // Safety: a constant of the library.
    unsafe SSL_get_version(raw).map { unsafe String(cString: $0) } ?? ""
  }

  /// Whom the peer's certificate names, once the handshake is complete; nil: it showed none.
  public var peerCertificate: TLSPeerCertificate? {
    isEstablished ? unsafe TLSPeerCertificate(raw) : nil
  }
}
