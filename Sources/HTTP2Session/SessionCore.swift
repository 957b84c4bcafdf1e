// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// What the library's callbacks read and write. It lives at a fixed address outside any object, so
/// that a callback costs neither reference counting nor an exclusivity check.
///
/// No method of the core may run while `nghttp2_session_mem_recv` or `mem_send` is called from a
/// method of the core: both call back into it.
@safe struct SessionCore: ~Copyable {
  /// Something for `nextEvent`, stale if the slot belongs to another stream by then.
  struct Notice {
    enum Kind: UInt8 {
      case message
      /// Client: what comes of a response in pieces.
      case head, piece, end
      /// Client: the stream ended before its response was complete.
      case closed
    }
    var kind: Kind
    var slot: Int
    var stream: Int32
    var code: UInt32
  }

  let isServer: Bool
  let limits: HTTPLimits
  /// See ``HTTP2Session/wantsBody``.
  var wantsBody: ((HTTPRequest) -> Bool)?
  var slots = SlotTable()
  var freeSlots: [Int] = []
  /// The slot whose header section is being read: header blocks never interleave.
  var current = -1
  /// What is known of the header section being read.
  var section = HeaderSection()
  /// The fields of the sections before.
  var seen = SeenFields()
  /// Whether the peer sent a section that unpacks to many times the limit.
  var hasHeaderBomb = false
  /// The peer's first SETTINGS have come.
  var hasPeerSettings = false
  /// CONTINUATION frames of the header section that comes now.
  var continuationCount = 0
  var notices: [Notice] = []
  var noticeHead = 0
  /// Bytes of bodies whose end has not come, over all streams.
  var incompleteBytes = 0
  /// Bytes of whole bodies to send, over all streams.
  var unsentBytes = 0
  /// The same of bodies that come in pieces.
  var unsentPieceBytes = 0
  /// Streams for which ``HTTP2Session/nextClosed()`` was not asked.
  var closedStreams: [Int32] = []
  /// Streams answered in full whose requests still come in, to be reset once the answer is out: a
  /// reset that is queued takes back what waits before it.
  var unwantedInput: [Int32] = []
  /// Bytes of `dateText`; none: no date is sent.
  private(set) var dateCount = 0
  var nuisanceTokens: Int
  /// What the clock showed last.
  var second: Int64 = 0
  /// Digits of the status (at 0) and of the content length (at 4), and the date behind them.
  let digits: UnsafeMutablePointer<UInt8>

  static let digitBytes = 24
  /// More than a date has: "Sun, 06 Nov 1994 08:49:37 GMT".
  static let dateBytes = 32
  /// Marks the PING whose answer tells that the peer has seen the first GOAWAY.
  static let shutdownPing: [UInt8] = Array("shutdown".utf8)

  init(isServer: Bool, limits: HTTPLimits) {
    self.isServer = isServer
    self.limits = limits
    nuisanceTokens = limits.nuisanceBurst
    unsafe digits = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.digitBytes + Self.dateBytes)
    unsafe digits.initialize(repeating: 0x30, count: Self.digitBytes + Self.dateBytes)
  }

  deinit {
    // Safety: allocated by `init`, never handed out beyond a call.
    unsafe digits.deallocate()
  }

  /// The bytes of incomplete bodies that one connection may hold: one whole body and the tail of
  /// what arrives with it. Complete ones that wait for `nextEvent` are bounded by the window.
  var bodyBudget: Int { limits.bodyBytes &+ 64 << 10 }

  mutating func acquireSlot(stream: Int32) -> Int {
    let slot: Int
    if let free = freeSlots.popLast() {
      slot = free
    } else {
      slot = slots.count
      slots.append()
    }
    slots[slot].stream = stream
    slots[slot].phase = .headers
    slots[slot].movedSecond = second
    return slot
  }

  mutating func releaseSlot(_ slot: Int) {
    slots[slot].reset()
    freeSlots.append(slot)
  }

  mutating func post(_ kind: Notice.Kind, slot: Int, stream: Int32, code: UInt32 = 0) {
    notices.append(Notice(kind: kind, slot: slot, stream: stream, code: code))
  }

  /// Counts a frame that costs this side more than the peer.
  /// - Returns: false when the peer has sent too many of them.
  mutating func allowNuisance() -> Bool {
    guard isServer else { return true }
    nuisanceTokens &-= 1
    return nuisanceTokens >= 0
  }

  var hasTooManyContinuations: Bool { isServer && continuationCount > limits.continuations }

  /// Counts a CONTINUATION frame.
  /// - Returns: false when the header section has too many of them.
  mutating func allowContinuation() -> Bool {
    continuationCount &+= 1
    return !hasTooManyContinuations
  }

  /// The value of `date`, which stands here as long as the core lives.
  var dateText: UnsafeMutablePointer<UInt8> { unsafe digits + Self.digitBytes }

  /// Changes the date, of at most `dateBytes` bytes, also in responses that are not sent yet.
  mutating func setDate(_ text: [UInt8]) {
    dateCount = min(text.count, Self.dateBytes)
    // Safety: as many bytes as there are, and room for.
    unsafe text.withUnsafeBufferPointer {
      guard let base = $0.baseAddress else { return }
      unsafe dateText.update(from: base, count: dateCount)
    }
  }

  mutating func setClock(_ seconds: Int64, isHeldUp: Bool, session: SessionHandle) {
    guard seconds > second else { return }
    let elapsed = Int(min(seconds &- second, 1 << 20))
    second = seconds
    let refilled = max(nuisanceTokens, 0) &+ elapsed &* limits.nuisancesPerSecond
    nuisanceTokens = min(refilled, limits.nuisanceBurst)
    guard isServer, limits.stallSeconds > 0, openStreams > 0 else { return }
    if isHeldUp { excuseStreams() } else { resetStalled(session: session) }
  }
}

/// Frame types and flags (RFC 9113 §6), as the header of a frame spells them.
enum Frame {
  static let data: UInt8 = 0
  static let headers: UInt8 = 1
  static let priority: UInt8 = 2
  static let reset: UInt8 = 3
  static let settings: UInt8 = 4
  static let ping: UInt8 = 6
  static let windowUpdate: UInt8 = 8
  static let continuation: UInt8 = 9

  static let endStream: UInt8 = 0x01
  static let ack: UInt8 = 0x01
}

/// Error codes (RFC 9113 §7).
enum ErrorCode {
  static let none: UInt32 = 0
  static let protocolError: UInt32 = 1
  static let refusedStream: UInt32 = 7
  static let cancel: UInt32 = 8
  static let enhanceYourCalm: UInt32 = 11
}
