// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import JSONText

/// Server-sent events as text: fields in lines, and an empty line behind each event (HTML Living
/// Standard §9.2.5).
///
///     id: 7-12-3
///     event: change
///     data: {"name":"hits","type":"u64","value":"10","change":2}
struct EventText {
  private(set) var bytes: [UInt8] = []

  var isEmpty: Bool { bytes.isEmpty }
  var count: Int { bytes.count }

  /// Forgets what was written, for other events in the same buffer.
  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// The first lines of a stream: how long a client waits, in milliseconds, before it connects
  /// again.
  mutating func retry(milliseconds: Int) {
    append("retry: ")
    append(number: UInt64(milliseconds))
    append("\n\n")
  }

  /// What keeps proxies and readers from taking a quiet stream for a dead one.
  static let heartbeat: [UInt8] = Array(":\n\n".utf8)

  /// The register was found, or has another value.
  mutating func change(
    _ id: EventID, name: String, _ value: UInt128, _ type: RegisterType, change: UInt64
  ) {
    begin("change", id)
    append(name: name, type)
    append(value, type)
    append(",\"change\":")
    append(number: change)
    end()
  }

  /// The register has another value, and had `missed` that no event tells.
  mutating func gap(
    _ id: EventID, name: String, missed: UInt64, _ value: UInt128, _ type: RegisterType
  ) {
    begin("gap", id)
    append(name: name, type)
    append(",\"missed\":")
    append(number: missed)
    append(value, type)
    end()
  }

  /// Nobody knows what any of the registers had before the values that come now.
  mutating func gapOfAll(_ id: EventID) {
    begin("gap", id)
    append("\"name\":null,\"missed\":null,\"value\":null")
    end()
  }

  mutating func deleted(_ id: EventID, name: String, _ type: RegisterType) {
    begin("deleted", id)
    append(name: name, type)
    end()
  }

  /// The last event of a stream that the server ends: why.
  mutating func ended(_ id: EventID, _ problem: Problem) {
    begin("ended", id)
    // The document comes with braces of its own.
    bytes.removeLast()
    var start: [UInt8] = []
    swap(&start, &bytes)
    var json = JSONWriter(appendingTo: consume start)
    problem.write(to: &json)
    bytes = json.bytes
    append("\n\n")
  }

  private mutating func begin(_ event: StaticString, _ id: EventID) {
    append("id: ")
    append(number: UInt64(id.epoch))
    append("-")
    append(number: id.stream)
    append("-")
    append(number: id.number)
    append("\nevent: ")
    append(event)
    append("\ndata: {")
  }

  private mutating func end() { append("}\n\n") }

  /// No name has anything to be escaped.
  private mutating func append(name: String, _ type: RegisterType) {
    append("\"name\":\"")
    bytes.append(contentsOf: name.utf8)
    append("\",\"type\":\"")
    bytes.append(contentsOf: type.name.utf8)
    append("\"")
  }

  private mutating func append(_ value: UInt128, _ type: RegisterType) {
    append(",\"value\":\"")
    type.append(value, to: &bytes)
    append("\"")
  }

  private mutating func append(number: UInt64) {
    Self.counter.append(UInt128(number), to: &bytes)
  }

  private static let counter = RegisterType(kind: .unsigned, width: .eight)!

  private mutating func append(_ text: StaticString) {
    text.withBytes { bytes.append(bytes: $0) }
  }
}

/// Names an event: the start of the server, the stream since then, the event of that.
struct EventID {
  let epoch: UInt64
  let stream: UInt64
  private(set) var number: UInt64 = 0

  init(epoch: UInt64, stream: UInt64) {
    self.epoch = epoch
    self.stream = stream
  }

  /// The next event's.
  mutating func next() -> EventID {
    number &+= 1
    return self
  }
}
