// Kernels that work on pictures: pixels of red, green and blue bytes. All are exact: every tier computes the same bytes.

import CShim

private let half: Int32 = 1 << (resample_fraction_bits - 1)

/// Rows that share the weights of a column.
private let rowsAtOnce = 4

/// Resamples rows of pixels along the row, two source pixels of a row at a time.
@inline(never) public func resampleRows(_ task: UnsafePointer<resample_rows_task>) {
  require_resample_rows(task)
  let task = task.pointee
  var row = 0
  while row + rowsAtOnce <= task.rows {
    resampleFourRows(task, row)
    row += rowsAtOnce
  }
  while row < task.rows {
    for column in 0..<task.columns { resampleAlone(task, row, column) }
    row += 1
  }
}

private func resampleFourRows(_ task: resample_rows_task, _ row: Int) {
  let stride = task.input_stride
  let outputStride = 3 * task.columns
  let input = task.input + row * stride
  let output = task.output + row * outputStride
  // A pair of pixels is loaded with two bytes more, and an odd tap with the pixel behind it. The last column writes three
  // bytes, not four, as the next is that of another row.
  let pairs = (task.taps + 1) / 2
  for column in 0..<task.columns {
    let first = Int(task.first[column])
    guard 3 * (first + 2 * pairs) + 2 <= 3 * task.width, column + 1 < task.columns else {
      for r in 0..<rowsAtOnce { resampleAlone(task, row + r, column) }
      continue
    }
    let weights = task.weights + column * task.taps
    var pixels = input + 3 * first
    let start = SIMD8(half, half, half, 0, 0, 0, 0, 0)
    var (a, b, c, d) = (start, start, start, start)
    var tap = 0
    while tap < task.taps {
      let (x, y) = (weights[tap], tap + 1 < task.taps ? weights[tap + 1] : 0)
      let w = SIMD8(x, x, x, y, y, y, 0, 0)
      a &+= w &* loadPixels(pixels)
      b &+= w &* loadPixels(pixels + stride)
      c &+= w &* loadPixels(pixels + 2 * stride)
      d &+= w &* loadPixels(pixels + 3 * stride)
      pixels += 6
      tap += 2
    }
    storePixel(a, output + 3 * column)
    storePixel(b, output + outputStride + 3 * column)
    storePixel(c, output + 2 * outputStride + 3 * column)
    storePixel(d, output + 3 * outputStride + 3 * column)
  }
}

/// Red, green and blue of two pixels, and two bytes behind them.
@inline(__always) private func loadPixels(_ p: UnsafePointer<UInt8>) -> SIMD8<Int32> {
  let bytes = UnsafeRawPointer(p).loadUnaligned(as: SIMD8<UInt8>.self)
  var pixels = SIMD8<Int32>()
  for i in 0..<8 { pixels[i] = Int32(bytes[i]) }
  return pixels
}

/// Keeps numbers within 0...255.
// `clamped` would be a function that all tiers share, and the linker keeps one of; a generic one would be called for every
// lane.
@inline(__always) private func limited(_ v: SIMD4<Int32>) -> SIMD4<Int32> {
  let positive = v.replacing(with: SIMD4<Int32>.zero, where: v .< SIMD4<Int32>.zero)
  let most = SIMD4<Int32>(repeating: 255)
  return positive.replacing(with: most, where: positive .> most)
}

/// Adds up the two pixels' shares and stores the pixel, and a byte behind it.
@inline(__always) private func storePixel(_ sums: SIMD8<Int32>, _ p: UnsafeMutablePointer<UInt8>) {
  let sum = sums.lowHalf &+ SIMD4(sums[3], sums[4], sums[5], sums[6])
  let levels = limited(sum &>> Int32(resample_fraction_bits))
  var bytes = SIMD4<UInt8>()
  for i in 0..<4 { bytes[i] = UInt8(truncatingIfNeeded: levels[i]) }
  UnsafeMutableRawPointer(p).storeBytes(of: bytes, as: SIMD4<UInt8>.self)
}

@inline(never) private func resampleAlone(_ task: resample_rows_task, _ row: Int, _ column: Int) {
  let first = Int(task.first[column])
  let pixels = task.input + row * task.input_stride + 3 * first
  let weights = task.weights + column * task.taps
  let target = task.output + 3 * (row * task.columns + column)
  for channel in 0..<3 {
    var sum = half
    for tap in 0..<min(task.taps, task.width - first) {
      sum &+= weights[tap] &* Int32(pixels[3 * tap + channel])
    }
    target[channel] = UInt8(truncatingIfNeeded: min(max(sum >> resample_fraction_bits, 0), 255))
  }
}

