// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// The frames that are a header and at most a name: OPEN, CLOSE, DELETE, STAT, PIN, ARENA_STAT,
/// PING, PONG, NOP, GOAWAY, and the replies that carry no more than a word.
public enum ControlFrame {
  /// A request whose body is empty.
  public static func request(
    _ opcode: Opcode, flags: UInt8 = 0, handle: UInt32 = 0, sequence: UInt32
  ) -> [UInt8] {
    [UInt8](
      frame: FrameHeader(
        opcode: opcode.rawValue, flags: flags, sequence: sequence, handleOrAuxiliary: handle),
      body: [])
  }

  /// PING with `body`, a multiple of 8 and at most ``Opcode/pingLimit`` bytes.
  public static func ping(_ body: [UInt8], sequence: UInt32) -> [UInt8] {
    [UInt8](frame: FrameHeader(opcode: Opcode.ping.rawValue, sequence: sequence), body: body)
  }

  /// DELETE, STAT or PIN of the register called `name`.
  public static func request(_ opcode: Opcode, name: String, sequence: UInt32) -> [UInt8] {
    [UInt8](
      frame: FrameHeader(
        opcode: opcode.rawValue, flags: FrameFlag.name, sequence: sequence,
        handleOrAuxiliary: FrameHeader.byName), body: NameBlock.bytes(name))
  }

  /// OPEN of the register called `name`, made at zero with type `creating` where it is missing.
  public static func open(name: String, creating type: RegisterType? = nil, sequence: UInt32)
    -> [UInt8]
  {
    [UInt8](
      frame: FrameHeader(
        opcode: Opcode.open.rawValue, flags: FrameFlag.name,
        type: type?.code ?? FrameHeader.typeAsRegistered, sequence: sequence,
        handleOrAuxiliary: FrameHeader.byName),
      body: NameBlock.bytes(name, policy: type == nil ? .mustExist : .createOrConfirm))
  }

  /// The answer to a request that has no result beyond its status.
  public static func done(
    answering header: FrameHeader, flags: UInt8 = 0, type: UInt8 = 0, body: [UInt8] = []
  ) -> [UInt8] {
    [UInt8](
      frame: FrameHeader(
        opcode: header.opcode, flags: flags, type: type, sequence: header.sequence), body: body)
  }

  /// The answer to OPEN, with the handle as the auxiliary value. Two registers that had the same
  /// name one after the other differ in their generation or in their slot.
  ///
  ///     offset  size  body
  ///          0     8  generation
  ///          8     4  slot
  ///         12     4  0
  public static func opened(
    answering header: FrameHeader, handle: UInt32, type: RegisterType, generation: UInt64,
    slot: UInt32, created: Bool
  ) -> [UInt8] {
    [UInt8](
      frame: FrameHeader(
        opcode: header.opcode, flags: created ? ReplyFlag.created : 0, type: type.code,
        sequence: header.sequence, handleOrAuxiliary: handle),
      body: generation.littleEndianBytes + UInt64(slot).littleEndianBytes)
  }

  /// What the answer to OPEN says.
  public static func readOpened(header: FrameHeader, body: Span<UInt8>) throws(WireFailure)
    -> (handle: UInt32, type: RegisterType, generation: UInt64, slot: UInt32)
  {
    guard let type = RegisterType(code: header.type), body.count >= 16 else {
      throw WireFailure(.badFrame, "OPEN's answer is malformed", applied: .unknown)
    }
    return (
      header.handleOrAuxiliary, type, body.littleEndian64(at: 0), body.littleEndian32(at: 8)
    )
  }

  /// The push that asks a silent client whether it is there.
  public static func pingClient(sequence: UInt32) -> [UInt8] {
    request(.pingClient, sequence: sequence)
  }

  /// The push that tells a client why its connection ends.
  public static func goAway(_ failure: WireFailure) -> [UInt8] {
    failure.frame(answering: FrameHeader(opcode: Opcode.goAway.rawValue, sequence: 0))
  }
}
