// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// Requests as bytes, one behind the other: to send some of them is one copy.
struct RequestPool {
  private var bytes: [UInt8] = []
  /// Where each request ends.
  private var ends: [Int] = []
  private var next = 0

  var count: Int { ends.count }

  mutating func add(_ request: [UInt8]) {
    bytes += request
    ends.append(bytes.count)
  }

  /// Appends the next `count` requests; after the last comes the first.
  mutating func append(_ count: Int, to output: inout OutputBuffer) {
    var left = ends.isEmpty ? 0 : count
    while left > 0 {
      let step = min(left, ends.count - next)
      let start = next == 0 ? 0 : ends[next - 1]
      output.append(bytes.span.extracting(start..<ends[next + step - 1]))
      next += step
      if next == ends.count { next = 0 }
      left -= step
    }
  }
}
