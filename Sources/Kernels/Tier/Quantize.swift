import CShim

/// Symmetric dynamic quantization of some pixels, with the zero padding that adjoins them.
///
/// Padding has scale 0, or the zero point where one scale serves all.
@inline(never) public func quantize(_ task: UnsafePointer<quantize_task>) {
  let task = task.pointee
  let hasScales = task.tensor_scale == 0
  let paddedWidth = task.left + task.width + task.right
  if task.first_pixel == 0 {
    for row in 0..<task.top { clear(task, row, 0..<paddedWidth) }
  }
  var (y, x) = task.first_pixel.quotientAndRemainder(dividingBy: task.width)
  var source = task.input.unsafelyUnwrapped
  var scale = task.tensor_scale
  for _ in task.first_pixel..<task.end_pixel {
    let row = task.top + y
    if x == 0 { clear(task, row, 0..<task.left) }
    let pixel = row * paddedWidth + task.left + x
    for block in task.first_block..<task.end_block {
      let values = source + (block - task.first_block) * 256
      let count = min(256, task.channels - block * 256)
      if hasScales {
        scale = largestMagnitude(values, count) / task.largest_level
        task.scales[pixel * task.blocks + block] = scale
      }
      // A subnormal scale has no finite inverse: such a block counts as zero.
      let inverse: Float = scale > Float.leastNormalMagnitude ? 1 / scale : 0
      quantizeBlock(values, count, inverse, task.zero_point, task.output + pixel * task.channel_stride + block * 256)
    }
    source += task.input_stride
    x += 1
    if x == task.width {
      clear(task, row, task.left + task.width..<paddedWidth)
      (y, x) = (y + 1, 0)
    }
  }
  if task.end_pixel == task.height * task.width {
    for row in task.top + task.height..<task.top + task.height + task.bottom { clear(task, row, 0..<paddedWidth) }
  }
}

/// Zeros in some columns of a padded row.
@inline(__always) private func clear(_ task: quantize_task, _ row: Int, _ columns: Range<Int>) {
  let first = task.first_block * 256
  let end = min(task.channel_stride, task.end_block * 256)
  for column in columns {
    let pixel = row * (task.left + task.width + task.right) + column
    let levels = task.output + pixel * task.channel_stride
    for channel in first..<end { levels[channel] = UInt8(truncatingIfNeeded: task.zero_point) }
    if task.tensor_scale == 0 {
      for block in task.first_block..<task.end_block { task.scales[pixel * task.blocks + block] = 0 }
    }
  }
}

/// Largest magnitude of `count` values.
@inline(never) public func largestMagnitude(of x: UnsafePointer<Float>, count: Int) -> Float {
  largestMagnitude(x, count)
}

// Magnitudes are compared as integers, whose order is the same: a maximum of integers has no special cases.
@inline(__always) private func largestMagnitude(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
  var largest0 = VInt32.zero
  var largest1 = VInt32.zero
  var i = 0
  while i + 2 * lanes <= count {
    largest0 = maximum(largest0, magnitude(load(x + i)))
    largest1 = maximum(largest1, magnitude(load(x + i + lanes)))
    i += 2 * lanes
  }
  if i + lanes <= count {
    largest0 = maximum(largest0, magnitude(load(x + i)))
    i += lanes
  }
  largest0 = maximum(largest0, largest1)
  var result: Int32 = 0
  for lane in 0..<lanes { result = max(result, largest0[lane]) }
  while i < count {
    result = max(result, Int32(bitPattern: x[i].bitPattern & 0x7FFF_FFFF))
    i += 1
  }
  return Float(bitPattern: UInt32(bitPattern: result))
}

@inline(__always) private func magnitude(_ v: VFloat) -> VInt32 {
  unsafeBitCast(v, to: VInt32.self) & 0x7FFF_FFFF
}

/// Writes `count` levels, the last group filled up with the zero point.
@inline(__always) private func quantizeBlock(
  _ x: UnsafePointer<Float>, _ count: Int, _ inverse: Float, _ zeroPoint: Int32, _ levels: UnsafeMutablePointer<UInt8>
) {
  let factor = VFloat(repeating: inverse)
  // Near 1.5 * 2^23 Floats are one apart: the sum's last bits are the level.
  let shift = 12_582_912 + Float(zeroPoint)
  var i = 0
  while i + lanes <= count {
    storeLevels(unsafeBitCast(load(x + i) * factor + shift, to: VInt32.self), levels + i)
    i += lanes
  }
  let end = (count + 3) & ~3
  while i < end {
    levels[i] = UInt8(
      truncatingIfNeeded: i < count ? (x[i] * inverse + shift).bitPattern : UInt32(bitPattern: zeroPoint))
    i += 1
  }
}
