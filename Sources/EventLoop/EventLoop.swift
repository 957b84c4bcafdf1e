// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// One epoll loop for one thread: streams, listeners, timers, wake-ups.
///
/// A turn is: wait for events, read and process each readable stream once, run due timers and
/// work of other threads, then give streams on the ready list one more call, for a short time: who
/// asks for little does not wait for all who ask for much. A stream is one
/// `recv` and at most one `send` per turn. Nothing is allocated per event.
///
/// Methods are for the loop's thread (or before `run()`), unless they say "any thread".
public final class EventLoop {
  public let limits: StreamLimits
  let epoll: Epoll
  let wakeUp: WakeUp
  let scratch: ScratchBuffer

  /// Streams by the index in their token. A slot's generation changes with each tenant, so that
  /// events and timers of a closed stream never reach the next one.
  var slots: [Slot] = []
  var freeSlots: [Int] = []
  /// Streams that were closed in this turn: who is being called stays until the turn is over.
  var closedStreams: [Stream] = []
  var listeners: [Listener?] = []

  /// Streams to call without new input, in the next turn; `processingReady` are those of this one.
  var ready: [Stream] = []
  var processingReady: [Stream] = []
  /// How many of those had their call.
  var processedReady = 0

  var timers = TimerHeap()
  var timerWork: [UInt64: () -> Void] = [:]
  var nextTimerNumber: UInt64 = 0
  /// The clock as read in this turn; nil until somebody asks.
  var turnTime: Deadline?

  var isDraining = false
  /// `run()` is over: what comes now is closed at once.
  var hasEnded = false
  var drained: (() -> Void)?

  let mailbox = Mutex(Mailbox())
  var receivedTurns: [Stream] = []
  var receivedWork: [@Sendable () -> Void] = []

  /// Adopted and handed over, not closed.
  let liveStreams = Atomic<Int>(0)
  let turns = Atomic<UInt64>(0)
  let stopRequested = Atomic<Bool>(false)
  /// pthread_self() of the thread in `run()`, 0 outside.
  let runningThread = Atomic<UInt>(0)

  struct Slot {
    var generation: UInt32 = 0
    var stream: Stream?
  }

  /// Throws: `.systemCall` when the process has no descriptors left.
  public init(limits: StreamLimits = StreamLimits()) throws(EventLoopError) {
    self.limits = limits
    epoll = try Epoll()
    wakeUp = try WakeUp()
    scratch = ScratchBuffer()
    let code = epoll.add(wakeUp.descriptor, events: Epoll.readable, token: Token.wakeUp)
    guard code == 0 else { throw .systemCall(name: "epoll_ctl", errno: code) }
  }

  /// Streams that live on this loop or are on their way to it. Any thread.
  public var streamCount: Int { liveStreams.load(ordering: .relaxed) }

  /// Turns done since the start; stands still while nothing happens. Any thread.
  public var turnCount: UInt64 { turns.load(ordering: .relaxed) }

  /// The monotonic clock, read at most once per turn; before `run()`, at every use.
  public var now: Deadline {
    if let turnTime { return turnTime }
    let time = Deadline.now
    if runningThread.load(ordering: .relaxed) != 0 { turnTime = time }
    return time
  }

  /// Runs on the calling thread until `stop()`; then closes everything that is left. Once only.
  public func run() {
    let wasRunning = runningThread.exchange(UInt(pthread_self()), ordering: .relaxed)
    precondition(wasRunning == 0, "the loop is running already")
    var output = OutputBuffer(highWater: limits.outputHighWater)
    while !stopRequested.load(ordering: .acquiring) { turn(&output) }
    finish()
    runningThread.store(0, ordering: .relaxed)
  }

  /// Ends `run()` after the current turn. Any thread.
  public func stop() {
    // pairs with the load in run()
    stopRequested.store(true, ordering: .releasing)
    wakeUp.signal()
  }

  private func turn(_ output: inout OutputBuffer) {
    turnTime = nil
    let count = epoll.wait(milliseconds: waitMilliseconds())
    turnTime = nil
    turns.store(turns.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    for index in 0..<count {
      let (events, token) = epoll.event(at: index)
      if token < Token.firstSpecial {
        // Safety: who is closed meanwhile is kept in `closedStreams` until the turn is over, so
        // that no event has to count a reference.
        unsafe unretainedStream(token)?._withUnsafeGuaranteedRef { handle(events, $0, &output) }
      } else if token == Token.wakeUp {
        takeMail()
      } else {
        acceptBatch(Token.listenerIndex(token))
      }
    }
    if timers.count > 0 { fireTimers(&output) }
    if hasReady { processReady(&output) }
    if !closedStreams.isEmpty { releaseClosedStreams() }
  }

  private func waitMilliseconds() -> Int32 {
    if hasReady { return 0 }
    guard let first = timers.first else { return -1 }
    return first.deadline.pollTimeout(from: .now)
  }

  /// The stream that a token means, unless it is closed.
  func stream(_ token: UInt64) -> Stream? {
    // Safety: the slot holds the stream.
    unsafe unretainedStream(token)?.takeUnretainedValue()
  }

  @inline(__always)
  private func unretainedStream(_ token: UInt64) -> Unmanaged<Stream>? {
    let index = Int(truncatingIfNeeded: token & 0xFFFF_FFFF)
    guard index < slots.count, slots[index].generation == UInt32(truncatingIfNeeded: token >> 32),
      let stream = slots[index].stream
    else { return nil }
    return unsafe Unmanaged.passUnretained(stream)
  }
}

// Sendable because: what other threads may call touches only the mailbox, the atomics and the
// wake-up; all else belongs to the thread in `run()`.
extension EventLoop: @unchecked Sendable {}

/// What epoll hands back with an event: a stream's slot and generation, or one of the special ones.
enum Token {
  static let firstSpecial: UInt64 = 1 << 63
  static let wakeUp: UInt64 = .max

  static func stream(index: Int, generation: UInt32) -> UInt64 {
    UInt64(generation) << 32 | UInt64(truncatingIfNeeded: index)
  }

  static func listener(_ index: Int) -> UInt64 { firstSpecial | UInt64(truncatingIfNeeded: index) }

  static func listenerIndex(_ token: UInt64) -> Int {
    Int(truncatingIfNeeded: token & ~firstSpecial)
  }
}

/// The loop's receive buffer, used by one stream at a time.
@safe struct ScratchBuffer: ~Copyable {
  /// The most that one `recv` brings: one default socket buffer of loopback.
  static let byteCount = 64 << 10
  let bytes: UnsafeMutableRawBufferPointer

  init() {
    // Safety: freed in `deinit`, and nobody else has the pointer by then.
    unsafe bytes = .allocate(byteCount: Self.byteCount, alignment: 64)
  }

  deinit { unsafe bytes.deallocate() }
}
