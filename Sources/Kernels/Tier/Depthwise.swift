import CShim

/// Depthwise convolution in Float of some rows of an image whose padding is there in memory.
///
/// A vector of channels passes all rows before the next one starts: what its windows share stays in the L1 cache. Seven
/// neighbouring outputs are a tile, because the sides of networks' images are multiples of seven; their sums, a kernel row's
/// weights and one input fill the registers of AVX2.
@inline(never) public func depthwise(_ task: UnsafePointer<depthwise_task>) {
  require_depthwise(task)
  switch (task.pointee.kernel_width, task.pointee.stride, task.pointee.dilation_width) {
  case (3, 1, 1): depthwise3(task)
  case (3, 2, 1): depthwise3by2(task)
  case (5, 1, 1): depthwise5(task)
  case (5, 2, 1): depthwise5by2(task)
  case (7, 1, 1): depthwise7(task)
  default: depthwiseOfAnyWidth(task)
  }
}

// A kernel's width and stride must be constants for its weights and sums to live in registers: one function each.
@inline(never) private func depthwise3(_ task: UnsafePointer<depthwise_task>) {
  forEachTile(task.pointee) { y, x, c, count in addRows(task.pointee, y, x, c, count, 3, 1) }
}
@inline(never) private func depthwise3by2(_ task: UnsafePointer<depthwise_task>) {
  forEachTile(task.pointee) { y, x, c, count in addRows(task.pointee, y, x, c, count, 3, 2) }
}
@inline(never) private func depthwise5(_ task: UnsafePointer<depthwise_task>) {
  forEachTile(task.pointee) { y, x, c, count in addRows(task.pointee, y, x, c, count, 5, 1) }
}
@inline(never) private func depthwise5by2(_ task: UnsafePointer<depthwise_task>) {
  forEachTile(task.pointee) { y, x, c, count in addRows(task.pointee, y, x, c, count, 5, 2) }
}
@inline(never) private func depthwise7(_ task: UnsafePointer<depthwise_task>) {
  forEachTile(task.pointee) { y, x, c, count in addRows(task.pointee, y, x, c, count, 7, 1) }
}
@inline(never) private func depthwiseOfAnyWidth(_ task: UnsafePointer<depthwise_task>) {
  forEachTile(task.pointee) { y, x, c, count in addTaps(task.pointee, y, x, c, count) }
}

/// Most outputs of a tile.
@_transparent private var tileWidth: Int { 7 }

/// Neighbouring outputs of one vector of channels.
private typealias Sums = InlineArray<7, VFloat>

/// Calls `sums` for tiles of seven, four and one outputs from (`y`, `x`) on, and writes what it yields.
@inline(__always) private func forEachTile(
  _ task: depthwise_task, _ sums: (_ y: Int, _ x: Int, _ channel: Int, _ count: Int) -> Sums
) {
  let width = task.output_width
  // As few outputs twice as can be: fours fill what sevens leave, in two where only one is left.
  let rest = width % tileWidth
  let sevens = width / tileWidth + (rest > 4 && width > tileWidth ? 1 : rest == 1 && width > tileWidth ? -1 : 0)
  let lower = VFloat(repeating: task.lower)
  let upper = VFloat(repeating: task.upper)
  var channel = 0
  while channel < task.channels {
    for y in 0..<task.output_height {
      let output = task.output + y * width * task.output_stride + channel
      var x = 0
      for _ in 0..<sevens {
        let first = min(x, width - tileWidth)
        write(sums(y, first, channel, 7), 7, output + first * task.output_stride, task, lower, upper)
        x = first + tileWidth
      }
      if width >= 4 {
        while x < width {
          let first = min(x, width - 4)
          write(sums(y, first, channel, 4), 4, output + first * task.output_stride, task, lower, upper)
          x = first + 4
        }
      }
      while x < width {
        write(sums(y, x, channel, 1), 1, output + x * task.output_stride, task, lower, upper)
        x += 1
      }
    }
    channel += lanes
  }
}

@inline(__always) private func write(
  _ sums: Sums, _ count: Int, _ output: UnsafeMutablePointer<Float>, _ task: depthwise_task, _ lower: VFloat,
  _ upper: VFloat
) {
  for i in 0..<count { store(clamp(sums[i], lower, upper), output + i * task.output_stride) }
}

