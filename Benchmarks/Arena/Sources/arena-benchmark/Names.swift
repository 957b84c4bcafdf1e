// SPDX-License-Identifier: Apache-2.0

import CBaseline

/// A batch of names, made before they are looked up: in a time that counts nobody makes any.
struct Names {
  private static let room = Int(cb_name_room)
  private var bytes: [UInt8]
  private var lengths: [Int]

  var count: Int { lengths.count }

  init(_ numbers: some Collection<Int>) {
    bytes = [UInt8](repeating: 0, count: numbers.count * Self.room)
    lengths = []
    for number in numbers {
      let start = lengths.count * Self.room
      // Safety: room for the longest name starts at `start`.
      let length = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
        unsafe cb_name(UInt64(number), buffer.baseAddress! + start)
      }
      lengths.append(length)
    }
  }

  @inline(__always)
  func withSpan<Result>(_ index: Int, _ body: (Span<UInt8>) -> Result) -> Result {
    let start = index &* Self.room
    return body(bytes.span.extracting(start..<start &+ lengths[index]))
  }

  func string(_ index: Int) -> String {
    String(decoding: bytes[(index * Self.room)...].prefix(lengths[index]), as: UTF8.self)
  }
}

/// Numbers in no order, the same in every run.
struct Scatter {
  private var state: UInt64 = 1

  mutating func next(below count: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state.multipliedFullWidth(by: UInt64(count)).high)
  }
}
