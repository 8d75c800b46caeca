import CShim

/// Maximum over a window; padding never wins.
@inline(never) public func maxPool(_ task: UnsafePointer<pool_task>) {
  require_pool(task)
  let task = task.pointee
  for y in task.first_row..<task.end_row {
    let firstY = y * task.stride - task.top
    let rows = max(0, firstY)..<min(task.height, firstY + task.kernel_height)
    for x in 0..<task.output_width {
      let firstX = x * task.stride - task.left
      let columns = max(0, firstX)..<min(task.width, firstX + task.kernel_width)
      let output = task.output + (y * task.output_width + x) * task.channels
      var channel = 0
      while channel < task.channels {
        let isVector = channel + lanes <= task.channels
        var largest = VFloat(repeating: -Float.infinity)
        for sourceY in rows {
          for sourceX in columns {
            let source = task.input + (sourceY * task.width + sourceX) * task.channels + channel
            largest = maximum(largest, isVector ? load(source) : loadPartial(source, task.channels - channel))
          }
        }
        if isVector {
          store(largest, output + channel)
        } else {
          for i in 0..<task.channels - channel { output[channel + i] = largest[i] }
        }
        channel += lanes
      }
    }
  }
}

/// Mean over `pixels` of `[pixels, channels]`, for channels `first ..< end`.
@inline(never) public func globalAveragePool(
  _ input: UnsafePointer<Float>, pixels: Int, channels: Int, output: UnsafeMutablePointer<Float>, first: Int, end: Int
) {
  require_global_average_pool(pixels, channels, first, end)
  let inverse = 1 / Float(pixels)
  var channel = first
  while channel < end {
    if channel + lanes <= end {
      var sum = VFloat.zero
      for pixel in 0..<pixels { sum += load(input + pixel * channels + channel) }
      store(sum * inverse, output + channel)
      channel += lanes
    } else {
      var sum: Float = 0
      for pixel in 0..<pixels { sum += input[pixel * channels + channel] }
      output[channel] = sum * inverse
      channel += 1
    }
  }
}
