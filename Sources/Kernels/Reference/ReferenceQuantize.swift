import CShim

extension Reference {
  /// Levels `round(x / scale)`, ties to even, with `scale = max|x| / 255` (unsigned) or `/ 127` (signed) per pixel and block.
  static func quantize(_ task: UnsafePointer<quantize_task>) {
    let task = task.pointee
    let zeroPoint = ActivationFormat.bytes.zeroPoint(isSigned: task.is_signed != 0)
    let paddedWidth = task.left + task.width + task.right
    for y in task.first_row..<task.end_row {
      for x in 0..<paddedWidth {
        let pixel = y * paddedWidth + x
        let levels = task.output.assumingMemoryBound(to: UInt8.self) + pixel * task.channel_stride
        for i in 0..<task.channel_stride { levels[i] = UInt8(zeroPoint) }
        let isInside =
          y >= task.top && y < task.top + task.height && x >= task.left && x < task.left + task.width
        let source = task.input + (isInside ? ((y - task.top) * task.width + x - task.left) * task.channels : 0)
        for block in 0..<task.blocks {
          let channels = block * PanelLayout.block..<min(task.channels, (block + 1) * PanelLayout.block)
          var scale = task.tensor_scale
          if scale == 0 {
            if isInside {
              for c in channels { scale = max(scale, abs(source[c])) }
              scale /= task.is_signed != 0 ? 127 : 255
            }
            task.scales[pixel * task.blocks + block] = scale
          }
          guard isInside else { continue }
          let inverse = scale > Float.leastNormalMagnitude ? 1 / scale : 0
          for c in channels {
            // The same rounding to Int32 as the vector kernels', by the spacing of Floats near 1.5 * 2^23.
            let level = Int32(bitPattern: (source[c] * inverse + 12_582_912).bitPattern &- 0x4B40_0000)
            levels[c] = UInt8(truncatingIfNeeded: level &+ zeroPoint)
          }
        }
      }
    }
  }

  static func largestMagnitude(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    var largest: Float = 0
    for i in 0..<count { largest = max(largest, abs(x[i])) }
    return largest
  }
}
