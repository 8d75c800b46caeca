import Kernels

/// One of some parts of all images. What part an image is in depends on its path alone, so that parts stay the same when images are
/// added.
public struct Shard: Sendable, Equatable {
  /// From 0.
  public let index: Int
  public let count: Int

  private static let most = 1_000_000

  /// - Parameter argument: `I/N`, the part from 1 to N of N.
  public init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Int(parts[0]), let count = Int(parts[1]), (1...Self.most).contains(count),
      (1...count).contains(number)
    else { return nil }
    (index, self.count) = (number - 1, count)
  }

  /// Whether a path is in this part.
  public func contains(_ path: String) -> Bool {
    var hash = FNV1a()
    hash.add(path.pathBytes)
    // The lower bits of the hash depend on the lower bits of the path's alone.
    var generator = SplitMix64(state: hash.value)
    return generator.next() % UInt64(count) == UInt64(index)
  }
}
