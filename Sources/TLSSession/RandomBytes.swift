// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Bytes that nobody can guess, for secrets.
///
/// - Throws: ``TLSError/noRandomness`` when the system gives none; no secret may be made then.
public func randomBytes(count: Int) throws(TLSError) -> [UInt8] {
  precondition(count >= 0 && count <= Int32.max, "\(count) random bytes")
  var isFilled = false
  let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
    // Safety: the library writes exactly `count` bytes, which the capacity has, or fails.
    isFilled = unsafe RAND_bytes(buffer.baseAddress, Int32(count)) == 1
    initializedCount = isFilled ? count : 0
  }
  guard isFilled else {
    ERR_clear_error()
    throw .noRandomness
  }
  return bytes
}
