// Gradients of operators on images, with respect to their input.

import CShim

/// Adds each output's gradient to the first largest input of its window, as the forward pass found it.
@inline(never) public func maxPoolGradient(_ task: UnsafePointer<max_pool_gradient_task>) {
  require_max_pool_gradient(task)
  let task = task.pointee
  let window = task.window
  let channels = window.channels
  for pixel in 0..<window.height * window.width {
    let row = task.result + pixel * channels
    for channel in task.first_channel..<task.end_channel { row[channel] = 0 }
  }
  for y in 0..<window.output_height {
    let rows = taps(y * window.stride - window.top, window.kernel_height, window.height)
    for x in 0..<window.output_width {
      let columns = taps(x * window.stride - window.left, window.kernel_width, window.width)
      let target = (y * window.output_width + x) * channels
      var channel = task.first_channel
      while channel < task.end_channel {
        let isVector = channel + lanes <= task.end_channel
        let count = isVector ? lanes : task.end_channel - channel
        let largest =
          isVector ? load(task.output + target + channel) : loadPartial(task.output + target + channel, count)
        var rest =
          isVector ? load(task.gradient + target + channel) : loadPartial(task.gradient + target + channel, count)
        for sourceY in rows {
          for sourceX in columns {
            let source = (sourceY * window.width + sourceX) * channels + channel
            let isLargest = (isVector ? load(task.input + source) : loadPartial(task.input + source, count)) .== largest
            let share = VFloat.zero.replacing(with: rest, where: isLargest)
            rest.replace(with: VFloat.zero, where: isLargest)
            let result = task.result + source
            if isVector {
              store(load(result) + share, result)
            } else {
              for i in 0..<count { result[i] += share[i] }
            }
          }
        }
        channel += lanes
      }
    }
  }
}

/// Positions inside the image that a window of `length` sees from `first` on.
@inline(__always) private func taps(_ first: Int, _ length: Int, _ size: Int) -> Range<Int> {
  max(0, first)..<max(0, min(size, first + length))
}

/// Every input pixel gathers its shares of the outputs that it took part in.
@inline(never) public func averagePoolGradient(_ task: UnsafePointer<average_pool_gradient_task>) {
  require_average_pool_gradient(task)
  let task = task.pointee
  let window = task.window
  let channels = window.channels
  for y in task.first_row..<task.end_row {
    let rows = outputs(y + window.top, window.kernel_height, window.stride, window.output_height)
    for x in 0..<window.width {
      let columns = outputs(x + window.left, window.kernel_width, window.stride, window.output_width)
      let result = task.result + (y * window.width + x) * channels
      for c in 0..<channels { result[c] = 0 }
      for outputY in rows {
        let height = taps(outputY * window.stride - window.top, window.kernel_height, window.height).count
        for outputX in columns {
          let width = taps(outputX * window.stride - window.left, window.kernel_width, window.width).count
          let pixels = task.counts_padding != 0 ? window.kernel_height * window.kernel_width : height * width
          let source = task.gradient + (outputY * window.output_width + outputX) * channels
          addScaled(source, 1 / Float(pixels), result, channels)
        }
      }
    }
  }
}

/// `result += source * factor`
@inline(__always) private func addScaled(
  _ source: UnsafePointer<Float>, _ factor: Float, _ result: UnsafeMutablePointer<Float>, _ count: Int
) {
  var i = 0
  while i + lanes <= count {
    store(multiplyAdd(load(result + i), load(source + i), VFloat(repeating: factor)), result + i)
    i += lanes
  }
  while i < count {
    result[i] += source[i] * factor
    i += 1
  }
}

/// Outputs whose windows of `length` show the padded position.
@inline(__always) private func outputs(_ position: Int, _ length: Int, _ stride: Int, _ count: Int) -> Range<Int> {
  let first = max(0, position - length + stride) / stride
  return first..<max(first, min(count, position / stride + 1))
}

