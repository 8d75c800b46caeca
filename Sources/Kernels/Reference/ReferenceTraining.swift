// Kernels that only training needs, element-wise and on rows.

import CShim
import Glibc

extension Reference {
  static func clampGradient(
    _ gradient: UnsafePointer<Float>, _ output: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>,
    _ count: Int, _ lower: Float, _ upper: Float
  ) {
    for i in 0..<count { result[i] = output[i] > lower && output[i] < upper ? gradient[i] : 0 }
  }

  static func softmaxGradient(
    _ gradient: UnsafePointer<Float>, _ probabilities: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>,
    _ count: Int, _ scale: Float
  ) {
    var mean: Float = 0
    for i in 0..<count { mean += gradient[i] * probabilities[i] }
    for i in 0..<count { result[i] = scale * probabilities[i] * (gradient[i] - mean) }
  }

  static func layerNormGradient(
    _ gradient: UnsafePointer<Float>, _ input: UnsafePointer<Float>, _ rows: Int, _ channels: Int, _ epsilon: Float,
    _ weight: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>
  ) {
    require_rows(rows, channels)
    let n = Float(channels)
    for row in 0..<rows {
      let x = input + row * channels
      let dy = gradient + row * channels
      var mean: Float = 0
      for c in 0..<channels { mean += x[c] / n }
      var variance: Float = 0
      for c in 0..<channels { variance += (x[c] - mean) * (x[c] - mean) / n }
      let deviation = (variance + epsilon).squareRoot()
      var (first, product): (Float, Float) = (0, 0)
      for c in 0..<channels {
        first += dy[c] * weight[c] / n
        product += dy[c] * weight[c] * (x[c] - mean) / deviation / n
      }
      for c in 0..<channels {
        result[row * channels + c] = (dy[c] * weight[c] - first - (x[c] - mean) / deviation * product) / deviation
      }
    }
  }

  static func moments(_ task: UnsafePointer<moments_task>) {
    require_moments(task)
    let task = task.pointee
    for c in task.first_channel..<task.end_channel {
      for row in 0..<task.rows {
        let a = task.a[row * task.channels + c] - (task.a_center.map { $0[c] } ?? 0)
        let b = task.b[row * task.channels + c] - (task.b_center.map { $0[c] } ?? 0)
        task.sum[c] += a
        task.product[c] += a * b
      }
    }
  }

  static func normalize(_ task: UnsafePointer<normalize_task>) {
    require_rows(task.pointee.rows, task.pointee.channels)
    let task = task.pointee
    for row in 0..<task.rows {
      for c in 0..<task.channels {
        let i = row * task.channels + c
        task.output[i] = max(0, task.input[i] * task.scale[c] + task.shift[c] + task.skip[i])
      }
    }
  }

  static func normalizeGradient(_ task: UnsafePointer<normalize_gradient_task>) {
    require_rows(task.pointee.rows, task.pointee.channels)
    let task = task.pointee
    for row in 0..<task.rows {
      for c in 0..<task.channels {
        let i = row * task.channels + c
        task.result[i] =
          task.gradient[i] * task.scale[c] + (task.input[i] - task.center[c]) * task.slope[c] + task.shift[c]
      }
    }
  }

  /// PyTorch's rule, with a velocity that starts at zero.
  static func descend(_ task: UnsafePointer<descent_task>) {
    let task = task.pointee
    for i in 0..<task.count {
      let g = (task.gradient.map { $0[i] } ?? 0) + task.decay * task.values[i]
      task.velocity[i] = task.momentum * task.velocity[i] + g
      task.values[i] -= task.rate * (g + task.momentum * task.velocity[i])
    }
  }
}
