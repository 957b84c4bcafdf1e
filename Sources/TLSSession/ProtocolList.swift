// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Protocol names as they travel (RFC 7301 §3.1), each after a byte with its length:
///
///     | 2 | 'h' '2' | 8 | 'h' 't' 't' 'p' '/' '1' '.' '1' |
///
/// At a fixed address, since the library keeps it.
@safe final class ProtocolList {
  private let bytes: UnsafeMutableBufferPointer<UInt8>

  init(_ names: [String]) {
    var list: [UInt8] = []
    for name in names {
      precondition((1...255).contains(name.utf8.count), "protocol names have 1 to 255 bytes")
      list.append(UInt8(name.utf8.count))
      list += name.utf8
    }
    // Safety: freed in `deinit`; filled here and only read from then on.
    unsafe bytes = .allocate(capacity: list.count)
    _ = unsafe bytes.initialize(from: list)
  }

  deinit { unsafe bytes.deallocate() }

  /// Has a server choose from the list. Its owner keeps the list as long as the context and all of
  /// its sessions.
  func choose(in context: OpaquePointer) {
    // Safety: the pointer is valid by the rule above.
    unsafe SSL_CTX_set_alpn_select_cb(
      context, Self.choose, Unmanaged.passUnretained(self).toOpaque())
  }

  /// Has a client offer the list, which the library copies. False: no memory.
  func offer(in context: OpaquePointer) -> Bool {
    // Safety: read during the call only. Unlike its neighbours this one returns 0 for success.
    unsafe SSL_CTX_set_alpn_protos(context, bytes.baseAddress, UInt32(bytes.count)) == 0
  }

  private static let choose:
    @convention(c) (
      OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?,
      UnsafePointer<UInt8>?, UInt32, UnsafeMutableRawPointer?
    ) -> Int32 = { _, chosen, chosenCount, offered, offeredCount, user in
      guard let user = unsafe user, let chosen = unsafe chosen else {
        return SSL_TLSEXT_ERR_ALERT_FATAL
      }
      // Safety: `user` is what `choose(in:)` passed. What is chosen lies in our list or in the
      // peer's, and the library copies it at once.
      let list = unsafe Unmanaged<ProtocolList>.fromOpaque(user).takeUnretainedValue()
      let result = unsafe chosen.withMemoryRebound(
        to: UnsafeMutablePointer<UInt8>?.self, capacity: 1
      ) {
        unsafe SSL_select_next_proto(
          $0, chosenCount, list.bytes.baseAddress, UInt32(list.bytes.count), offered, offeredCount)
      }
      // The alert is no_application_protocol (RFC 7301 §3.2).
      return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL
    }
}
