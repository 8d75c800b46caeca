// Kernels that work on images and planes: depthwise convolution, pooling, bilinear.

import CShim

extension Reference {
  static func depthwise(_ task: UnsafePointer<depthwise_task>) {
    require_depthwise(task)
    let task = task.pointee
    let (taps, width) = (task.kernel_height * task.kernel_width, PanelLayout.width)
    for y in 0..<task.output_height {
      for x in 0..<task.output_width {
        for c in 0..<task.channels {
          var sum: Float = 0
          for tap in 0..<taps {
            let (ky, kx) = tap.quotientAndRemainder(dividingBy: task.kernel_width)
            guard let row = task.rows[y * task.stride + ky * task.dilation_height] else { continue }
            let pixel = x * task.stride + kx * task.dilation_width
            let value = row[c / width * task.panel_stride + pixel * width + c % width]
            sum += value * task.weights[(c / width * taps + tap) * width + c % width]
          }
          task.output[(y * task.output_width + x) * task.output_stride + c] = clamp(
            sum + task.bias[c], task.lower, task.upper)
        }
      }
    }
  }

  static func maxPool(_ task: UnsafePointer<pool_task>) {
    require_pool(task)
    let task = task.pointee
    for y in task.first_row..<task.end_row {
      for x in 0..<task.output_width {
        for c in 0..<task.channels {
          var largest = -Float.infinity
          forEachTap(
            y * task.stride - task.top, x * task.stride - task.left, task.kernel_height, task.kernel_width, 1, 1,
            task.height, task.width
          ) { _, pixel in largest = max(largest, task.input[pixel * task.channels + c]) }
          task.output[(y * task.output_width + x) * task.channels + c] = largest
        }
      }
    }
  }

  static func averagePool(_ task: UnsafePointer<pool_task>, _ countsPadding: Int) {
    require_pool(task)
    let task = task.pointee
    for y in task.first_row..<task.end_row {
      for x in 0..<task.output_width {
        for c in 0..<task.channels {
          var (sum, pixels) = (Float(0), 0)
          forEachTap(
            y * task.stride - task.top, x * task.stride - task.left, task.kernel_height, task.kernel_width, 1, 1,
            task.height, task.width
          ) { _, pixel in
            sum += task.input[pixel * task.channels + c]
            pixels += 1
          }
          let divisor = countsPadding != 0 ? task.kernel_height * task.kernel_width : pixels
          task.output[(y * task.output_width + x) * task.channels + c] = sum / Float(divisor)
        }
      }
    }
  }

  /// Calls `body(tap, pixel)` for the taps that fall inside the image.
  private static func forEachTap(
    _ y: Int, _ x: Int, _ kernelHeight: Int, _ kernelWidth: Int, _ dilationHeight: Int, _ dilationWidth: Int,
    _ height: Int, _ width: Int, _ body: (Int, Int) -> Void
  ) {
    for ky in 0..<kernelHeight {
      for kx in 0..<kernelWidth {
        let (tapY, tapX) = (y + ky * dilationHeight, x + kx * dilationWidth)
        guard tapY >= 0, tapY < height, tapX >= 0, tapX < width else { continue }
        body(ky * kernelWidth + kx, tapY * width + tapX)
      }
    }
  }

  static func globalAveragePool(
    _ input: UnsafePointer<Float>, _ pixels: Int, _ channels: Int, _ output: UnsafeMutablePointer<Float>, _ first: Int,
    _ end: Int
  ) {
    require_global_average_pool(pixels, channels, first, end)
    for c in first..<end {
      var sum: Float = 0
      for pixel in 0..<pixels { sum += input[pixel * channels + c] }
      output[c] = sum / Float(pixels)
    }
  }

  /// Half-pixel centres: output pixel i lies at (i + 0.5) * size / outputSize - 0.5 in the source, not below 0.
  static func bilinear(_ task: UnsafePointer<bilinear_task>) {
    require_bilinear(task)
    let task = task.pointee
    func source(_ i: Int, _ size: Int, _ outputSize: Int) -> (Int, Int, Float) {
      let position = max(0, (Float(i) + 0.5) * (Float(size) / Float(outputSize)) - 0.5)
      let first = min(Int(position), size - 1)
      return (first, min(first + 1, size - 1), position - Float(first))
    }
    for y in 0..<task.output_height {
      let (top, bottom, t) = source(y, task.height, task.output_height)
      for x in 0..<task.output_width {
        let (left, right, s) = source(x, task.width, task.output_width)
        func column(_ x: Int) -> Float {
          (1 - t) * task.input[top * task.width + x] + t * task.input[bottom * task.width + x]
        }
        let value = (1 - s) * column(left) + s * column(right)
        let target = task.output + y * task.output_width + x
        target.pointee = task.accumulate != 0 ? target.pointee + value : value
      }
    }
  }
}
