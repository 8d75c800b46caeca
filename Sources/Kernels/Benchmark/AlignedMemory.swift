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

  /// Floats, all not-a-number: what a kernel leaves out shows.
  convenience init(floats count: Int) {
    self.init(bytes: count * MemoryLayout<Float>.size)
    floats.update(repeating: .nan, count: count)
  }

  /// Copies values.
  convenience init(_ values: [Float]) {
    self.init(bytes: values.count * MemoryLayout<Float>.size)
    floats.update(from: values, count: values.count)
  }

  deinit { pointer.deallocate() }

  var floats: UnsafeMutablePointer<Float> { pointer.assumingMemoryBound(to: Float.self) }

  func floatValues(_ count: Int) -> [Float] { Array(UnsafeBufferPointer(start: floats, count: count)) }
}

/// Pseudo-random numbers, the same on every machine (xorshift64*; G. Marsaglia, "Xorshift RNGs", 2003).
struct Noise {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_F491_4F6C_DD1D
  }

  /// Evenly distributed values.
  mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
    let step = (range.upperBound - range.lowerBound) / Float(1 << 24)
    return (0..<count).map { _ in range.lowerBound + Float(next() >> 40) * step }
  }
}
