import CShim

/// Symmetric dynamic quantization of some pixels, with the zero padding that adjoins them.
///
/// Padding has scale 0, or the zero point where one scale serves all.
@inline(never) public func quantize(_ task: UnsafePointer<quantize_task>) {
  require_quantize(task)
  let width = task.pointee.width
  let top = task.pointee.top
  let left = task.pointee.left
  let paddedWidth = left + width + task.pointee.right
  var pixel = task.pointee.first_pixel
  if pixel == 0 {
    for row in 0..<top { clear(task, row * paddedWidth, paddedWidth) }
  }
  var source = task.pointee.input.unsafelyUnwrapped
  while pixel < task.pointee.end_pixel {
    let (y, x) = pixel.quotientAndRemainder(dividingBy: width)
    let count = min(width - x, task.pointee.end_pixel - pixel)
    let row = (top + y) * paddedWidth
    if x == 0 { clear(task, row, left) }
    quantizePixels(task, source, row + left + x, count)
    if x + count == width { clear(task, row + left + width, task.pointee.right) }
    source += count * task.pointee.input_stride
    pixel += count
  }
  if pixel == task.pointee.height * width {
    for row in top + task.pointee.height..<top + task.pointee.height + task.pointee.bottom {
      clear(task, row * paddedWidth, paddedWidth)
    }
  }
}

/// Zeros in `count` padded pixels from `first` on.
@inline(never) private func clear(_ task: UnsafePointer<quantize_task>, _ first: Int, _ count: Int) {
  let task = task.pointee
  let channels = task.first_block * block_length..<min(task.channel_stride, task.end_block * block_length)
  for pixel in first..<first + count {
    let levels = task.output + pixel * task.channel_stride
    for channel in channels { levels[channel] = UInt8(truncatingIfNeeded: task.zero_point) }
    if task.tensor_scale == 0 {
      for block in task.first_block..<task.end_block { task.scales[pixel * task.blocks + block] = 0 }
    }
  }
}

/// `count` pixels of one row, of which the first is padded pixel `first`.
@inline(never) private func quantizePixels(
  _ task: UnsafePointer<quantize_task>, _ source: UnsafePointer<Float>, _ first: Int, _ count: Int
) {
  let task = task.pointee
  for block in task.first_block..<task.end_block {
    let channels = min(block_length, task.channels - block * block_length)
    var values = source + (block - task.first_block) * block_length
    var levels = task.output + first * task.channel_stride + block * block_length
    var scales = task.scales + (task.tensor_scale == 0 ? first * task.blocks + block : 0)
    var scale = task.tensor_scale
    for _ in 0..<count {
      if task.tensor_scale == 0 {
        scale = largestMagnitude(values, channels) / task.largest_level
        scales.pointee = scale
        scales += task.blocks
      }
      // A subnormal scale has no finite inverse: such a block counts as zero.
      let inverse: Float = scale > Float.leastNormalMagnitude ? 1 / scale : 0
      quantizeBlock(values, channels, inverse, task.zero_point, levels)
      values += task.input_stride
      levels += task.channel_stride
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
  while i + 4 * lanes <= count {
    let a = maximum(magnitude(load(x + i)), magnitude(load(x + i + lanes)))
    let b = maximum(magnitude(load(x + i + 2 * lanes)), magnitude(load(x + i + 3 * lanes)))
    largest0 = maximum(largest0, a)
    largest1 = maximum(largest1, b)
    i += 4 * lanes
  }
  if i + 2 * lanes <= count {
    largest0 = maximum(largest0, magnitude(load(x + i)))
    largest1 = maximum(largest1, magnitude(load(x + i + lanes)))
    i += 2 * lanes
  }
  if i + lanes <= count {
    largest0 = maximum(largest0, magnitude(load(x + i)))
    i += lanes
  }
  var result = horizontalMaximum(maximum(largest0, largest1))
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
  #if TIER_AVX2 || TIER_AVXVNNI || arch(arm64)
    while i + 4 * lanes <= count {
      storeLevels(
        load(x + i) * factor, load(x + i + lanes) * factor, load(x + i + 2 * lanes) * factor,
        load(x + i + 3 * lanes) * factor, zeroPoint, levels + i)
      i += 4 * lanes
    }
  #endif
  while i + 2 * lanes <= count {
    let level0 = load(x + i) * factor + shift
    let level1 = load(x + i + lanes) * factor + shift
    storeLevels(unsafeBitCast(level0, to: VInt32.self), levels + i)
    storeLevels(unsafeBitCast(level1, to: VInt32.self), levels + i + lanes)
    i += 2 * lanes
  }
  if i + lanes <= count {
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
