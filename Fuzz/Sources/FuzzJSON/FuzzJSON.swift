// SPDX-License-Identifier: Apache-2.0
import JSONText

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Safety: libFuzzer keeps `count` bytes at `start` for the length of the call.
  fuzz(unsafe [UInt8](UnsafeBufferPointer(start: start, count: count)))
  return 0
}

/// Reads a text token by token. A text that is valid must stay so, token for token, when it is
/// written anew.
private func fuzz(_ bytes: [UInt8]) {
  _ = try? JSONReader.members(of: bytes)
  _ = try? JSONReader.elements(of: bytes, range: 0..<bytes.count)
  guard let expected = tokens(of: bytes) else { return }
  var writer = JSONWriter()
  for token in expected { write(token, to: &writer) }
  precondition(tokens(of: writer.bytes) == expected, "a text changes when it is written anew")
}

private func tokens(of bytes: [UInt8]) -> [JSONToken]? {
  var reader = JSONReader(bytes)
  var tokens: [JSONToken] = []
  while let token = try? reader.next() {
    if token == .end { return tokens }
    tokens.append(token)
  }
  return nil
}

private func write(_ token: JSONToken, to writer: inout JSONWriter) {
  switch token {
  case .beginObject: writer.beginObject()
  case .endObject: writer.endObject()
  case .beginArray: writer.beginArray()
  case .endArray: writer.endArray()
  case .name(let name): writer.name(name)
  case .string(let text): writer.string(text)
  case .number(let text): writer.number(text: text)
  case .bool(let value): writer.bool(value)
  case .null: writer.null()
  case .end: break
  }
}
