/// The last pixels of a Float residual. Kernels read whole vectors of channels, so that of these pixels they would read
/// behind the tensor's end; they are given a copy with room behind it.
struct ResidualTail {
  /// The first of these pixels; no pixel's number where there are none.
  let firstPixel: Int
  /// What `copy` writes.
  let byteCount: Int
  private let source: UnsafeBufferPointer<Float>

  init(_ residual: Residual?, pixels: Int, channels: Int) {
    let excess = PanelLayout.padded(channels) - channels
    guard case .float(let values) = residual, excess > 0 else {
      (firstPixel, byteCount, source) = (.max, 0, UnsafeBufferPointer(start: nil, count: 0))
      return
    }
    firstPixel = max(0, pixels - (excess + channels - 1) / channels)
    source = UnsafeBufferPointer(start: values + firstPixel * channels, count: (pixels - firstPixel) * channels)
    byteCount = (source.count + excess) * MemoryLayout<Float>.size
  }

  /// Writes the pixels and zeros behind them; answers where.
  func copy(to memory: UnsafeMutableRawPointer) -> UnsafePointer<Float> {
    let target = memory.bindMemory(to: Float.self, capacity: byteCount / MemoryLayout<Float>.size)
    for (index, value) in source.enumerated() { target[index] = value }
    for index in source.count..<byteCount / MemoryLayout<Float>.size { target[index] = 0 }
    return UnsafePointer(target)
  }
}
