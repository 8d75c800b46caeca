import Glibc

/// A mutex, and a condition that threads wait for.
package final class Monitor: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let change = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  package init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(change, nil)
  }

  deinit {
    pthread_cond_destroy(change)
    pthread_mutex_destroy(mutex)
    change.deallocate()
    mutex.deallocate()
  }

  /// Runs `body` while no other thread is in here.
  package func locked<Result, E: Error>(_ body: () throws(E) -> Result) throws(E) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Lets others in until one announces a change. Only inside `locked`; may return without a change.
  package func wait() { pthread_cond_wait(change, mutex) }

  /// Wakes all who wait.
  package func announceChange() { pthread_cond_broadcast(change) }
}
