// SPDX-License-Identifier: Apache-2.0

/// What a frame asks, apart from the atomic operations, whose codes are
/// `AtomicOperation.rawValue` (0x20–0x4F).
public enum Opcode: UInt8, CaseIterable, Sendable {
  /// Answers OK: everything before it has run, and whatever of it was quiet has succeeded.
  case nop = 0x00
  /// Answers its own body, at most 64 bytes.
  case ping = 0x01
  /// The client's answer to ``pingClient``.
  case pong = 0x02
  /// Asked by a client that wants no more than it is owed; pushed by the server before it closes.
  case goAway = 0x04
  /// Ends a wait.
  case cancel = 0x05
  /// Says how many more events the client takes.
  case credit = 0x07
  /// Gives a handle to a name for the life of the connection.
  case open = 0x10
  /// Gives a handle back.
  case close = 0x11
  /// Makes a register, or confirms one of the same type.
  case create = 0x12
  case delete = 0x13
  /// Everything known about a register.
  case stat = 0x14
  /// A page of registers by slot.
  case list = 0x15
  /// Deletes the caller's registers of one owner tag, a part of the slots at a time.
  case deleteOwned = 0x16
  /// Figures of the arena as a whole.
  case arenaStat = 0x17
  /// Keeps a register's slot out of reuse for ever, for programs that map its cell. Only over the
  /// arena's own socket.
  case pin = 0x18
  /// Answers when a register's value satisfies a predicate.
  case waitUntil = 0x50
  /// Runs an operation on the value that satisfies the predicate.
  case waitThen = 0x51
  /// Pushes a register's value when it changes.
  case watch = 0x52
  case unwatch = 0x53
  /// Has those who wait for a register look at it.
  case notify = 0x54
  /// Operations in one frame, answered in one.
  case batch = 0x60
  /// Pushed by the server to a client that was silent for long.
  case pingClient = 0xE3

  /// The most bytes that PING echoes.
  public static let pingLimit = 64

  /// Whether it is sent by servers alone.
  public var isPush: Bool { rawValue >= 0xE0 }
}
