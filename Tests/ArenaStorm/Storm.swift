// SPDX-License-Identifier: Apache-2.0

#if DEBUG
  import AtomicsCore
  import Glibc
  import SharedArena
  import Synchronization

  /// Many deaths at one step, and what they leave.
  struct Storm {
    enum Role: CaseIterable {
      /// Takes the directory for one change at a time; two such processes run at once.
      case client
      /// Holds the directory for its life.
      case server
    }

    private(set) var point: CrashPoint
    let role: Role
    private let path: String
    private let ledger = Ledger()
    private var random = SystemRandomNumberGenerator()
    private(set) var killCount = 0
    private(set) var problems: [String] = []

    init(_ point: CrashPoint, _ role: Role, at path: String) {
      self.point = point
      self.role = role
      self.path = path
    }

    var report: String {
      let verdict =
        problems.isEmpty ? "whole" : "BROKEN: " + Set(problems).sorted().joined(separator: "; ")
      return "\(point) \(role): \(killCount) kills, \(verdict)"
    }

    mutating func run(kills: Int) {
      do {
        try build()
        // A step that is never reached ends the storm and not the patience.
        for _ in 0..<kills * 4 where killCount < kills && problems.isEmpty {
          try strike()
        }
        try check()
      } catch {
        problems.append("\(error)")
      }
      remove()
    }

    private func build() throws {
      let arena = try Arena.openOrCreate(at: path, options: ArenaOptions(capacity: 1 << 16))
      for name in StormWorker.lasting { _ = try arena.create(StormWorker.specification(name)) }
    }

    /// Lets one or two processes work until they die at the step.
    private mutating func strike() throws {
      if point.isOfRepair { try leaveWork() }
      let children = (0..<(role == .client && !point.isOfRepair ? 2 : 1)).map { _ in start() }
      for child in children {
        var status: Int32 = 0
        // Safety: `status` outlives the call.
        let waited = unsafe waitpid(child, &status, 0)
        guard waited == child else { throw StormError("waitpid failed") }
        if status & 0x7F == SIGKILL {
          killCount += 1
        } else if status != StormWorker.unreached << 8 {
          problems.append(
            status & 0x7F != 0
              ? "a process died of signal \(status & 0x7F)"
              : StormWorker.complaints[status >> 8] ?? "a process ended with \(status >> 8)")
        }
      }
      if killCount % 16 == 0 || point.isRare { try check() }
      if point.isRare { try buildAnew() }
    }

    private mutating func start() -> Int32 {
      let seed = random.next()
      let child = fork()
      if child == 0 { StormWorker.run(self, seed: seed, path: path, ledger: ledger) }
      return child
    }

    /// A process that dies within a change, so that there is something to repair.
    private mutating func leaveWork() throws {
      let repair = point
      point = .createIndexed
      let child = start()
      point = repair
      var status: Int32 = 0
      // Safety: `status` outlives the call.
      let waited = unsafe waitpid(child, &status, 0)
      guard waited == child, status & 0x7F == SIGKILL else { throw StormError("nobody died") }
    }

    /// Steps that need a fresh arena to be reached again.
    private mutating func buildAnew() throws {
      remove()
      ledger.clear()
      try build()
    }

    private func remove() {
      // Safety: the strings live as long as the calls.
      for file in ["dir", "val", "lock"] { _ = unsafe unlink("\(path)/\(file)") }
      _ = unsafe rmdir(path)
      for end in ["", ".previous"] { _ = unsafe unlink(Self.snapshotPath(of: path) + end) }
    }

    static func snapshotPath(of path: String) -> String { "\(path).snapshot" }

    /// The newest snapshot is whole, whoever was killed at which step, and has what lasts.
    private mutating func checkSnapshot() throws {
      guard let reader = try SnapshotReader.newest(at: Self.snapshotPath(of: path))?.reader else {
        return
      }
      var names: Set<String> = []
      while let entries = try reader.nextBlock() { names.formUnion(entries.map(\.name)) }
      for name in StormWorker.lasting where !names.contains(name) {
        problems.append("\(name) is not in the snapshot")
      }
    }

    private mutating func check() throws {
      let arena = try Arena.open(at: path)
      problems += try arena.contradictions()
      try checkSnapshot()
      for name in StormWorker.lasting {
        guard let handle = arena.find(named: name), let info = arena.info(of: handle),
          info.label == StormWorker.label(of: name)
        else {
          problems.append("\(name) is lost")
          continue
        }
        let done = ledger.count(of: name)
        let value = arena.withCell(of: handle) { $0.load() } ?? .max
        // Each killed process may have added once more than it could say.
        if value < done || value > done + UInt128(2 * killCount + 2) {
          problems.append("\(name) is \(value) after \(done) additions")
        }
      }
      for name in StormWorker.passing {
        _ = try arena.create(StormWorker.specification(name))
        if try !arena.delete(named: name) { problems.append("\(name) is stuck") }
      }
      problems += try arena.contradictions()
    }
  }

  struct StormError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  extension CrashPoint {
    /// Whether it is a step of the repair of another one.
    var isOfRepair: Bool { self == .createUndone }

    /// Whether an arena gets to this step a few times only.
    var isRare: Bool {
      "\(self)".hasPrefix("rebuild") || self == .growthAllocated || self == .placePunched
    }
  }

  /// What is known to be done, in memory that outlives the processes that did it.
  @safe
  struct Ledger {
    // Safety: a page of shared anonymous memory that is never unmapped, of atomics.
    private let words: UnsafeMutablePointer<Atomic<Int>>

    init() {
      // Safety: a new mapping of one page; zeros are atomics that hold zero.
      let page = unsafe mmap(
        nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
      guard let page = unsafe page, unsafe page != MAP_FAILED else { exit(2) }
      unsafe words = page.assumingMemoryBound(to: Atomic<Int>.self)
    }

    func add(_ name: String) {
      guard let index = StormWorker.lasting.firstIndex(of: name) else { return }
      // Safety: few names.
      unsafe words[index].add(1, ordering: .sequentiallyConsistent)
    }

    func count(of name: String) -> UInt128 {
      guard let index = StormWorker.lasting.firstIndex(of: name) else { return 0 }
      return UInt128(unsafe words[index].load(ordering: .sequentiallyConsistent))
    }

    func clear() {
      for index in StormWorker.lasting.indices {
        // Safety: as in `add`.
        unsafe words[index].store(0, ordering: .sequentiallyConsistent)
      }
    }
  }

  /// Swift hides fork for what threads would leave behind; this program has one thread.
  private func fork() -> Int32 {
    // Safety: fork has this signature.
    guard let symbol = unsafe dlsym(nil, "fork") else { exit(2) }
    return unsafe unsafeBitCast(symbol, to: (@convention(c) () -> Int32).self)()
  }
#endif
