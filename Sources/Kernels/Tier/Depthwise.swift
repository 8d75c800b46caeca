import CShim

/// Depthwise convolution in Float; int8 weights are widened once per task and vector of channels.
@inline(never) public func depthwise(_ task: UnsafePointer<depthwise_task>) {
  let task = task.pointee
  let taps = task.kernel_height * task.kernel_width
  let padded = (task.channels + 15) & ~15
  withUnsafeTemporaryAllocation(byteCount: taps * lanes * 4, alignment: 64) { buffer in
    let widened = buffer.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Float.self)
    var channel = 0
    while channel < task.channels {
      // The last vector steps back to end at the last channel: a few channels are computed twice.
      let isPartial = task.channels < lanes
      let first = isPartial ? 0 : min(channel, task.channels - lanes)
      for tap in 0..<taps {
        store(tapWeights(task, tap * padded + first, first), widened + tap * lanes)
      }
      let bias = load(task.bias + first)
      for y in task.first_row..<task.end_row {
        depthwiseRow(task, y, first, bias, widened, isPartial)
      }
      channel += lanes
    }
  }
}

@inline(__always) private func tapWeights(_ task: depthwise_task, _ index: Int, _ channel: Int) -> VFloat {
  if let weights = task.float_weights { return load(weights + index) }
  let levels = UnsafeRawPointer(task.weights + index).loadUnaligned(as: VInt8.self)
  return toFloat(levels) * load(task.weight_scales + channel)
}

@inline(__always) private func depthwiseRow(
  _ task: depthwise_task, _ y: Int, _ channel: Int, _ bias: VFloat, _ weights: UnsafePointer<Float>, _ isPartial: Bool
) {
  let lower = VFloat(repeating: task.lower)
  let upper = VFloat(repeating: task.upper)
  let firstY = y * task.stride - task.top
  let taps = max(0, -firstY)..<min(task.kernel_height, task.height - firstY)
  let output = task.output + y * task.output_width * task.channels + channel
  let step = task.stride * task.channels
  var x = 0
  while x < task.output_width {
    let firstX = x * task.stride - task.left
    let lastX = firstX + 3 * task.stride + task.kernel_width
    if !isPartial, x + 4 <= task.output_width, firstX >= 0, lastX <= task.width {
      // Four neighbouring output pixels share each tap's weights.
      var c0 = bias
      var c1 = bias
      var c2 = bias
      var c3 = bias
      for ky in taps {
        var source = task.input + ((firstY + ky) * task.width + firstX) * task.channels + channel
        var w = weights + ky * task.kernel_width * lanes
        for _ in 0..<task.kernel_width {
          let weight = load(w)
          c0 = multiplyAdd(c0, load(source), weight)
          c1 = multiplyAdd(c1, load(source + step), weight)
          c2 = multiplyAdd(c2, load(source + 2 * step), weight)
          c3 = multiplyAdd(c3, load(source + 3 * step), weight)
          source += task.channels
          w += lanes
        }
      }
      let target = output + x * task.channels
      store(clamp(c0, lower, upper), target)
      store(clamp(c1, lower, upper), target + task.channels)
      store(clamp(c2, lower, upper), target + 2 * task.channels)
      store(clamp(c3, lower, upper), target + 3 * task.channels)
      x += 4
      continue
    }
    var c = bias
    for ky in taps {
      for kx in max(0, -firstX)..<max(0, min(task.kernel_width, task.width - firstX)) {
        let source = task.input + ((firstY + ky) * task.width + firstX + kx) * task.channels + channel
        let weight = load(weights + (ky * task.kernel_width + kx) * lanes)
        c = multiplyAdd(c, isPartial ? loadPartial(source, task.channels) : load(source), weight)
      }
    }
    c = clamp(c, lower, upper)
    if isPartial {
      for i in 0..<task.channels { output[x * task.channels + i] = c[i] }
    } else {
      store(c, output + x * task.channels)
    }
    x += 1
  }
}

@inline(__always) func loadPartial(_ p: UnsafePointer<Float>, _ count: Int) -> VFloat {
  var v = VFloat.zero
  for i in 0..<count { v[i] = p[i] }
  return v
}