@inline(__always) private func bias(_ task: depthwise_task, _ channel: Int) -> Sums {
  let bias = load(task.bias + channel)
  return [bias, bias, bias, bias, bias, bias, bias]
}

/// Weights of the kernel row `ky`; taps are `panel_width` Floats apart.
@inline(__always) private func rowWeights(_ task: depthwise_task, _ ky: Int, _ channel: Int) -> UnsafePointer<Float> {
  let taps = task.kernel_height * task.kernel_width
  return task.weights + (channel / panel_width * taps + ky * task.kernel_width) * panel_width + channel % panel_width
}

/// A pixel's vector of channels.
@inline(__always) private func pixel(
  _ task: depthwise_task, _ row: UnsafePointer<Float>, _ x: Int, _ channel: Int
) -> UnsafePointer<Float> {
  row + channel / panel_width * task.panel_stride + x * panel_width + channel % panel_width
}

/// The sums of `count` outputs over a kernel of `width` taps a row: every input is loaded once for all outputs that see it.
@inline(__always) private func addRows(
  _ task: depthwise_task, _ y: Int, _ x: Int, _ channel: Int, _ count: Int, _ width: Int, _ stride: Int
) -> Sums {
  var sums = bias(task, channel)
  for ky in 0..<task.kernel_height {
    guard let row = task.rows[y * stride + ky * task.dilation_height] else { continue }
    let w = rowWeights(task, ky, channel)
    var weights: Sums = [.zero, .zero, .zero, .zero, .zero, .zero, .zero]
    for kx in 0..<width { weights[kx] = load(w + kx * panel_width) }
    let source = pixel(task, row, x * stride, channel)
    // Every column by itself: loops of as many turns stay loops, and keep their sums in memory.
    addColumn(&sums, source, 0, weights, count, width, stride)
    addColumn(&sums, source, 1, weights, count, width, stride)
    addColumn(&sums, source, 2, weights, count, width, stride)
    addColumn(&sums, source, 3, weights, count, width, stride)
    addColumn(&sums, source, 4, weights, count, width, stride)
    addColumn(&sums, source, 5, weights, count, width, stride)
    addColumn(&sums, source, 6, weights, count, width, stride)
    addColumn(&sums, source, 7, weights, count, width, stride)
    addColumn(&sums, source, 8, weights, count, width, stride)
    addColumn(&sums, source, 9, weights, count, width, stride)
    addColumn(&sums, source, 10, weights, count, width, stride)
    addColumn(&sums, source, 11, weights, count, width, stride)
    addColumn(&sums, source, 12, weights, count, width, stride)
    addColumn(&sums, source, 13, weights, count, width, stride)
    addColumn(&sums, source, 14, weights, count, width, stride)
    addColumn(&sums, source, 15, weights, count, width, stride)
    addColumn(&sums, source, 16, weights, count, width, stride)
  }
  return sums
}

/// Adds what one input pixel gives to the outputs that see it.
@inline(__always) private func addColumn(
  _ sums: inout Sums, _ source: UnsafePointer<Float>, _ column: Int, _ weights: Sums, _ count: Int, _ width: Int,
  _ stride: Int
) {
  guard column < (count - 1) * stride + width else { return }
  let value = load(source + column * panel_width)
  for i in 0..<count where column >= i * stride && column < i * stride + width {
    sums[i] = multiplyAdd(sums[i], value, weights[column - i * stride])
  }
}

/// The sums of `count` outputs over a kernel of any width, with or without gaps.
@inline(__always) private func addTaps(
  _ task: depthwise_task, _ y: Int, _ x: Int, _ channel: Int, _ count: Int
) -> Sums {
  var sums = bias(task, channel)
  let step = task.stride * panel_width
  for ky in 0..<task.kernel_height {
    guard let row = task.rows[y * task.stride + ky * task.dilation_height] else { continue }
    var w = rowWeights(task, ky, channel)
    var source = pixel(task, row, x * task.stride, channel)
    for _ in 0..<task.kernel_width {
      let weight = load(w)
      for i in 0..<count { sums[i] = multiplyAdd(sums[i], load(source + i * step), weight) }
      source += task.dilation_width * panel_width
      w += panel_width
    }
  }
  return sums
}
