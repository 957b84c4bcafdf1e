// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// What a session of the library reads from and writes to: the bytes that its owner was given, read
/// where they are, and an array that gathers what is to be sent.
@safe struct SessionLink {
  /// Encrypted bytes that were not read yet; valid only while its owner's call lasts.
  private var input = unsafe UnsafeBufferPointer<UInt8>(start: nil, count: 0)
  /// Encrypted bytes for the peer.
  var output: [UInt8] = []

  var hasInput: Bool { unsafe !input.isEmpty }

  /// - Safety: until ``revoke()``, `bytes` stay where they are.
  mutating func lend(_ bytes: UnsafeBufferPointer<UInt8>) { unsafe input = bytes }

  mutating func revoke() { unsafe input = UnsafeBufferPointer(start: nil, count: 0) }

  fileprivate mutating func read(into destination: UnsafeMutableRawBufferPointer) -> Int {
    let count = unsafe min(destination.count, input.count)
    // Safety: both sides have `count` bytes.
    unsafe destination.copyMemory(
      from: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: input[..<count])))
    unsafe input = UnsafeBufferPointer(rebasing: input[count...])
    return count
  }
}

/// A BIO over a ``SessionLink``. The library calls it only while the session's owner calls the
/// library, so that nothing here is ever entered twice.
enum LinkBIO {
  // Safety: filled once and only read afterwards.
  nonisolated(unsafe) private static let method: OpaquePointer? = unsafe makeMethod()

  /// A BIO for reading and writing; nil: no memory. `link` outlives it.
  static func make(_ link: UnsafeMutablePointer<SessionLink>) -> OpaquePointer? {
    // Safety: `link` is valid by the caller's word.
    guard let method = unsafe method, let bio = unsafe BIO_new(method) else { return nil }
    unsafe BIO_set_data(bio, link)
    unsafe BIO_set_init(bio, 1)
    return unsafe bio
  }

  private static func makeMethod() -> OpaquePointer? {
    // Safety: every setter takes the method made here and a function that lives forever.
    guard let method = unsafe BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "link")
    else { return nil }
    unsafe BIO_meth_set_read(method, read)
    unsafe BIO_meth_set_write(method, write)
    unsafe BIO_meth_set_ctrl(method, control)
    return unsafe method
  }

  private static func link(_ bio: OpaquePointer?) -> UnsafeMutablePointer<SessionLink>? {
    // Safety: `make` put it there.
    unsafe BIO_get_data(bio)?.assumingMemoryBound(to: SessionLink.self)
  }

  private static let read:
    @convention(c) (OpaquePointer?, UnsafeMutablePointer<CChar>?, Int32) -> Int32 = {
      bio, destination, capacity in
      guard let link = unsafe link(bio), capacity > 0 else { return -1 }
      unsafe BIO_clear_flags(bio, copenssl_retry_flags)
      guard unsafe link.pointee.hasInput else {
        // More may come: the library asks again when it is called the next time.
        unsafe BIO_set_flags(bio, copenssl_retry_read)
        return -1
      }
      // Safety: the library has room for `capacity` bytes there.
      return unsafe Int32(
        link.pointee.read(
          into: UnsafeMutableRawBufferPointer(start: destination, count: Int(capacity))))
    }

  private static let write: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?, Int32) -> Int32 =
    {
      bio, source, count in
      guard let link = unsafe link(bio), count > 0 else { return 0 }
      // Safety: the library has `count` bytes there.
      unsafe link.pointee.output.append(
        contentsOf: UnsafeRawBufferPointer(start: source, count: Int(count)))
      return count
    }

  private static let control:
    @convention(c) (OpaquePointer?, Int32, Int, UnsafeMutableRawPointer?) -> Int = {
      _, command, _, _ in
      // What was written is where it should be; of the rest nothing applies.
      command == BIO_CTRL_FLUSH ? 1 : 0
    }
}
