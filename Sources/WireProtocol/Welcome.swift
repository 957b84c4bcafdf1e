// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// The server's answer to HELLO.
///
///     offset  size  field
///          0     4  magic A7 41 54 52
///          4     1  chosen version
///          5     1  status
///          6     2  flags, 0
///          8     4  largest body of a frame that the server takes, in bytes
///         12     4  extension length in bytes
///         16    16  session, 0
///         32     8  boot epoch: another value means that values may have been lost
///         40     4  silence in milliseconds after which the server asks; 0 = never
///         44     4  requests that may be waiting for their answer
///         48     …  extensions: {type u16, length u16, 0 u32, value to a multiple of 8}
public struct Welcome: Equatable, Sendable {
  public static let byteCount = 48

  public var status: Status
  public var version: UInt8
  public var maximumFrame: UInt32
  public var bootEpoch: UInt64
  public var keepAliveMilliseconds: UInt32
  public var inFlightLimit: UInt32
  public var serverName: String
  /// The opcodes that the server answers, control frames and operations alike.
  public var opcodes: Set<UInt8>
  /// The types that registers can have.
  public var types: Set<RegisterType>
  /// The widths whose operations are lock-free on the server's machine.
  public var lockFreeWidths: Set<AtomicWidth>
  /// Drawn anew whenever the arena starts empty or from a snapshot.
  public var arenaUUID: UInt128
  public var limits: Limits

  /// What one connection may have; in the order in which they stand in the extension.
  public struct Limits: Equatable, Sendable {
    public var handles: UInt32 = 0
    /// Bytes of a name.
    public var nameBytes: UInt32 = 0
    /// Operations of one batch.
    public var batchOperations: UInt32 = 0
    public var watches: UInt32 = 0
    /// Registers that the watches have together.
    public var watchedRegisters: UInt32 = 0
    /// Events that may be pushed before the client asks for more.
    public var eventCredits: UInt32 = 0
    /// The most credits that a client can have.
    public var eventCreditLimit: UInt32 = 0

    public init() {}

    fileprivate static var members: [WritableKeyPath<Limits, UInt32>] {
      [
        \.handles, \.nameBytes, \.batchOperations, \.watches, \.watchedRegisters, \.eventCredits,
        \.eventCreditLimit,
      ]
    }
  }

  public init(
    status: Status = .ok, version: UInt8 = Hello.version, maximumFrame: UInt32, bootEpoch: UInt64,
    keepAliveMilliseconds: UInt32 = 0, inFlightLimit: UInt32, serverName: String,
    opcodes: Set<UInt8>, types: Set<RegisterType>, lockFreeWidths: Set<AtomicWidth>,
    arenaUUID: UInt128, limits: Limits = Limits()
  ) {
    self.status = status
    self.version = version
    self.maximumFrame = maximumFrame
    self.bootEpoch = bootEpoch
    self.keepAliveMilliseconds = keepAliveMilliseconds
    self.inFlightLimit = inFlightLimit
    self.serverName = serverName
    self.opcodes = opcodes
    self.types = types
    self.lockFreeWidths = lockFreeWidths
    self.arenaUUID = arenaUUID
    self.limits = limits
  }

  /// The answer to a client that is not let in: it learns nothing about the server but `status`.
  public static func refusal(_ status: Status) -> Welcome {
    Welcome(
      status: status, maximumFrame: 0, bootEpoch: 0, inFlightLimit: 0, serverName: "", opcodes: [],
      types: [], lockFreeWidths: [], arenaUUID: 0)
  }

  /// What the extensions carry, by their type number. Unknown numbers are skipped.
  private enum Extension: UInt16 {
    case serverName = 1
    case opcodes, types, lockFreeWidths, arenaUUID, limits
  }

  public var bytes: [UInt8] {
    let extensions = extensionBytes
    var bytes: [UInt8] = []
    bytes.append(littleEndian: Hello.magic)
    bytes += [version, status.rawValue, 0, 0]
    bytes.append(littleEndian: maximumFrame)
    bytes.append(littleEndian: UInt32(extensions.count))
    bytes += [UInt8](repeating: 0, count: 16)
    bytes.append(littleEndian: bootEpoch)
    bytes.append(littleEndian: keepAliveMilliseconds)
    bytes.append(littleEndian: inFlightLimit)
    return bytes + extensions
  }

