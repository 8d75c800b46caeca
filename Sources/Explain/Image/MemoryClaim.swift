import Glibc

/// Memory that a picture takes at most until it has been answered, so that pictures at work beside each other do not count
/// on the same bytes.
///
/// Where there is not enough for one more picture, it waits for those before it. What they have taken already counts
/// twice then: near the limit pictures are answered one by one, and none fails for want of what another will give back.
public final class MemoryClaim: Sendable {
  private let bytes: Int

  /// - Parameters:
  ///   - bytes: few are not claimed.
  ///   - format: of the picture.
  /// - Throws: `outOfMemory` where so many bytes cannot be had with nothing else claimed.
  init(_ bytes: Int, for format: ImageFormat) throws(ImageError) {
    let isSmall = bytes < MemoryBudget.small
    guard isSmall || ClaimedMemory.shared.add(bytes, askingFor: bytes) else {
      throw .outOfMemory(format, bytes: bytes)
    }
    // Only now: a complete object would be deinitialised by the error.
    self.bytes = isSmall ? 0 : bytes
  }

  deinit { if bytes > 0 { ClaimedMemory.shared.giveBack(bytes) } }
}

/// What all pictures at work have claimed.
final class ClaimedMemory: @unchecked Sendable {
  static let shared = ClaimedMemory()

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let change = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  /// Whether so many bytes more can be had.
  private let holds: (Int) -> Bool
  private var claimed = 0

  init(holds: @escaping (Int) -> Bool = MemoryBudget.holds) {
    self.holds = holds
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(change, nil)
  }

  deinit {
    pthread_cond_destroy(change)
    pthread_mutex_destroy(mutex)
    change.deallocate()
    mutex.deallocate()
  }

  var bytes: Int {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return claimed
  }

  /// Adds to the claims as soon as `asked` bytes can be had beside them.
  ///
  /// - Returns: false where they cannot, with no claims.
  func add(_ amount: Int, askingFor asked: Int) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !holds(asked + claimed) {
      if claimed == 0 { return false }
      pthread_cond_wait(change, mutex)
    }
    claimed += amount
    return true
  }

  func giveBack(_ amount: Int) {
    pthread_mutex_lock(mutex)
    claimed -= amount
    pthread_cond_broadcast(change)
    pthread_mutex_unlock(mutex)
  }
}
