/// Memory that starts at a cache line and is given back with its owner.
final class AlignedMemory: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer
  let bytes: Int

  /// Kernels may read, never write, this far beyond a tensor.
  private static let slack = 64

  init(bytes: Int) {
    self.bytes = bytes
    pointer = .allocate(byteCount: bytes + Self.slack, alignment: 64)
    // Pages that were never written all read as one page of zeros, which would always be in the cache.
    pointer.initializeMemory(as: UInt8.self, repeating: 1, count: bytes + Self.slack)
  }

  /// Copies values.
  convenience init(_ values: [Float]) {
    self.init(bytes: values.count * MemoryLayout<Float>.size)
    pointer.assumingMemoryBound(to: Float.self).update(from: values, count: values.count)
  }

  deinit { pointer.deallocate() }
}