/// One row of bytes from several, four vectors of them at a time.
@inline(never) public func resampleColumns(_ task: UnsafePointer<resample_columns_task>) {
  require_resample_columns(task)
  let task = task.pointee
  var i = 0
  while i + 4 * lanes <= task.count {
    let start = VInt32(repeating: half)
    var (a, b, c, d) = (start, start, start, start)
    var bytes = task.input + i
    for tap in 0..<task.taps {
      let weight = VInt32(repeating: task.weights[tap])
      a &+= weight &* loadLevels(bytes)
      b &+= weight &* loadLevels(bytes + lanes)
      c &+= weight &* loadLevels(bytes + 2 * lanes)
      d &+= weight &* loadLevels(bytes + 3 * lanes)
      bytes += task.input_stride
    }
    storeRounded(a, task.output + i)
    storeRounded(b, task.output + i + lanes)
    storeRounded(c, task.output + i + 2 * lanes)
    storeRounded(d, task.output + i + 3 * lanes)
    i += 4 * lanes
  }
  while i < task.count {
    var sum = half
    for tap in 0..<task.taps { sum &+= task.weights[tap] &* Int32(task.input[tap * task.input_stride + i]) }
    task.output[i] = UInt8(truncatingIfNeeded: min(max(sum >> resample_fraction_bits, 0), 255))
    i += 1
  }
}

@inline(__always) private func loadLevels(_ p: UnsafePointer<UInt8>) -> VInt32 {
  let bytes = UnsafeRawPointer(p).loadUnaligned(as: VUInt8.self)
  var levels = VInt32()
  for i in 0..<lanes { levels[i] = Int32(bytes[i]) }
  return levels
}

@inline(__always) private func storeRounded(_ sums: VInt32, _ p: UnsafeMutablePointer<UInt8>) {
  let positive = maximum(sums &>> Int32(resample_fraction_bits), VInt32.zero)
  let most = VInt32(repeating: 255)
  storeLevels(positive.replacing(with: most, where: positive .> most), p)
}

/// `levels = 255 * values`, rounded to nearest.
@inline(never) public func roundToLevels(
  _ values: UnsafePointer<Float>, levels: UnsafeMutablePointer<UInt8>, count: Int
) {
  require_pixels(count)
  var i = 0
  while i + lanes <= count {
    let scaled = load(values + i) * 255 + 0.5
    var whole = VInt32()
    for lane in 0..<lanes { whole[lane] = Int32(scaled[lane]) }
    storeLevels(whole, levels + i)
    i += lanes
  }
  while i < count {
    levels[i] = UInt8(values[i] * 255 + 0.5)
    i += 1
  }
}

/// Blends pixels with the colours of levels, in place.
///
/// The blends are first laid out sample by sample, so that the rest needs no shuffles.
@inline(never) public func blendPixels(
  _ levels: UnsafePointer<UInt8>, blends: UnsafePointer<pixel_blend>, pixels: UnsafeMutablePointer<UInt8>, count: Int
) {
  require_pixels(count)
  // Few enough to stay in the first-level cache, and enough for the stores to be over when they are read.
  let most = 512
  let capacity = (3 * most + 1) * MemoryLayout<UInt16>.size
  let scratch = shim_kernel_scratch(2 * capacity).unsafelyUnwrapped
  let (added, kept) = (scratch, scratch + capacity)
  var first = 0
  while first < count {
    let pixelCount = min(most, count - first)
    for i in 0..<pixelCount {
      let blend = UnsafeRawPointer(blends + Int(levels[first + i]))
      // Four numbers for three samples: the next pixel's take the place of the last.
      (added + 6 * i).storeBytes(of: blend.loadUnaligned(as: UInt64.self), as: UInt64.self)
      (kept + 6 * i).storeBytes(of: blend.loadUnaligned(fromByteOffset: 8, as: UInt64.self), as: UInt64.self)
    }
    let samples = UnsafeMutableRawPointer(pixels + 3 * first)
    var i = 0
    while i + 16 <= 3 * pixelCount {
      let bytes = samples.loadUnaligned(fromByteOffset: i, as: SIMD16<UInt8>.self)
      let (factor, term) = (
        kept.loadUnaligned(fromByteOffset: 2 * i, as: SIMD16<UInt16>.self),
        added.loadUnaligned(fromByteOffset: 2 * i, as: SIMD16<UInt16>.self)
      )
      // Conversions of whole vectors would be calls.
      var wide = SIMD16<UInt16>()
      for lane in 0..<16 { wide[lane] = UInt16(bytes[lane]) }
      let sum = (wide &* factor &+ term) &>> 8
      var blended = SIMD16<UInt8>()
      for lane in 0..<16 { blended[lane] = UInt8(truncatingIfNeeded: sum[lane]) }
      samples.storeBytes(of: blended, toByteOffset: i, as: SIMD16<UInt8>.self)
      i += 16
    }
    while i < 3 * pixelCount {
      let sample = UInt16(samples.load(fromByteOffset: i, as: UInt8.self))
      let sum =
        sample &* kept.load(fromByteOffset: 2 * i, as: UInt16.self)
        &+ added.load(fromByteOffset: 2 * i, as: UInt16.self)
      samples.storeBytes(of: UInt8(truncatingIfNeeded: sum >> 8), toByteOffset: i, as: UInt8.self)
      i += 1
    }
    first += pixelCount
  }
}
