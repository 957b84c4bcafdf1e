// SPDX-License-Identifier: Apache-2.0

#if THREAD_SANITIZER
  import Glibc

  /// Stands in for the `Mutex` of Synchronization where the thread sanitizer watches.
  ///
  /// That one locks inside a library that is not instrumented, so the sanitizer does not see what
  /// it orders and reports every value behind it as a race. This one is a lock that it knows.
  ///
  /// Sendable because: the lock is held around every access to the value.
  @safe struct Mutex<Value>: ~Copyable, @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let value: UnsafeMutablePointer<Value>

    init(_ value: consuming Value) {
      // Safety: both are freed in `deinit`, which no call of `withLock` outlives.
      unsafe lock = .allocate(capacity: 1)
      unsafe lock.initialize(to: pthread_mutex_t())
      unsafe pthread_mutex_init(lock, nil)
      unsafe self.value = .allocate(capacity: 1)
      unsafe self.value.initialize(to: value)
    }

    deinit {
      // Safety: as in `init`.
      unsafe pthread_mutex_destroy(lock)
      unsafe lock.deallocate()
      unsafe value.deinitialize(count: 1)
      unsafe value.deallocate()
    }

    borrowing func withLock<Result, Failure>(
      _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      // Safety: as in `init`.
      unsafe pthread_mutex_lock(lock)
      defer { unsafe pthread_mutex_unlock(lock) }
      return try unsafe body(&value.pointee)
    }
  }
#endif
