// Kernels on images, planes and vectors.

import CShim

/// Runs a kernel on a poisoned output of `count` values; the memory behind it must survive.
private func output(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
  var values = [Float](repeating: .nan, count: count + 16)
  for i in 0..<16 { values[count + i] = 12345.5 }
  values.withUnsafeMutableBufferPointer { body($0.baseAddress.unsafelyUnwrapped) }
  let isIntact = values.suffix(16).allSatisfy { $0 == 12345.5 }
  values.removeLast(16)
  return isIntact ? values : []
}

func checkImageKernels(_ report: inout Report) {
  var generator = SeededGenerator(state: 3)
  // Height, width, channels, kernel, stride, padding.
  for (height, width, channels, kernel, stride, padding) in [
    (1, 1, 1, 3, 1, 1), (9, 9, 32, 3, 1, 1), (12, 11, 40, 3, 2, 0), (15, 14, 20, 5, 1, 2), (14, 14, 96, 5, 2, 1),
    (7, 30, 7, 3, 1, 1),
  ] {
    let name = "\(height)x\(width)x\(channels), \(kernel)x\(kernel)/\(stride)"
    let outputHeight = (height + 2 * padding - kernel) / stride + 1
    let outputWidth = (width + 2 * padding - kernel) / stride + 1
    let count = outputHeight * outputWidth * channels
    let input = generator.floats(height * width * channels, -3, 3)
    let padded = PanelLayout.padded(channels)
    let weights = generator.levels(kernel * kernel * padded)
    let scale = generator.floats(padded, 0.001, 0.01)
    let bias = generator.floats(padded, -1, 1)
    var task = depthwise_task()
    (task.height, task.width, task.channels) = (height, width, channels)
    (task.kernel_height, task.kernel_width, task.stride) = (kernel, kernel, stride)
    (task.top, task.left) = (padding, padding)
    (task.output_height, task.output_width, task.end_row) = (outputHeight, outputWidth, outputHeight)
    (task.lower, task.upper) = (0, 6)
    var pool = max_pool_task()
    (pool.height, pool.width, pool.channels) = (height, width, channels)
    (pool.kernel_height, pool.kernel_width, pool.stride) = (kernel, kernel, stride)
    (pool.top, pool.left) = (padding, padding)
    (pool.output_height, pool.output_width, pool.end_row) = (outputHeight, outputWidth, outputHeight)
    input.withUnsafeBufferPointer { input in
      weights.withUnsafeBufferPointer { weights in
        scale.withUnsafeBufferPointer { scale in
          bias.withUnsafeBufferPointer { bias in
            task.input = input.baseAddress
            task.weights = weights.baseAddress
            task.weight_scales = scale.baseAddress
            task.bias = bias.baseAddress
            pool.input = input.baseAddress
            func convolved(_ kernel: (UnsafePointer<depthwise_task>) -> Void) -> [Float] {
              output(count) {
                task.output = $0
                kernel(&task)
              }
            }
            func pooled(_ kernel: (UnsafePointer<max_pool_task>) -> Void) -> [Float] {
              output(count) {
                pool.output = $0
                kernel(&pool)
              }
            }
            let tolerance = 8 * .ulpOfOne * Float(kernel * kernel)
            report.expect(
              convolved { depthwise($0) }, near: convolved(Reference.depthwise), tolerance, "depthwise \(name)")
            report.expect(pooled { maxPool($0) } == pooled(Reference.maxPool), "max pool \(name)")
            report.expect(
              output(channels) {
                globalAveragePool(
                  input.baseAddress.unsafelyUnwrapped, pixels: height * width, channels: channels, output: $0, first: 0,
                  end: channels)
              },
              near: output(channels) {
                Reference.globalAveragePool(
                  input.baseAddress.unsafelyUnwrapped, height * width, channels, $0, 0, channels)
              }, 1e-5, "global average \(name)")
          }
        }
      }
    }
  }
  let plane = generator.floats(12, -1, 1)
  var task = bilinear_task()
  (task.height, task.width, task.output_height, task.output_width) = (3, 4, 50, 61)
  plane.withUnsafeBufferPointer { plane in
    task.input = plane.baseAddress
    func enlarged(_ kernel: (UnsafePointer<bilinear_task>) -> Void) -> [Float] {
      output(50 * 61) {
        task.output = $0
        kernel(&task)
      }
    }
    report.expect(enlarged { bilinear($0) }, near: enlarged(Reference.bilinear), 1e-5, "bilinear")
  }
}

func checkVectorKernels(_ report: inout Report) {
  var generator = SeededGenerator(state: 4)
  for count in [1, 7, 64, 1001] {
    let a = generator.floats(count, -5, 5)
    let b = generator.floats(count, -5, 5)
    let logits = generator.floats(count, -30, 30)
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        let (a, b) = (a.baseAddress.unsafelyUnwrapped, b.baseAddress.unsafelyUnwrapped)
        report.expect(
          output(count) { addClamped(a, b, output: $0, count: count, lower: 0, upper: 6) }
            == output(count) { Reference.addClamped(a, b, $0, count, 0, 6) }, "add \(count)")
        report.expect(
          [dot(a, b, count: count)], near: [Reference.dot(a, b, count)], 1e-5 * Float(count).squareRoot(),
          "dot \(count)")
        report.expect(
          output(count) { gelu(a, output: $0, count: count) }, near: output(count) { Reference.gelu(a, $0, count) },
          1e-6, "gelu \(count)")
        report.expect(
          output(count) { layerNorm(a, rows: 1, channels: count, epsilon: 1e-6, weight: b, bias: b, output: $0) },
          near: output(count) { Reference.layerNorm(a, 1, count, 1e-6, b, b, $0) }, 2e-5, "layer norm \(count)")
        report.expect(
          largestMagnitude(of: a, count: count) == Reference.largestMagnitude(a, count), "largest magnitude \(count)")
      }
    }
    func normalized(_ kernel: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
      output(count) {
        for i in 0..<count { $0[i] = logits[i] }
        kernel($0)
      }
    }
    report.expect(
      normalized { softmax($0, count: count) }, near: normalized { Reference.softmax($0, count) }, 1e-5,
      "softmax \(count)")
  }
}
