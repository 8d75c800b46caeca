import CShim

/// Bilinear resampling of one plane, half-pixel centres (align_corners = false), no antialiasing.
@inline(never) public func bilinear(_ task: UnsafePointer<bilinear_task>) {
  require_bilinear(task)
  let task = task.pointee
  let ratioY = Float(task.height) / Float(task.output_height)
  let ratioX = Float(task.width) / Float(task.output_width)
  let scratch = shim_kernel_scratch(task.width * MemoryLayout<Float>.size).unsafelyUnwrapped
  let blended = scratch.assumingMemoryBound(to: Float.self)
  for y in 0..<task.output_height {
    let (top, bottom, t) = neighbours(y, ratioY, task.height)
    let upper = task.input + top * task.width
    let lower = task.input + bottom * task.width
    for x in 0..<task.width { blended[x] = upper[x] + (lower[x] - upper[x]) * t }
    let output = task.output + y * task.output_width
    for x in 0..<task.output_width {
      let (left, right, s) = neighbours(x, ratioX, task.width)
      let value = blended[left] + (blended[right] - blended[left]) * s
      output[x] = task.accumulate != 0 ? output[x] + value : value
    }
  }
}

/// The two source positions around an output position, and the weight of the second.
@inline(__always) func neighbours(_ i: Int, _ ratio: Float, _ size: Int) -> (Int, Int, Float) {
  let position = max(0, (Float(i) + 0.5) * ratio - 0.5)
  let first = min(Int(position), size - 1)
  return (first, min(first + 1, size - 1), position - Float(first))
}
