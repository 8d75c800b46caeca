import CShim

extension Reference {
  /// Levels `round(x / scale)`, ties to even, with `scale = max|x| / largest level` over what shares a scale.
  static func quantize(_ task: UnsafePointer<quantize_task>) {
    require_quantize(task)
    let task = task.pointee
    let pixels = task.first_pixel..<task.end_pixel
    let blocks = task.first_block..<task.end_block
    let paddedWidth = task.left + task.width + task.right
    func value(_ pixel: Int, _ channel: Int) -> Float {
      task.input[(pixel - pixels.lowerBound) * task.input_stride + channel - blocks.lowerBound * PanelLayout.block]
    }
    func clear(_ row: Int, _ column: Int) {
      let pixel = row * paddedWidth + column
      for block in blocks {
        for channel in block * PanelLayout.block..<min(task.channel_stride, (block + 1) * PanelLayout.block) {
          task.output[pixel * task.channel_stride + channel] = UInt8(task.zero_point)
        }
        if task.tensor_scale == 0 { task.scales[pixel * task.blocks + block] = 0 }
      }
    }
    func clearRow(_ row: Int) {
      for column in 0..<paddedWidth { clear(row, column) }
    }
    if pixels.lowerBound == 0 { for row in 0..<task.top { clearRow(row) } }
    var scale = task.tensor_scale
    for pixel in pixels {
      let (y, x) = pixel.quotientAndRemainder(dividingBy: task.width)
      let row = task.top + y
      if x == 0 {
        for column in 0..<task.left { clear(row, column) }
      }
      let target = row * paddedWidth + task.left + x
      for block in blocks {
        let channels = block * PanelLayout.block..<min(task.channels, (block + 1) * PanelLayout.block)
        if task.tensor_scale == 0 {
          scale = channels.reduce(0) { max($0, abs(value(pixel, $1))) } / task.largest_level
          task.scales[target * task.blocks + block] = scale
        }
        let inverse = scale > Float.leastNormalMagnitude ? 1 / scale : 0
        let levels = task.output + target * task.channel_stride
        for channel in channels {
          // The same rounding to Int32 as the vector kernels', by the spacing of Floats near 1.5 * 2^23.
          let level = Int32(bitPattern: (value(pixel, channel) * inverse + 12_582_912).bitPattern &- 0x4B40_0000)
          levels[channel] = UInt8(truncatingIfNeeded: level &+ task.zero_point)
        }
        for channel in channels.upperBound..<(channels.upperBound + 3) & ~3 {
          levels[channel] = UInt8(task.zero_point)
        }
      }
      if x == task.width - 1 { for column in task.left + task.width..<paddedWidth { clear(row, column) } }
    }
    if pixels.upperBound == task.height * task.width {
      for row in task.top + task.height..<task.top + task.height + task.bottom { clearRow(row) }
    }
  }

  static func largestMagnitude(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    var largest: Float = 0
    for i in 0..<count { largest = max(largest, abs(x[i])) }
    return largest
  }
}
