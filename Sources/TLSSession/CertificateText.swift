// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Parts of a certificate as text.
enum CertificateText {
  // Safety: in all functions the pointers are parts of a certificate that their caller holds, and
  // what the library allocates here is freed here.

  /// `Nov 26 22:45:02 2026 GMT`.
  static func time(_ time: UnsafePointer<ASN1_TIME>?) -> String {
    unsafe printed { unsafe ASN1_TIME_print($0, time) }
  }

  /// A name as RFC 2253 writes it, the most particular part first: `CN=alice,O=example`.
  static func name(_ name: OpaquePointer?) -> String {
    unsafe printed { unsafe copenssl_print_name($0, name) }
  }

  /// The text, or nil where there is none, or none that is safe to compare: a zero byte ends it
  /// for some programs and not for others.
  static func text(_ string: UnsafePointer<ASN1_STRING>?) -> String? {
    guard let string = unsafe string else { return nil }
    var start: UnsafeMutablePointer<UInt8>?
    let count = unsafe ASN1_STRING_to_UTF8(&start, string)
    guard count >= 0, let start = unsafe start else {
      ErrorQueue.clear()
      return nil
    }
    defer { unsafe CRYPTO_free(start, nil, 0) }
    let bytes = unsafe UnsafeBufferPointer(start: start, count: Int(count))
    guard unsafe !bytes.contains(0) else { return nil }
    return unsafe String(validating: bytes, as: UTF8.self)
  }

  private static func printed(_ print: (OpaquePointer) -> Int32) -> String {
    guard let memory = unsafe BIO_new(BIO_s_mem()) else { return "" }
    defer { unsafe BIO_free(memory) }
    guard unsafe print(memory) >= 0 else {
      ErrorQueue.clear()
      return ""
    }
    var text: [UInt8] = []
    while true {
      var count: Int32 = 0
      text.append(addingCapacity: 256) { span in
        unsafe span.withUnsafeMutableBufferPointer { free, filled in
          count = unsafe BIO_read(memory, free.baseAddress, 256)
          filled = Int(max(count, 0))
        }
      }
      if count <= 0 { return String(decoding: text, as: UTF8.self) }
    }
  }
}
