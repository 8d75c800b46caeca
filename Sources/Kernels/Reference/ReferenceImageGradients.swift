// Input gradients of the operators on images, as scatters: the transposes of the forward loops, literally.

import CShim

extension Reference {
  static func maxPoolGradient(_ task: UnsafePointer<max_pool_gradient_task>) {
    require_max_pool_gradient(task)
    let task = task.pointee
    let channels = task.window.channels
    for c in task.first_channel..<task.end_channel {
      for pixel in 0..<task.window.height * task.window.width { task.result[pixel * channels + c] = 0 }
      for output in 0..<task.window.output_height * task.window.output_width {
        var isGiven = false
        forEachTap(task.window, output) { _, pixel in
          let i = pixel * channels + c
          guard !isGiven, task.input[i] == task.output[output * channels + c] else { return }
          task.result[i] += task.gradient[output * channels + c]
          isGiven = true
        }
      }
    }
  }

  static func averagePoolGradient(_ task: UnsafePointer<average_pool_gradient_task>) {
    require_average_pool_gradient(task)
    let task = task.pointee
    let window = task.window
    scatter(window, task.first_row..<task.end_row, task.result) { output, _, c in
      var pixels = task.counts_padding != 0 ? window.kernel_height * window.kernel_width : 0
      if task.counts_padding == 0 { forEachTap(window, output) { _, _ in pixels += 1 } }
      return task.gradient[output * window.channels + c] / Float(pixels)
    }
  }

  static func depthwiseGradient(_ task: UnsafePointer<depthwise_gradient_task>) {
    require_depthwise_gradient(task)
    let task = task.pointee
    let channels = task.window.channels
    scatter(task.window, task.first_row..<task.end_row, task.result) { output, tap, c in
      task.gradient[output * channels + c] * task.weights[tap * PanelLayout.padded(channels) + c]
    }
  }

  static func foldColumns(_ task: UnsafePointer<fold_task>) {
    require_fold(task)
    let task = task.pointee
    let channels = task.window.channels
    let taps = task.window.kernel_height * task.window.kernel_width
    scatter(task.window, task.first_row..<task.end_row, task.result) { output, tap, c in
      task.columns[(output * taps + tap) * channels + c]
    }
  }

  static func bilinearGradient(_ task: UnsafePointer<bilinear_task>, _ result: UnsafeMutablePointer<Float>) {
    require_bilinear(task)
    let task = task.pointee
    func source(_ i: Int, _ size: Int, _ outputSize: Int) -> (Int, Int, Float) {
      let position = max(0, (Float(i) + 0.5) * (Float(size) / Float(outputSize)) - 0.5)
      let first = min(Int(position), size - 1)
      return (first, min(first + 1, size - 1), position - Float(first))
    }
    for i in 0..<task.height * task.width { result[i] = 0 }
    for y in 0..<task.output_height {
      let (top, bottom, t) = source(y, task.height, task.output_height)
      for x in 0..<task.output_width {
        let (left, right, s) = source(x, task.width, task.output_width)
        let gradient = task.output[y * task.output_width + x]
        for (row, rowShare) in [(top, 1 - t), (bottom, t)] {
          for (column, share) in [(left, 1 - s), (right, s)] {
            result[row * task.width + column] += gradient * rowShare * share
          }
        }
      }
    }
  }

  /// `result[pixel, c] = Σ value(output, tap, c)` over all outputs and taps that see a pixel of these rows.
  private static func scatter(
    _ window: window_shape, _ rows: Range<Int>, _ result: UnsafeMutablePointer<Float>, _ value: (Int, Int, Int) -> Float
  ) {
    for i in rows.lowerBound * window.width * window.channels..<rows.upperBound * window.width * window.channels {
      result[i] = 0
    }
    for output in 0..<window.output_height * window.output_width {
      forEachTap(window, output) { tap, pixel in
        guard rows.contains(pixel / window.width) else { return }
        for c in 0..<window.channels { result[pixel * window.channels + c] += value(output, tap, c) }
      }
    }
  }

  /// Calls `body(tap, pixel)` for the taps of an output that fall inside the image.
  private static func forEachTap(_ window: window_shape, _ output: Int, _ body: (Int, Int) -> Void) {
    let (outputY, outputX) = output.quotientAndRemainder(dividingBy: window.output_width)
    for ky in 0..<window.kernel_height {
      for kx in 0..<window.kernel_width {
        let y = outputY * window.stride - window.top + ky * window.dilation_height
        let x = outputX * window.stride - window.left + kx * window.dilation_width
        guard y >= 0, y < window.height, x >= 0, x < window.width else { continue }
        body(ky * window.kernel_width + kx, y * window.width + x)
      }
    }
  }
}
