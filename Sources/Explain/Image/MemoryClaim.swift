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

  private let monitor = Monitor()
  /// Whether so many bytes more can be had.
  private let holds: (Int) -> Bool
  private var claimed = 0

  init(holds: @escaping (Int) -> Bool = MemoryBudget.holds) { self.holds = holds }

  var bytes: Int { monitor.locked { claimed } }

  /// Adds to the claims as soon as `asked` bytes can be had beside them.
  ///
  /// - Returns: false where they cannot, with no claims.
  func add(_ amount: Int, askingFor asked: Int) -> Bool {
    monitor.locked {
      while !holds(asked + claimed) {
        if claimed == 0 { return false }
        monitor.wait()
      }
      claimed += amount
      return true
    }
  }

  func giveBack(_ amount: Int) {
    monitor.locked {
      claimed -= amount
      monitor.announceChange()
    }
  }
}
