// SPDX-License-Identifier: Apache-2.0
import HTTPMessage
import SharedArena

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Safety: libFuzzer keeps `count` bytes at `start` for the length of the call.
  fuzz(unsafe [UInt8](UnsafeBufferPointer(start: start, count: count)))
  return 0
}

/// Register names, plain and as a percent-encoded path.
private func fuzz(_ bytes: [UInt8]) {
  if (try? RegisterName.check(bytes.span)) != nil {
    precondition((1...128).contains(bytes.count), "a name of \(bytes.count) bytes")
    precondition(bytes.allSatisfy { (0x2D...0x7A).contains($0) }, "a byte that no name has")
  }
  let target = HTTPTarget(bytes)
  var end = 0
  while let segment = target.segment(from: end + 1) {
    precondition(segment.lowerBound == end + 1, "a segment does not follow the last one")
    end = segment.upperBound
    if let name = try? target.decoded(segment) { _ = try? RegisterName.check(name.span) }
  }
  _ = try? target.queryItems()
}
