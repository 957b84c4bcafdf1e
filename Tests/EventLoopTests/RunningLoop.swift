// SPDX-License-Identifier: Apache-2.0
import Dispatch
import EventLoop
import Glibc
import Synchronization
import Testing

/// Enough for the slowest machine; a test that reaches it has failed.
let patience: UInt64 = 20_000_000_000

/// A loop on a thread of its own, stopped and joined when the value ends.
final class RunningLoop: Sendable {
  let loop: EventLoop
  /// Where it listens, if it does.
  let address: SocketAddress
  private let ended = Signal()

  /// Without a listener.
  init(limits: StreamLimits = StreamLimits()) throws {
    loop = try EventLoop(limits: limits)
    address = .ipv4(address: 0, port: 0)
    start()
  }

  /// Listens on `address` and serves each connection with a handler of its own.
  init(
    _ address: SocketAddress = .ipv4(address: 0x7F00_0001, port: 0),
    limits: StreamLimits = StreamLimits(),
    serving makeHandler: @escaping () -> any StreamHandler
  ) throws {
    let loop = try EventLoop(limits: limits)
    self.loop = loop
    let listener = try ListenerSocket(address: address)
    self.address = listener.address
    try loop.listen(listener) { socket in loop.adopt(socket, handler: makeHandler()) }
    start()
  }

  /// A loop as it is.
  init(running loop: EventLoop, at address: SocketAddress) {
    self.loop = loop
    self.address = address
    start()
  }

  private func start() {
    do {
      try LoopThread(name: "loop") { [loop, ended] in
        loop.run()
        ended.set()
      }.detach()
    } catch {
      Issue.record(error)
    }
  }

  deinit { stop() }

  func stop() {
    loop.stop()
    if !ended.wait() { Issue.record("the loop did not stop") }
  }

  /// Runs `body` on the loop's thread and waits for it.
  @discardableResult
  func sync<Result: Sendable>(_ body: @escaping @Sendable (EventLoop) -> Result) throws -> Result {
    let result = Shared<Result?>(nil)
    let done = Signal()
    let loop = self.loop
    loop.execute {
      let value = body(loop)
      result.update { $0 = value }
      done.set()
    }
    try #require(done.wait())
    return try #require(result.value)
  }

  func connect() throws -> Socket {
    try Socket.connect(to: address, deadline: .after(nanoseconds: patience))
  }
}

/// Lets time pass in which nothing should happen.
func rest(milliseconds: Int32) {
  var entry = pollfd(fd: -1, events: 0, revents: 0)
  // Safety: `entry` outlives the call.
  unsafe poll(&entry, 1, milliseconds)
}

/// Turns the loop until `condition` holds; fails when it does not in time.
func eventually(
  _ running: RunningLoop, sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () -> Bool
) throws {
  let deadline = Deadline.after(nanoseconds: patience)
  while !condition() {
    try #require(.now < deadline, "it did not come true", sourceLocation: sourceLocation)
    try running.sync { _ in }
  }
}

/// Something that happens once; waiting again returns at once.
final class Signal: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)

  func set() { semaphore.signal() }

  /// False when it has not happened in time.
  func wait() -> Bool {
    guard semaphore.wait(timeout: .now() + .nanoseconds(Int(patience))) == .success else {
      return false
    }
    semaphore.signal()
    return true
  }

  /// Looks without waiting.
  var isSet: Bool {
    guard semaphore.wait(timeout: .now()) == .success else { return false }
    semaphore.signal()
    return true
  }
}

/// A value that handlers on a loop and the test share.
final class Shared<Value: Sendable>: Sendable {
  private let state: Mutex<Value>

  init(_ value: Value) { state = Mutex(value) }

  var value: Value { state.withLock { $0 } }

  func update(_ change: @Sendable (inout Value) -> Void) { state.withLock { change(&$0) } }
}

/// A directory that is removed with everything in it when the value ends.
struct TemporaryDirectory: ~Copyable {
  let path: String

  init() throws {
    var template = Array("/tmp/loop-XXXXXX".utf8CString)
    // Safety: mkdtemp changes the template in place.
    let made = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let base = buffer.baseAddress, unsafe mkdtemp(base) != nil else { return nil }
      return unsafe String(cString: base)
    }
    path = try #require(made)
  }

  deinit {
    // Safety: paths are read within the calls only.
    for name in ["sock", "other"] { unsafe unlink("\(path)/\(name)") }
    unsafe rmdir(path)
  }
}

/// Two connected unix sockets; whoever calls closes them.
func socketPair() throws -> (Int32, Int32) {
  var descriptors: [Int32] = [-1, -1]
  // Safety: socketpair fills the two.
  try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &descriptors) == 0)
  return (descriptors[0], descriptors[1])
}

extension Socket {
  func send(_ bytes: [UInt8]) throws(EventLoopError) {
    try sendAll(bytes.span, deadline: .after(nanoseconds: patience))
  }

  /// Receives exactly `count` bytes, or fewer when the peer ends first.
  func receive(_ count: Int) throws(EventLoopError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    let deadline = Deadline.after(nanoseconds: patience)
    while filled < count {
      let received = try receive(into: &bytes, at: filled, deadline: deadline)
      if received == 0 { break }
      filled += received
    }
    return Array(bytes[..<filled])
  }

  /// Receives until the peer ends.
  func receiveAll() throws(EventLoopError) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let more = try receive(1 << 16)
      bytes += more
      if more.count < 1 << 16 { return bytes }
    }
  }
}