  private var extensionBytes: [UInt8] {
    var bytes: [UInt8] = []
    func append(_ type: Extension, _ value: [UInt8]) {
      GreetingExtension.append(type.rawValue, value, to: &bytes)
    }
    var opcodeBits = [UInt8](repeating: 0, count: 32)
    for opcode in opcodes { opcodeBits[Int(opcode >> 3)] |= 1 << (opcode & 7) }
    var typeBits: UInt64 = 0
    for type in types { typeBits |= 1 << UInt64(type.code) }
    var widthBits: UInt64 = 0
    for width in lockFreeWidths { widthBits |= 1 << UInt64(width.rawValue) }
    append(.serverName, Array(serverName.utf8.prefix(64)))
    append(.opcodes, opcodeBits)
    append(.types, typeBits.littleEndianBytes)
    append(.lockFreeWidths, widthBits.littleEndianBytes)
    append(.arenaUUID, arenaUUID.littleEndianBytes)
    append(.limits, Limits.members.flatMap { limits[keyPath: $0].littleEndianBytes })
    return bytes
  }

  /// The answer at the front of `input` and its length, or nil while bytes are missing.
  public static func decode(_ input: Span<UInt8>) throws(WireFailure)
    -> (Welcome, byteCount: Int)?
  {
    guard input.count >= byteCount else { return nil }
    guard input.littleEndian32(at: 0) == Hello.magic else {
      throw WireFailure(.badFrame, "the peer does not speak atr/1")
    }
    // A later server may have a reason that has no name here.
    let status = Status(rawValue: input[5]) ?? .internal
    let extensionCount = Int(input.littleEndian32(at: 12))
    guard extensionCount & 7 == 0, extensionCount <= Hello.extensionLimit else {
      throw WireFailure(.badFrame, "WELCOME's extension length is out of bounds")
    }
    let end = byteCount + extensionCount
    guard input.count >= end else { return nil }
    var welcome = Welcome(
      status: status, version: input[4], maximumFrame: input.littleEndian32(at: 8),
      bootEpoch: input.littleEndian64(at: 32),
      keepAliveMilliseconds: input.littleEndian32(at: 40),
      inFlightLimit: input.littleEndian32(at: 44), serverName: "", opcodes: [], types: [],
      lockFreeWidths: [], arenaUUID: 0, limits: Limits())
    try GreetingExtension.read(input, in: byteCount..<end, isRequest: false) { type, value in
      guard let type = Extension(rawValue: type) else { return }
      welcome.set(type, input.copy(from: value.lowerBound, count: value.count))
    }
    return (welcome, end)
  }

  private mutating func set(_ type: Extension, _ value: [UInt8]) {
    func number(_ range: Range<Int>) -> UInt128 {
      value[range.clamped(to: 0..<value.count)].reversed().reduce(0) { $0 << 8 | UInt128($1) }
    }
    switch type {
    case .serverName: serverName = String(decoding: value, as: UTF8.self)
    case .opcodes:
      for (index, bits) in value.prefix(32).enumerated() {
        for bit in 0..<8 where bits >> bit & 1 == 1 { opcodes.insert(UInt8(8 * index + bit)) }
      }
    case .types: types = Set(RegisterType.all.filter { number(0..<8) >> UInt128($0.code) & 1 == 1 })
    case .lockFreeWidths:
      lockFreeWidths = Set(
        AtomicWidth.allCases.filter { number(0..<8) >> UInt128($0.rawValue) & 1 == 1 })
    case .arenaUUID: arenaUUID = number(0..<16)
    case .limits:
      for (index, member) in Limits.members.enumerated() {
        limits[keyPath: member] = UInt32(
          truncatingIfNeeded: number((4 * index)..<(4 * index + 4)))
      }
    }
  }
}

extension FixedWidthInteger where Self: UnsignedInteger {
  var littleEndianBytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: self)
    return bytes
  }
}
