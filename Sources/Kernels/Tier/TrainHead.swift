// Batch normalisation with its gradient, and the optimiser's step.

import CShim

/// Sums over rows of one operand and of a product, for some channels.
@inline(never) public func moments(_ task: UnsafePointer<moments_task>) {
  require_moments(task)
  let task = task.pointee
  var c = task.first_channel
  while c < task.end_channel {
    let isVector = c + lanes <= task.end_channel
    let count = isVector ? lanes : task.end_channel - c
    let aCenter = task.a_center.map { read($0 + c, count, isVector) } ?? VFloat.zero
    let bCenter = task.b_center.map { read($0 + c, count, isVector) } ?? VFloat.zero
    var sum = VFloat.zero
    var product = VFloat.zero
    for row in 0..<task.rows {
      let a = read(task.a + row * task.channels + c, count, isVector) - aCenter
      let b = read(task.b + row * task.channels + c, count, isVector) - bCenter
      sum += a
      product = multiplyAdd(product, a, b)
    }
    for i in 0..<count {
      task.sum[c + i] += sum[i]
      task.product[c + i] += product[i]
    }
    c += lanes
  }
}

@inline(__always) private func read(_ p: UnsafePointer<Float>, _ count: Int, _ isVector: Bool) -> VFloat {
  isVector ? load(p) : loadPartial(p, count)
}

/// Scale, shift, the sum with the skip, and a ReLU.
@inline(never) public func normalize(_ task: UnsafePointer<normalize_task>) {
  require_rows(task.pointee.rows, task.pointee.channels)
  let task = task.pointee
  for row in 0..<task.rows {
    let input = task.input + row * task.channels
    let output = task.output + row * task.channels
    let skip = task.skip + row * task.channels
    var c = 0
    while c + lanes <= task.channels {
      let v = multiplyAdd(load(task.shift + c), load(input + c), load(task.scale + c))
      store(maximum(VFloat.zero, v + load(skip + c)), output + c)
      c += lanes
    }
    while c < task.channels {
      output[c] = max(0, input[c] * task.scale[c] + task.shift[c] + skip[c])
      c += 1
    }
  }
}

/// The three terms of batch normalisation's input gradient.
@inline(never) public func normalizeGradient(_ task: UnsafePointer<normalize_gradient_task>) {
  require_rows(task.pointee.rows, task.pointee.channels)
  let task = task.pointee
  for row in 0..<task.rows {
    let gradient = task.gradient + row * task.channels
    let input = task.input + row * task.channels
    let result = task.result + row * task.channels
    var c = 0
    while c + lanes <= task.channels {
      let own = multiplyAdd(load(task.shift + c), load(gradient + c), load(task.scale + c))
      store(multiplyAdd(own, load(input + c) - load(task.center + c), load(task.slope + c)), result + c)
      c += lanes
    }
    while c < task.channels {
      result[c] =
        gradient[c] * task.scale[c] + (input[c] - task.center[c]) * task.slope[c] + task.shift[c]
      c += 1
    }
  }
}

/// With g = gradient + decay * value: `velocity = momentum * velocity + g`, `value -= rate * (g + momentum * velocity)`.
@inline(never) public func descend(_ task: UnsafePointer<descent_task>) {
  let task = task.pointee
  // Without a gradient something else is read and counts nothing: a masked load of a null pointer faults under qemu.
  let gradient = task.gradient ?? UnsafePointer(task.values.unsafelyUnwrapped)
  let share: Float = task.gradient == nil ? 0 : 1
  var i = 0
  while i + lanes <= task.count {
    let value = load(task.values + i)
    let g = load(gradient + i) * share + value * task.decay
    let velocity = load(task.velocity + i) * task.momentum + g
    store(velocity, task.velocity + i)
    store(value - (g + velocity * task.momentum) * task.rate, task.values + i)
    i += lanes
  }
  while i < task.count {
    let g = gradient[i] * share + task.values[i] * task.decay
    task.velocity[i] = task.momentum * task.velocity[i] + g
    task.values[i] -= task.rate * (g + task.momentum * task.velocity[i])
    i += 1
  }
}
