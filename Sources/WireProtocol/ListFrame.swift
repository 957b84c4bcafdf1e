// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// LIST: a page of registers by slot.
///
///     offset  size  body
///          0     8  cursor; 0 = from the start
///          8     4  most registers wanted, 1–1000
///         12     2  prefix length in bytes
///         14     2  0
///         16     …  prefix, zero bytes to a multiple of 8
public struct ListFrame: Equatable, Sendable {
  /// The most registers of one page.
  public static let limit: UInt32 = 1000

  public var cursor: UInt64
  public var limit: UInt32
  public var prefix: [UInt8]

  public init(cursor: UInt64 = 0, limit: UInt32 = 100, prefix: [UInt8] = []) {
    self.cursor = cursor
    self.limit = limit
    self.prefix = prefix
  }

  public func frame(sequence: UInt32) -> [UInt8] {
    let prefix = Array(self.prefix.prefix(Int(UInt16.max)))
    var body: [UInt8] = []
    body.append(littleEndian: cursor)
    body.append(littleEndian: limit)
    body.append(littleEndian: UInt32(prefix.count))
    body.append(padded: prefix)
    return [UInt8](
      frame: FrameHeader(opcode: Opcode.list.rawValue, sequence: sequence), body: body)
  }

  public init(body: Span<UInt8>) throws(WireFailure) {
    guard body.count >= 16 else { throw WireFailure(.badFrame, "LIST's body is 16 bytes at least") }
    cursor = body.littleEndian64(at: 0)
    limit = body.littleEndian32(at: 8)
    guard (1...Self.limit).contains(limit) else {
      throw WireFailure(.badOperand, "LIST's limit is 1 to \(Self.limit)")
    }
    let count = Int(body.littleEndian16(at: 12))
    guard body.littleEndian16(at: 14) == 0 else {
      throw WireFailure(.badOperand, "LIST has a reserved byte set")
    }
    guard body.count == 16 + count.padded else {
      throw WireFailure(.badFrame, "LIST's prefix does not end with its body")
    }
    try body.requireZeros(in: (16 + count)..<body.count, after: "prefix")
    prefix = body.copy(from: 16, count: count)
  }
}

/// One page of LIST; the reply's auxiliary value is the number of entries.
///
///     offset  size  body
///          0     8  next cursor; 0 = the end
///          8     …  entries: {name length u16, type u8, label length u8, 0 u32, value 16 bytes,
///                   name, label, each with zero bytes to a multiple of 8}
public struct ListReply: Equatable, Sendable {
  public struct Entry: Equatable, Sendable {
    public var name: String
    public var type: RegisterType
    public var value: UInt128
    public var label: String

    public init(name: String, type: RegisterType, value: UInt128, label: String) {
      self.name = name
      self.type = type
      self.value = value
      self.label = label
    }
  }

  public var next: UInt64
  public var entries: [Entry]

  public init(next: UInt64, entries: [Entry]) {
    self.next = next
    self.entries = entries
  }

  public func frame(answering header: FrameHeader) -> [UInt8] {
    var body: [UInt8] = []
    body.append(littleEndian: next)
    for entry in entries {
      let name = Array(entry.name.utf8)
      let label = Array(entry.label.utf8.prefix(255))
      body.append(littleEndian: UInt16(name.count))
      body += [entry.type.code, UInt8(label.count), 0, 0, 0, 0]
      body.append(littleEndian: entry.value)
      body.append(padded: name)
      body.append(padded: label)
    }
    return [UInt8](
      frame: FrameHeader(
        opcode: header.opcode, sequence: header.sequence,
        handleOrAuxiliary: UInt32(entries.count)), body: body)
  }

  public init(header: FrameHeader, body: Span<UInt8>) throws(WireFailure) {
    let malformed = WireFailure(.badFrame, "LIST's answer is malformed")
    guard body.count >= 8 else { throw malformed }
    next = body.littleEndian64(at: 0)
    entries = []
    var offset = 8
    while offset < body.count {
      guard offset + 24 <= body.count, let type = RegisterType(code: body[offset + 2]) else {
        throw malformed
      }
      let nameCount = Int(body.littleEndian16(at: offset))
      let labelCount = Int(body[offset + 3])
      let end = offset + 24 + nameCount.padded + labelCount.padded
      guard end <= body.count else { throw malformed }
      entries.append(
        Entry(
          name: body.text(from: offset + 24, count: nameCount), type: type,
          value: body.littleEndian128(at: offset + 8),
          label: body.text(from: offset + 24 + nameCount.padded, count: labelCount)))
      offset = end
    }
    guard entries.count == Int(header.handleOrAuxiliary) else { throw malformed }
  }
}
