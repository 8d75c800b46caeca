import CShim

/// Depthwise convolution in Float; the first task of a layer widens its weights.
///
/// Channels are the inner loop: memory is walked in its order.
@inline(never) public func depthwise(_ task: UnsafePointer<depthwise_task>) {
  require_depthwise(task)
  if task.pointee.dilation_height > 1 || task.pointee.dilation_width > 1 {
    depthwiseDilated(task)
  } else {
    if task.pointee.is_widened == 0 { widenWeights(task) }
    // The task's first member.
    depthwiseWithoutGaps(UnsafeRawPointer(task).assumingMemoryBound(to: depthwise_layer.self), task.pointee.widened)
  }
}

/// Writes the weights as Floats, [vectors of channels, taps, lanes]: a vector's taps follow one another in memory.
@inline(never) private func widenWeights(_ task: UnsafePointer<depthwise_task>) {
  let widened = task.pointee.widened.unsafelyUnwrapped
  let task = task.pointee.layer
  let taps = task.kernel_height * task.kernel_width
  let padded = (task.channels + 15) & ~15
  for vector in 0..<(task.channels + lanes - 1) / lanes {
    let first = firstChannel(task, vector)
    for tap in 0..<taps {
      store(tapWeights(task, tap * padded + first, first), widened + (vector * taps + tap) * lanes)
    }
  }
}

@inline(never) private func depthwiseWithoutGaps(
  _ task: UnsafePointer<depthwise_layer>, _ widened: UnsafePointer<Float>
) {
  let task = task.pointee
  let taps = task.kernel_height * task.kernel_width
  let vectors = (task.channels + lanes - 1) / lanes
  let isPartial = task.channels < lanes
  for y in task.first_row..<task.end_row {
    var x = 0
    while x < task.output_width {
      let firstX = x * task.stride - task.left
      let lastX = firstX + 3 * task.stride + task.kernel_width
      let isInner = !isPartial && x + 4 <= task.output_width && firstX >= 0 && lastX <= task.width
      for vector in 0..<vectors {
        let first = firstChannel(task, vector)
        let weights = widened + vector * taps * lanes
        switch (isInner, task.kernel_width) {
        case (true, 3): fourPixels(task, y, x, first, weights, 3)
        case (true, 5): fourPixels(task, y, x, first, weights, 5)
        case (true, let width): fourPixels(task, y, x, first, weights, width)
        default: onePixel(task, y, x, first, weights, isPartial)
        }
      }
      x += isInner ? 4 : 1
    }
  }
}

/// The last vector steps back to end at the last channel: a few channels are computed twice.
@inline(__always) private func firstChannel(_ task: depthwise_layer, _ vector: Int) -> Int {
  max(0, min(vector * lanes, task.channels - lanes))
}

@inline(__always) private func tapWeights(_ task: depthwise_layer, _ index: Int, _ channel: Int) -> VFloat {
  if let weights = task.float_weights { return load(weights + index) }
  let levels = UnsafeRawPointer(task.weights + index).loadUnaligned(as: VInt8.self)
  return toFloat(levels) * load(task.weight_scales + channel)
}

/// Kernel rows that fall inside the image.
@inline(__always) private func rowTaps(_ task: depthwise_layer, _ firstY: Int) -> Range<Int> {
  max(0, -firstY)..<max(0, min(task.kernel_height, task.height - firstY))
}

