// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// How a request ended: the status byte of a reply.
public enum Status: UInt8, CaseIterable, Sendable {
  case ok = 0
  /// The condition of a compare-exchange or a conditional operation did not hold; the body is the
  /// value found.
  case mismatch = 1
  case timeout = 2
  /// The exact result of arithmetic with the policy fail was out of bounds; the body is the value
  /// found.
  case overflow = 3
  /// No register has this name, or no handle this number.
  case notFound = 4
  /// The register exists, and the request demanded that it does not.
  case exists = 5
  /// The register exists with another type.
  case typeMismatch = 6
  /// The frame's length or shape cannot be trusted; the connection closes.
  case badFrame = 7
  /// The operation does not permit the order, or the pair of orders.
  case badOrder = 8
  /// A value, index or option does not fit.
  case badOperand = 9
  /// The operation, or the operation on this type, does not exist here; the connection lives.
  case unsupported = 10
  case authenticationRequired = 11
  case denied = 12
  /// The register behind the handle was deleted.
  case gone = 13
  case staleToken = 14
  case indeterminate = 15
  case fenced = 16
  case notManaged = 17
  /// A limit is reached; the text says which.
  case limit = 18
  case shuttingDown = 19
  case notOwner = 20
  case cancelled = 21
  case `internal` = 22
  /// No common protocol version.
  case version = 23
  case readOnly = 24
  /// The name is not one.
  case badName = 25
  /// The arena takes no more registers; the text says why.
  case arenaFull = 26
  /// The operation would carry the value past the last snapshot plus the register's restore gap, or
  /// raise it before a snapshot has the register; the text tells how far it may go.
  case beyondGap = 27
}

/// Whether a refused request had taken effect.
public enum Applied: UInt32, Sendable {
  case no = 0
  case yes = 1
  case unknown = 2
}

/// A request that was refused: what the reply carries instead of a result.
///
///     offset  size  error body
///          0     4  applied: 0 no, 1 yes, 2 unknown
///          4     4  text length in bytes, at most 200
///          8     …  UTF-8 text, zero bytes to a multiple of 8
public struct WireFailure: Error, Equatable, Sendable {
  public static let textLimit = 200

  public var status: Status
  /// One sentence: what was wrong, and what to do.
  public var text: String
  public var applied: Applied

  public init(_ status: Status, _ text: String, applied: Applied = .no) {
    self.status = status
    self.text = text
    self.applied = applied
  }

  /// The whole reply frame to the request with `header`.
  public func frame(answering header: FrameHeader, auxiliary: UInt32 = 0) -> [UInt8] {
    var utf8 = Array(text.utf8.prefix(Self.textLimit))
    // A cut within a character leaves a broken tail: drop it.
    while !utf8.isEmpty, String(validating: utf8, as: UTF8.self) == nil { utf8.removeLast() }
    var body: [UInt8] = []
    body.append(littleEndian: applied.rawValue)
    body.append(littleEndian: UInt32(utf8.count))
    body.append(padded: utf8)
    return [UInt8](
      frame: FrameHeader(
        opcode: header.opcode, orderOrStatus: status.rawValue, sequence: header.sequence,
        handleOrAuxiliary: auxiliary),
      body: body)
  }

  /// The failure that a reply with `status` and `body` tells.
  public init(status: Status, body: Span<UInt8>) {
    self.status = status
    guard body.count >= 8 else {
      (text, applied) = ("", .unknown)
      return
    }
    applied = Applied(rawValue: body.littleEndian32(at: 0)) ?? .unknown
    let count = min(Int(body.littleEndian32(at: 4)), body.count - 8)
    text = body.text(from: 8, count: count)
  }
}
