import CShim

/// Symmetric dynamic quantization, one scale per pixel and block of 256 channels (or one for the tensor), with zero padding.
///
/// Padding pixels get scale 0, or the zero point where all pixels share one scale.
@inline(never) public func quantize(_ task: UnsafePointer<quantize_task>) {
  let task = task.pointee
  let paddedWidth = task.left + task.width + task.right
  for y in task.first_row..<task.end_row {
    for x in 0..<paddedWidth {
      let pixel = y * paddedWidth + x
      let levels = task.output.assumingMemoryBound(to: Quantized.self) + pixel * task.channel_stride
      let sourceY = y - task.top
      let sourceX = x - task.left
      let isInside = sourceY >= 0 && sourceY < task.height && sourceX >= 0 && sourceX < task.width
      let source = task.input + (isInside ? (sourceY * task.width + sourceX) * task.channels : 0)
      let zeroPoint = task.is_signed != 0 ? signedShift : unsignedShift
      guard isInside else {
        for i in 0..<task.channel_stride { levels[i] = Quantized(truncatingIfNeeded: zeroPoint) }
        if task.tensor_scale == 0 {
          for block in 0..<task.blocks { task.scales[pixel * task.blocks + block] = 0 }
        }
        continue
      }
      for block in 0..<task.blocks {
        let first = block * 256
        let count = min(256, task.channels - first)
        var scale = task.tensor_scale
        if scale == 0 {
          scale = largestMagnitude(source + first, count) / (task.is_signed != 0 ? 127 : 255)
          task.scales[pixel * task.blocks + block] = scale
        }
        // A subnormal scale has no finite inverse: such a block counts as zero.
        let inverse: Float = scale > Float.leastNormalMagnitude ? 1 / scale : 0
        quantizeBlock(source + first, count, inverse, zeroPoint, levels + first)
      }
    }
  }
}

@inline(__always) func largestMagnitude(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
  var largest = VFloat.zero
  var i = 0
  while i + lanes <= count {
    largest = maximum(largest, magnitude(load(x + i)))
    i += lanes
  }
  var result: Float = 0
  for lane in 0..<lanes { result = max(result, largest[lane]) }
  while i < count {
    result = max(result, abs(x[i]))
    i += 1
  }
  return result
}

@inline(__always) private func magnitude(_ v: VFloat) -> VFloat {
  unsafeBitCast(unsafeBitCast(v, to: VInt32.self) & 0x7FFF_FFFF, to: VFloat.self)
}

/// Writes `count` levels, the last group filled up with the zero point.
@inline(__always) private func quantizeBlock(
  _ x: UnsafePointer<Float>, _ count: Int, _ inverse: Float, _ zeroPoint: Int32,
  _ levels: UnsafeMutablePointer<Quantized>
) {
  let factor = VFloat(repeating: inverse)
  var i = 0
  while i + lanes <= count {
    storeLevels(roundToInt(load(x + i) * factor) &+ zeroPoint, levels + i)
    i += lanes
  }
  let end = (count + 3) & ~3
  while i < end {
    let level = i < count ? (x[i] * inverse + 12582912).bitPattern &- 0x4B40_0000 : 0
    levels[i & ~3 | position(i & 3)] = Quantized(truncatingIfNeeded: Int32(bitPattern: level) &+ zeroPoint)
    i += 1
  }
}

/// Largest magnitude of `count` values.
@inline(never) public func largestMagnitude(of x: UnsafePointer<Float>, count: Int) -> Float {
  largestMagnitude(x, count)
}
