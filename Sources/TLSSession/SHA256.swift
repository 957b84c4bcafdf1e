// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// SHA-256 (FIPS 180-4), for secrets that are stored and compared by their digest.
public enum SHA256 {
  public static let byteCount = 32

  /// The digest of `bytes`, 32 bytes.
  public static func digest(_ bytes: Span<UInt8>) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { digest, count in
      // Safety: the digest's 32 bytes fit the array's capacity; the input is read during the call
      // only, and an empty span's nil start is read for no byte.
      unsafe bytes.withUnsafeBufferPointer {
        _ = unsafe COpenSSL.SHA256($0.baseAddress, $0.count, digest.baseAddress)
      }
      count = byteCount
    }
  }

  /// Whether both are the same bytes, in a time that depends on their number only.
  public static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    // Safety: both buffers have the same number of bytes, and are read during the call only.
    return unsafe a.withUnsafeBytes { a in
      unsafe b.withUnsafeBytes { b in
        unsafe CRYPTO_memcmp(a.baseAddress, b.baseAddress, a.count) == 0
      }
    }
  }
}
