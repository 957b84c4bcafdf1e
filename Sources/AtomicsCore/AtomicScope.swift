// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// A time during which one view over a buffer may be used, ended by hand: for memory whose end is
/// known only at run time, and for programs that hand views around. Where a closure will do,
/// `MutableRawSpan.withCell` refuses a use after the scope at compile time, and costs nothing.
///
///     let scope = try unsafe AtomicScope(over: buffer, kind: .signed)
///     let view = try scope.enter()
///     try view.perform(.add, operand: 1)
///     scope.exit()
///     try view.perform(.load)              // throws OperationError.scopeEnded
///
///        enter           exit           release
///     new ─────▶ open ─────▶ exited ─────▶ released
///      └── exit, release ──────────────────▶ ┘
///
/// **Thread safety**: any thread. ``exit()`` waits for operations that run on other threads, each a
/// few nanoseconds, so that no view touches the memory once it has returned.
public final class AtomicScope: AtomicProperties {
  enum State { case new, open, exited, released }

  let location: AtomicLocation
  // An operation holds the lock too: else it could end after the memory.
  let state = Mutex<State>(.new)

  public let type: RegisterType
  public let isReadOnly: Bool

  /// A scope over `cell`, whose maker's promise must hold until the scope is exited or released.
  public init(_ cell: some RuntimeAtomicAccess) {
    location = cell.location
    type = cell.type
    isReadOnly = cell.isReadOnly
  }

  /// A scope over the whole of `buffer`; see
  /// ``AtomicCell/init(over:kind:)-(UnsafeMutableRawBufferPointer,_)``.
  @unsafe
  public convenience init(over buffer: UnsafeMutableRawBufferPointer, kind: AtomicKind)
    throws(BufferError)
  {
    // Safety: the caller's promise is passed on.
    self.init(try unsafe AtomicCell(over: buffer, kind: kind))
  }

  /// A scope over the whole of `buffer`, which is only read.
  @unsafe
  public convenience init(over buffer: UnsafeRawBufferPointer, kind: AtomicKind)
    throws(BufferError)
  {
    // Safety: the caller's promise is passed on.
    self.init(try unsafe ReadOnlyCell(over: buffer, kind: kind))
  }

  /// Opens the scope, once in its life.
  ///
  /// - Returns: The view, of which copies may be made.
  /// - Throws: ``ScopeError/enteredTwice`` while it is open, ``ScopeError/exited`` after
  ///   ``exit()``, ``ScopeError/released`` after ``release()``.
  public func enter() throws(ScopeError) -> ScopedCell {
    let before = state.withLock { state in
      defer { if state == .new { state = .open } }
      return state
    }
    switch before {
    case .new: return ScopedCell(self)
    case .open: throw .enteredTwice
    case .exited: throw .exited
    case .released: throw .released
    }
  }

  /// Ends the scope, also by force while the view is in use: the view's operations are errors from
  /// then on. Harmless at any time and repeatedly; before ``enter()`` it is ``release()``.
  public func exit() {
    state.withLock { state in
      switch state {
      case .new: state = .released
      case .open: state = .exited
      case .exited, .released: break
      }
    }
  }

  /// Gives the buffer up. Harmless repeatedly.
  ///
  /// - Throws: ``ScopeError/open`` while the scope is open.
  public func release() throws(ScopeError) {
    let isOpen = state.withLock { state in
      if state != .open { state = .released }
      return state == .open
    }
    if isOpen { throw .open }
  }

  /// Runs `body` with the view and ends the scope, also when `body` throws.
  ///
  /// - Throws: What `body` throws, or ``ScopeError`` as ``enter()``.
  @discardableResult
  public func withView<Result>(_ body: (ScopedCell) throws -> Result) throws -> Result {
    let view = try enter()
    defer { exit() }
    return try body(view)
  }
}

/// Why a scope was not entered or released.
public enum ScopeError: Error, Equatable {
  /// It is open already: a scope has one view.
  case enteredTwice
  /// It was open and has ended.
  case exited
  /// Its buffer was given up.
  case released
  /// It cannot be released while it is open.
  case open
}

extension ScopeError: CustomStringConvertible {
  /// One sentence: what was wrong and what to do.
  public var description: String {
    switch self {
    case .enteredTwice: "the scope is open already; use the view that it has"
    case .exited: "the scope has ended; make a new one to enter again"
    case .released: "the scope was released; make a new one to enter again"
    case .open: "the scope is open; exit it before it is released"
    }
  }
}

/// The view of an open ``AtomicScope``. Once the scope has ended, every operation is an error.
public struct ScopedCell: AtomicProperties {
  private let scope: AtomicScope

  init(_ scope: AtomicScope) { self.scope = scope }

  public var type: RegisterType { scope.type }
  public var isReadOnly: Bool { scope.isReadOnly }

  /// Checks and runs one operation; see
  /// ``RuntimeAtomicAccess/perform(_:operand:expected:index:modifier:order:failureOrder:)``.
  ///
  /// - Throws: ``OperationError/scopeEnded`` once the scope has ended, else as there.
  /// - Complexity: About 20 nanoseconds for the scope's lock above the operation.
  @discardableResult
  public func perform(
    _ operation: AtomicOperation, operand: UInt128 = 0, expected: UInt128 = 0, index: Int = 0,
    modifier: OperationModifier? = nil, order: MemoryOrder = .sequentiallyConsistent,
    failureOrder: MemoryOrder? = nil
  ) throws(OperationError) -> AtomicOutcome {
    let request = try AtomicRequest(
      operation, on: type, readOnly: isReadOnly, operand: operand, expected: expected,
      index: index, modifier: modifier, order: order, failureOrder: failureOrder)
    let outcome = scope.state.withLock { state in
      state == .open ? scope.location.perform(request, on: type) : nil
    }
    guard let outcome else { throw .scopeEnded }
    return outcome
  }
}

extension ScopedCell: CustomStringConvertible {
  /// The atomic as text; its value is unreadable once the scope has ended.
  public var description: String {
    let bits = scope.state.withLock {
      $0 == .open ? scope.location.load(type.width, .sequentiallyConsistent) : nil
    }
    return type.describe(bits, isReadOnly: isReadOnly)
  }
}
