import CShim

/// Maximum over a window; padding never wins.
@inline(never) public func maxPool(_ task: UnsafePointer<pool_task>) {
  require_pool(task)
  pool(task.pointee, from: -Float.infinity, { maximum($0, $1) }) { largest, _ in largest }
}

/// Mean over a window, with or without its padding.
@inline(never) public func averagePool(_ task: UnsafePointer<pool_task>, countsPadding: Int) {
  require_pool(task)
  let area = task.pointee.kernel_height * task.pointee.kernel_width
  pool(task.pointee, from: 0, { $0 + $1 }) { sum, pixels in sum * (1 / Float(countsPadding != 0 ? area : pixels)) }
}

/// - Parameters:
///   - combine: takes one more pixel into a window's value.
///   - finish: makes the result of that value and the number of pixels.
@inline(__always) private func pool(
  _ task: pool_task, from start: Float, _ combine: (VFloat, VFloat) -> VFloat, finish: (VFloat, Int) -> VFloat
) {
  for y in task.first_row..<task.end_row {
    let firstY = y * task.stride - task.top
    let rows = max(0, firstY)..<min(task.height, firstY + task.kernel_height)
    for x in 0..<task.output_width {
      let firstX = x * task.stride - task.left
      let columns = max(0, firstX)..<min(task.width, firstX + task.kernel_width)
      let pixels = rows.count * columns.count
      let source = task.input + (rows.lowerBound * task.width + columns.lowerBound) * task.channels
      let output = task.output + (y * task.output_width + x) * task.channels
      var channel = 0
      while channel + lanes <= task.channels {
        let value = window(source + channel, task, rows.count, columns.count, from: start, combine) { load($0) }
        store(finish(value, pixels), output + channel)
        channel += lanes
      }
      let rest = task.channels - channel
      if rest > 0 {
        let value = window(source + channel, task, rows.count, columns.count, from: start, combine) {
          loadPartial($0, rest)
        }
        let result = finish(value, pixels)
        for i in 0..<rest { output[channel + i] = result[i] }
      }
    }
  }
}

/// The value of one vector of channels over `rows` x `columns` pixels from `first` on.
@inline(__always) private func window(
  _ first: UnsafePointer<Float>, _ task: pool_task, _ rows: Int, _ columns: Int, from start: Float,
  _ combine: (VFloat, VFloat) -> VFloat, read: (UnsafePointer<Float>) -> VFloat
) -> VFloat {
  var value = VFloat(repeating: start)
  var row = first
  for _ in 0..<rows {
    var source = row
    for _ in 0..<columns {
      value = combine(value, read(source))
      source += task.channels
    }
    row += task.width * task.channels
  }
  return value
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
