// SPDX-License-Identifier: Apache-2.0

/// Reads server-sent events from their text, in whatever pieces it comes (HTML Living Standard
/// §9.2.6).
///
///     event: change            type
///     data: {"name":"hits"}    data, one line of it for each such field
///                              an empty line: the event is complete
///
/// Lines end with LF, CR or both. Comments, which begin with a colon, and fields that it does not
/// know are passed over; so are events without data. Of `id` and `retry` it makes no use: who
/// connects again knows for itself what it was told.
///
/// Memory is bounded by ``byteLimit`` for the event that is being read.
struct EventStreamReader {
  struct Event: Equatable {
    var type: String
    var data: [UInt8]
  }

  /// The text is of more than ``byteLimit`` bytes without the end of an event, or not of UTF-8.
  struct Malformed: Error, Equatable {}

  /// Bytes of one line, and of one event's data: more than any event of registers has.
  static let byteLimit = 64 << 10

  private var line: [UInt8] = []
  private var type: [UInt8] = []
  private var data: [UInt8] = []
  private var hasData = false
  /// The last byte was the CR of what may be CR LF.
  private var isAfterReturn = false
  private var isFirstLine = true

  /// Takes the next bytes; appends the events that are complete with them to `events`. After an
  /// error it is of no more use.
  mutating func take(
    _ bytes: Span<UInt8>, into events: inout [Event]
  ) throws(Malformed) {
    for index in bytes.indices {
      let byte = bytes[index]
      let isSecondOfPair = isAfterReturn && byte == Self.lineFeed
      isAfterReturn = byte == Self.carriageReturn
      if isSecondOfPair { continue }
      guard byte == Self.lineFeed || byte == Self.carriageReturn else {
        guard line.count < Self.byteLimit else { throw Malformed() }
        line.append(byte)
        continue
      }
      if isFirstLine {
        isFirstLine = false
        if line.starts(with: Self.byteOrderMark) { line.removeFirst(Self.byteOrderMark.count) }
      }
      if let event = try endLine() { events.append(event) }
      line.removeAll(keepingCapacity: true)
    }
  }

  /// Takes note of what the line says; returns the event that it completes.
  private mutating func endLine() throws(Malformed) -> Event? {
    guard !line.isEmpty else { return try endEvent() }
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.count
    var value = line[min(colon + 1, line.count)...]
    if value.first == UInt8(ascii: " ") { value.removeFirst() }
    let name = line[..<colon]
    if name.elementsEqual("data".utf8) {
      guard data.count + value.count < Self.byteLimit else { throw Malformed() }
      // Between two lines of data stands a line feed.
      if hasData { data.append(Self.lineFeed) }
      data += value
      hasData = true
    } else if name.elementsEqual("event".utf8) {
      type = Array(value)
    }
    return nil
  }

  private mutating func endEvent() throws(Malformed) -> Event? {
    defer {
      type = []
      data = []
      hasData = false
    }
    guard !data.isEmpty else { return nil }
    guard let type = String(validating: type, as: UTF8.self) else { throw Malformed() }
    return Event(type: type.isEmpty ? "message" : type, data: data)
  }

  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
}
