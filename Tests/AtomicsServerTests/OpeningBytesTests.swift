// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AtomicsServer

@Suite struct OpeningBytesTests {
  @Test(
    "the first one to three bytes tell the protocol",
    arguments: [
      ([], OpeningBytes.undecided), ([0xA7], .binary), ([0xA7, 0x00], .binary), ([0x16], .tls),
      ([0x50], .undecided), ([0x50, 0x52], .undecided), ([0x50, 0x52, 0x49], .http2),
      ([0x50, 0x55], .http1), ([0x50, 0x52, 0x4F], .http1), ([0x47], .http1), ([0x5A], .http1),
      ([0x00], .unknown), ([0x67], .unknown), ([0xFF, 0xA7], .unknown), ([0x0D, 0x0A], .unknown),
    ] as [([UInt8], OpeningBytes)])
  func classify(bytes: [UInt8], expected: OpeningBytes) {
    #expect(OpeningBytes(bytes.span) == expected)
  }
}
