// SPDX-License-Identifier: Apache-2.0
import AtomicsCore

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Safety: libFuzzer keeps `count` bytes at `start` for the length of the call.
  fuzz(unsafe [UInt8](UnsafeBufferPointer(start: start, count: count)))
  return 0
}

/// The first byte chooses the type, the rest is a value as text. A value that is read must be the
/// same when it is written and read again.
private func fuzz(_ bytes: [UInt8]) {
  guard let first = bytes.first else { return }
  let type = RegisterType.all[Int(first) % RegisterType.all.count]
  let text = Array(bytes.dropFirst())
  guard let bits = try? type.parse(text.span) else { return }
  precondition(bits >> UInt128(type.width.bitCount - 1) <= 1, "a value wider than its type")
  let again = try? type.parse(type.format(bits))
  if type.kind == .float, type.format(bits) == "NaN" { return }
  precondition(again == bits, "a value changes when it is written and read again")
}