/// Four neighbouring output pixels, which share each tap's weights; all of their taps lie inside the row.
///
/// - Parameter width: the kernel's, as a constant where it is 3 or 5, so that the loop over it is unrolled.
@inline(__always) private func fourPixels(
  _ task: depthwise_layer, _ y: Int, _ x: Int, _ channel: Int, _ weights: UnsafePointer<Float>, _ width: Int
) {
  let firstY = y * task.stride - task.top
  let firstX = x * task.stride - task.left
  let step = task.stride * task.channels
  var c0 = load(task.bias + channel)
  var c1 = c0
  var c2 = c0
  var c3 = c0
  for ky in rowTaps(task, firstY) {
    var source = task.input + ((firstY + ky) * task.width + firstX) * task.channels + channel
    var w = weights + ky * width * lanes
    for _ in 0..<width {
      let weight = load(w)
      c0 = multiplyAdd(c0, load(source), weight)
      c1 = multiplyAdd(c1, load(source + step), weight)
      c2 = multiplyAdd(c2, load(source + 2 * step), weight)
      c3 = multiplyAdd(c3, load(source + 3 * step), weight)
      source += task.channels
      w += lanes
    }
  }
  let lower = VFloat(repeating: task.lower)
  let upper = VFloat(repeating: task.upper)
  let target = task.output + (y * task.output_width + x) * task.channels + channel
  store(clamp(c0, lower, upper), target)
  store(clamp(c1, lower, upper), target + task.channels)
  store(clamp(c2, lower, upper), target + 2 * task.channels)
  store(clamp(c3, lower, upper), target + 3 * task.channels)
}

@inline(__always) private func onePixel(
  _ task: depthwise_layer, _ y: Int, _ x: Int, _ channel: Int, _ weights: UnsafePointer<Float>, _ isPartial: Bool
) {
  let firstY = y * task.stride - task.top
  let firstX = x * task.stride - task.left
  var c = load(task.bias + channel)
  for ky in rowTaps(task, firstY) {
    for kx in max(0, -firstX)..<max(0, min(task.kernel_width, task.width - firstX)) {
      let source = task.input + ((firstY + ky) * task.width + firstX + kx) * task.channels + channel
      let weight = load(weights + (ky * task.kernel_width + kx) * lanes)
      c = multiplyAdd(c, isPartial ? loadPartial(source, task.channels) : load(source), weight)
    }
  }
  finish(task, c, y, x, channel, isPartial)
}

@inline(__always) private func finish(
  _ task: depthwise_layer, _ sum: VFloat, _ y: Int, _ x: Int, _ channel: Int, _ isPartial: Bool
) {
  let c = clamp(sum, VFloat(repeating: task.lower), VFloat(repeating: task.upper))
  let target = task.output + (y * task.output_width + x) * task.channels + channel
  if isPartial {
    for i in 0..<task.channels { target[i] = c[i] }
  } else {
    store(c, target)
  }
}

/// Kernels with gaps, one pixel at a time: they are rare, and their registers would be missing in the others.
@inline(never) private func depthwiseDilated(_ task: UnsafePointer<depthwise_task>) {
  let (dilationHeight, dilationWidth) = (task.pointee.dilation_height, task.pointee.dilation_width)
  let task = task.pointee.layer
  let padded = (task.channels + 15) & ~15
  let isPartial = task.channels < lanes
  for y in task.first_row..<task.end_row {
    let firstY = y * task.stride - task.top
    let rows = taps(firstY, task.kernel_height, dilationHeight, task.height)
    for x in 0..<task.output_width {
      let firstX = x * task.stride - task.left
      let columns = taps(firstX, task.kernel_width, dilationWidth, task.width)
      for vector in 0..<(task.channels + lanes - 1) / lanes {
        let channel = firstChannel(task, vector)
        var c = load(task.bias + channel)
        for ky in rows {
          for kx in columns {
            let pixel = (firstY + ky * dilationHeight) * task.width + firstX + kx * dilationWidth
            let source = task.input + pixel * task.channels + channel
            let weight = tapWeights(task, (ky * task.kernel_width + kx) * padded + channel, channel)
            c = multiplyAdd(c, isPartial ? loadPartial(source, task.channels) : load(source), weight)
          }
        }
        finish(task, c, y, x, channel, isPartial)
      }
    }
  }
}

/// Taps that fall inside the image, of `count` that are `dilation` pixels apart, the first of them at `first`.
@inline(__always) private func taps(_ first: Int, _ count: Int, _ dilation: Int, _ size: Int) -> Range<Int> {
  let lower = first < 0 ? (dilation - 1 - first) / dilation : 0
  let upper = first < size ? min(count, (size - first + dilation - 1) / dilation) : 0
  return lower..<max(lower, upper)
}

@inline(__always) func loadPartial(_ p: UnsafePointer<Float>, _ count: Int) -> VFloat {
  var v = VFloat.zero
  for i in 0..<count { v[i] = p[i] }
  return v
}