/// The output position whose window shows `position`, `tap` pixels from its start, or -1.
@inline(__always) private func outputPosition(_ position: Int, _ tap: Int, _ stride: Int, _ count: Int) -> Int {
  let distance = position - tap
  guard distance >= 0, distance % stride == 0, distance / stride < count else { return -1 }
  return distance / stride
}

/// Every input pixel gathers from the outputs that it took part in.
@inline(never) public func depthwiseGradient(_ task: UnsafePointer<depthwise_gradient_task>) {
  require_depthwise_gradient(task)
  let task = task.pointee
  let window = task.window
  let channels = window.channels
  let padded = (channels + 15) & ~15
  for y in task.first_row..<task.end_row {
    for x in 0..<window.width {
      let result = task.result + (y * window.width + x) * channels
      var channel = 0
      while channel < channels {
        let isVector = channel + lanes <= channels
        var sum = VFloat.zero
        for ky in 0..<window.kernel_height {
          let outputY = outputPosition(y + window.top, ky * window.dilation_height, window.stride, window.output_height)
          if outputY < 0 { continue }
          for kx in 0..<window.kernel_width {
            let outputX = outputPosition(
              x + window.left, kx * window.dilation_width, window.stride, window.output_width)
            if outputX < 0 { continue }
            let source = task.gradient + (outputY * window.output_width + outputX) * channels + channel
            let weight = load(task.weights + (ky * window.kernel_width + kx) * padded + channel)
            sum = multiplyAdd(sum, isVector ? load(source) : loadPartial(source, channels - channel), weight)
          }
        }
        if isVector {
          store(sum, result + channel)
        } else {
          for i in 0..<channels - channel { result[channel + i] = sum[i] }
        }
        channel += lanes
      }
    }
  }
}

/// Sums the columns that show each pixel.
@inline(never) public func foldColumns(_ task: UnsafePointer<fold_task>) {
  require_fold(task)
  let task = task.pointee
  let window = task.window
  let channels = window.channels
  let taps = window.kernel_height * window.kernel_width
  for y in task.first_row..<task.end_row {
    for x in 0..<window.width {
      let result = task.result + (y * window.width + x) * channels
      for c in 0..<channels { result[c] = 0 }
      for ky in 0..<window.kernel_height {
        let outputY = outputPosition(y + window.top, ky * window.dilation_height, window.stride, window.output_height)
        if outputY < 0 { continue }
        for kx in 0..<window.kernel_width {
          let outputX = outputPosition(x + window.left, kx * window.dilation_width, window.stride, window.output_width)
          if outputX < 0 { continue }
          let row = (outputY * window.output_width + outputX) * taps + ky * window.kernel_width + kx
          let source = task.columns + row * channels
          var c = 0
          while c + lanes <= channels {
            store(load(result + c) + load(source + c), result + c)
            c += lanes
          }
          while c < channels {
            result[c] += source[c]
            c += 1
          }
        }
      }
    }
  }
}

/// The transpose of `bilinear`: `task.output` is the gradient of the enlarged plane, `result` that of the small one.
@inline(never) public func bilinearGradient(
  _ task: UnsafePointer<bilinear_task>, result: UnsafeMutablePointer<Float>
) {
  require_bilinear(task)
  let task = task.pointee
  let ratioY = Float(task.height) / Float(task.output_height)
  let ratioX = Float(task.width) / Float(task.output_width)
  for i in 0..<task.height * task.width { result[i] = 0 }
  for y in 0..<task.output_height {
    let (top, bottom, t) = neighbours(y, ratioY, task.height)
    let upper = result + top * task.width
    let lower = result + bottom * task.width
    let gradient = task.output + y * task.output_width
    for x in 0..<task.output_width {
      let (left, right, s) = neighbours(x, ratioX, task.width)
      let g = gradient[x]
      upper[left] += g * (1 - t) * (1 - s)
      upper[right] += g * (1 - t) * s
      lower[left] += g * t * (1 - s)
      lower[right] += g * t * s
    }
  }
}
