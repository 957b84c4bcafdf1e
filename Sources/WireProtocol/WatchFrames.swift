// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// WATCH: a push whenever a register's value changes.
///
///     offset  size  body after the name block, if there is one
///          0     4  least time between two events of one register, in milliseconds
///          4     4  0
///
/// With the argument 1 the text of the name block is a prefix, which may be empty.
public enum WatchFrame {
  public static let oneRegister: UInt8 = 0
  public static let prefix: UInt8 = 1

  public static func frame(handle: UInt32, intervalMilliseconds: UInt32 = 0, sequence: UInt32)
    -> [UInt8]
  {
    [UInt8](
      frame: FrameHeader(
        opcode: Opcode.watch.rawValue, sequence: sequence, handleOrAuxiliary: handle),
      body: UInt64(intervalMilliseconds).littleEndianBytes)
  }

  public static func frame(
    name: String, isPrefix: Bool = false, intervalMilliseconds: UInt32 = 0, sequence: UInt32
  ) -> [UInt8] {
    [UInt8](
      frame: FrameHeader(
        opcode: Opcode.watch.rawValue, flags: FrameFlag.name,
        argument: isPrefix ? prefix : oneRegister, sequence: sequence,
        handleOrAuxiliary: FrameHeader.byName),
      body: NameBlock.bytes(name) + UInt64(intervalMilliseconds).littleEndianBytes)
  }

  /// What follows the name block.
  public static func intervalMilliseconds(of body: Span<UInt8>) throws(WireFailure) -> UInt32 {
    guard body.count == 8, body.littleEndian32(at: 4) == 0 else {
      throw WireFailure(
        .badOperand, "WATCH has 4 bytes of interval and 4 of zero, behind a name if there is one")
    }
    return body.littleEndian32(at: 0)
  }

  /// The answer: the watch's number is the auxiliary one.
  public static func answer(to header: FrameHeader, watch: UInt32) -> [UInt8] {
    [UInt8](
      frame: FrameHeader(
        opcode: header.opcode, sequence: header.sequence, handleOrAuxiliary: watch), body: [])
  }
}

/// CREDIT: how many more events the client takes. There is no answer.
///
///     offset  size  body
///          0     4  events
///          4     4  0
public struct CreditFrame: Equatable, Sendable {
  public var events: UInt32

  public init(events: UInt32) { self.events = events }

  public func frame(sequence: UInt32) -> [UInt8] {
    [UInt8](
      frame: FrameHeader(opcode: Opcode.credit.rawValue, sequence: sequence),
      body: UInt64(events).littleEndianBytes)
  }

  public init(body: Span<UInt8>) throws(WireFailure) {
    guard body.count == 8, body.littleEndian32(at: 4) == 0 else {
      throw WireFailure(.badOperand, "CREDIT's body is 4 bytes of events and 4 of zero")
    }
    events = body.littleEndian32(at: 0)
  }
}

/// EVENT, GAP and DELETED: what the server pushes of a register that is watched. Sequence number
/// and auxiliary number are those of the watch.
///
///     offset  size  body; the type is in the header
///          0     8  changes of the register that the server saw since the watch began
///          8     8  those of them that it did not push
///         16     8  generation
///         24    16  value, zero-extended; 0 of DELETED
///         40     2  length of the name; 0 in a watch of one register
///         42     2  0
///         44     4  slot
///         48     …  name, zero bytes to a multiple of 8
public struct WatchPush: Equatable, Sendable {
  public enum Kind: UInt8, CaseIterable, Sendable {
    /// The register has another value, or was just found.
    case event = 0xE0
    /// The same, and changes before it were left out.
    case gap = 0xE1
    /// The register is gone; the end of a watch of one register.
    case deleted = 0xE2
  }

  public var kind: Kind
  public var sequence: UInt32
  public var watch: UInt32
  public var type: RegisterType
  public var changes: UInt64
  public var leftOut: UInt64
  public var generation: UInt64
  public var slot: UInt32
  public var value: UInt128
  public var name: String

  public init(
    _ kind: Kind, sequence: UInt32, watch: UInt32, type: RegisterType, changes: UInt64,
    leftOut: UInt64, generation: UInt64, slot: UInt32 = 0, value: UInt128, name: String = ""
  ) {
    self.kind = kind
    self.sequence = sequence
    self.watch = watch
    self.type = type
    self.changes = changes
    self.leftOut = leftOut
    self.generation = generation
    self.slot = slot
    self.value = value
    self.name = name
  }

  /// The frame up to the name, which follows it with its ``padding``.
  public var words: FrameWords {
    let nameCount = name.utf8.count
    var frame = FrameWords(
      FrameHeader(
        opcode: kind.rawValue, type: type.code,
        bodyByteCount: UInt32(truncatingIfNeeded: 48 + nameCount.padded), sequence: sequence,
        handleOrAuxiliary: watch))
    frame.append(word: changes)
    frame.append(word: leftOut)
    frame.append(word: generation)
    frame.append(word: UInt64(truncatingIfNeeded: value))
    frame.append(word: UInt64(truncatingIfNeeded: value >> 64))
    frame.append(word: UInt64(truncatingIfNeeded: nameCount) & 0xFFFF | UInt64(slot) << 32)
    return frame
  }

  /// Zero bytes that follow the name.
  public var padding: Int { name.utf8.count.padding }

  public var bytes: [UInt8] {
    words.bytes + Array(name.utf8) + [UInt8](repeating: 0, count: padding)
  }

  /// Reads a push whose status is OK. With another one it is the end of the watch, and its body is
  /// that of a ``WireFailure``.
  public init(header: FrameHeader, body: Span<UInt8>) throws(WireFailure) {
    let malformed = WireFailure(.badFrame, "the push of a watch is malformed", applied: .unknown)
    guard let kind = Kind(rawValue: header.opcode), let type = RegisterType(code: header.type),
      body.count >= 48
    else { throw malformed }
    let count = Int(body.littleEndian16(at: 40))
    // More may come at the end in later versions.
    guard body.count >= 48 + count.padded else { throw malformed }
    self.init(
      kind, sequence: header.sequence, watch: header.handleOrAuxiliary, type: type,
      changes: body.littleEndian64(at: 0), leftOut: body.littleEndian64(at: 8),
      generation: body.littleEndian64(at: 16), slot: body.littleEndian32(at: 44),
      value: body.littleEndian128(at: 24),
      name: body.text(from: 48, count: count))
  }

  /// The push that tells that a watch has ended before the client said so.
  public static func ended(_ failure: WireFailure, sequence: UInt32, watch: UInt32) -> [UInt8] {
    failure.frame(
      answering: FrameHeader(opcode: Kind.deleted.rawValue, sequence: sequence), auxiliary: watch)
  }
}
