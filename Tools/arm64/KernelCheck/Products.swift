// Matrix products: quantization, int8 and Float GEMM over convolutions of every kind of layer.

import CShim

/// A dense convolution; `padding` is the same on all sides.
struct Shape {
  var height, width, channels, outputs, kernel, stride, padding: Int
  var isSigned: Bool
  var hasResidual = false

  static let all: [Shape] = [
    Shape(height: 1, width: 1, channels: 1, outputs: 1, kernel: 1, stride: 1, padding: 0, isSigned: true),
    Shape(height: 1, width: 1, channels: 1280, outputs: 100, kernel: 1, stride: 1, padding: 0, isSigned: false),
    Shape(height: 7, width: 7, channels: 64, outputs: 64, kernel: 1, stride: 1, padding: 0, isSigned: false),
    Shape(
      height: 6, width: 5, channels: 24, outputs: 40, kernel: 1, stride: 1, padding: 0, isSigned: true,
      hasResidual: true),
    Shape(height: 9, width: 9, channels: 257, outputs: 17, kernel: 1, stride: 1, padding: 0, isSigned: true),
    Shape(height: 5, width: 6, channels: 513, outputs: 33, kernel: 1, stride: 2, padding: 0, isSigned: true),
    Shape(
      height: 8, width: 9, channels: 64, outputs: 48, kernel: 3, stride: 1, padding: 1, isSigned: false,
      hasResidual: true),
    Shape(height: 12, width: 11, channels: 18, outputs: 31, kernel: 3, stride: 2, padding: 1, isSigned: true),
    Shape(height: 14, width: 13, channels: 3, outputs: 32, kernel: 7, stride: 2, padding: 3, isSigned: true),
    Shape(height: 6, width: 7, channels: 300, outputs: 65, kernel: 3, stride: 1, padding: 1, isSigned: false),
  ]

  var name: String { "\(height)x\(width)x\(channels) -> \(outputs), \(kernel)x\(kernel)/\(stride)" }
  var layout: ReductionLayout { ReductionLayout(kernelHeight: kernel, kernelWidth: kernel, channels: channels) }
  var paddedHeight: Int { height + 2 * padding }
  var paddedWidth: Int { width + 2 * padding }
  var outputHeight: Int { (paddedHeight - kernel) / stride + 1 }
  var outputWidth: Int { (paddedWidth - kernel) / stride + 1 }
  var rows: Int { outputHeight * outputWidth }
  /// Scales per pixel; 0 where one scale serves all.
  var blocks: Int { layout.mergesPixels ? 0 : (channels + PanelLayout.block - 1) / PanelLayout.block }

  /// The rows and the runs of a GEMM over activations of `size` bytes.
  func task(size: Int, _ body: (inout gemm_task) -> Void) {
    let layout = layout
    var offsets: [Int] = []
    var scales: [Int] = []
    for y in 0..<outputHeight {
      for x in 0..<outputWidth {
        let pixel = y * stride * paddedWidth + x * stride
        offsets.append(pixel * layout.storedChannels * size)
        scales.append(pixel * blocks)
      }
    }
    var runs: [gemm_run] = []
    for (index, run) in layout.runs.enumerated() {
      let pixel = run.y * paddedWidth + run.x
      let endsBlock = index + 1 == layout.runs.count || layout.runs[index + 1].block != run.block
      runs.append(
        gemm_run(
          offset: (pixel * layout.storedChannels + run.channel) * size, groups: run.groups, length: run.length,
          scale: blocks == 0 ? 0 : pixel * blocks + run.channel / PanelLayout.block, ends_block: endsBlock ? 1 : 0))
    }
    var task = gemm_task()
    task.run_count = runs.count
    task.blocks = layout.blocks
    task.rows = rows
    task.end_column = outputs
    task.output_stride = outputs
    task.residual_stride = outputs
    task.lower = -.infinity
    task.upper = .infinity
    offsets.withUnsafeBufferPointer { offsets in
      scales.withUnsafeBufferPointer { scales in
        runs.withUnsafeBufferPointer { runs in
          task.row_offsets = offsets.baseAddress
          task.row_scales = scales.baseAddress
          task.runs = runs.baseAddress
          body(&task)
        }
      }
    }
  }
}

/// Levels and scales of `input`, and the levels' distance from zero.
private func quantized(
  _ shape: Shape, _ input: [Float], zeroPoint: Int, kernel: (UnsafePointer<quantize_task>) -> Void
) -> (bytes: [UInt8], scales: [Float]) {
  let pixels = shape.paddedHeight * shape.paddedWidth
  var bytes = [UInt8](repeating: 0xA5, count: pixels * shape.layout.storedChannels)
  var scales = [Float](repeating: .nan, count: max(1, pixels * shape.blocks))
  let tensorScale: Float = shape.blocks == 0 ? 0.02 : 0
  if shape.blocks == 0 { scales[0] = tensorScale }
  input.withUnsafeBufferPointer { input in
    bytes.withUnsafeMutableBytes { bytes in
      scales.withUnsafeMutableBufferPointer { scales in
        var task = quantize_task(
          input: input.baseAddress, height: shape.height, width: shape.width, channels: shape.channels,
          top: shape.padding, left: shape.padding, bottom: shape.padding, right: shape.padding,
          output: bytes.baseAddress, scales: scales.baseAddress, blocks: max(1, shape.blocks),
          is_signed: shape.isSigned ? 1 : 0, tensor_scale: tensorScale, channel_stride: shape.layout.storedChannels,
          first_row: 0, end_row: shape.paddedHeight)
        kernel(&task)
      }
    }
  }
  return (bytes, scales)
}

/// The GEMM's output, and whether the memory behind it survived.
private func product(
  _ shape: Shape, activations: UnsafeRawPointer, size: Int, scales: [Float], weights: UnsafeRawPointer,
  weightScales: [Float], bias: [Float], residual: [Float], sums: [Int32], zeroPoint: Int32,
  kernel: (UnsafePointer<gemm_task>) -> Void
) -> (output: [Float], isIntact: Bool) {
  var output = [Float](repeating: .nan, count: shape.rows * shape.outputs + 16)
  for i in 0..<16 { output[shape.rows * shape.outputs + i] = 12345.5 }
  shape.task(size: size) { task in
    scales.withUnsafeBufferPointer { scales in
      weightScales.withUnsafeBufferPointer { weightScales in
        bias.withUnsafeBufferPointer { bias in
          residual.withUnsafeBufferPointer { residual in
            sums.withUnsafeBufferPointer { sums in
              output.withUnsafeMutableBufferPointer { output in
                task.activations = activations
                task.scales = scales.baseAddress
                task.weights = weights
                task.panel_stride = shape.layout.panelBytes * size
                task.weight_scales = weightScales.baseAddress
                task.bias = bias.baseAddress
                task.column_sums = sums.baseAddress
                task.zero_point = zeroPoint
                task.output = output.baseAddress
                if shape.hasResidual { task.residual = residual.baseAddress }
                kernel(&task)
              }
            }
          }
        }
      }
    }
  }
  let isIntact = output.suffix(16).allSatisfy { $0 == 12345.5 }
  output.removeLast(16)
  return (output, isIntact)
}

func checkQuantized(_ shape: Shape, _ report: inout Report) {
  var generator = SeededGenerator(state: 1)
  let layout = shape.layout
  let input = generator.floats(shape.height * shape.width * shape.channels, shape.isSigned ? -2 : 0, 2)
  let stored = ActivationFormat.signedBytes.zeroPoint(isSigned: shape.isSigned)
  let specified = ActivationFormat.bytes.zeroPoint(isSigned: shape.isSigned)
  let (bytes, scales) = quantized(shape, input, zeroPoint: Int(stored)) { quantize($0) }
  let (expectedBytes, expectedScales) = quantized(shape, input, zeroPoint: Int(specified), kernel: Reference.quantize)
  var levelsAreEqual = true
  for i in bytes.indices {
    levelsAreEqual =
      levelsAreEqual && Int32(Int8(bitPattern: bytes[i])) - stored == Int32(expectedBytes[i]) - specified
  }
  report.expect(levelsAreEqual, "levels of \(shape.name)")
  report.expect(scales == expectedScales, "scales of \(shape.name)")

  let columns = PanelLayout.padded(shape.outputs)
  let rows = generator.levels(shape.outputs * shape.kernel * shape.kernel * shape.channels)
  var packed = [Int8](repeating: 0, count: columns / PanelLayout.width * layout.panelBytes)
  layout.pack(rows, outputs: shape.outputs, into: &packed)
  var sums = [Int32](repeating: 0, count: columns * layout.blocks)
  layout.columnSums(rows, outputs: shape.outputs, into: &sums)

  // Once with all scales 1, where every Float is an integer below 2^24: equal to the last bit. Once as in a network.
  for isExact in [true, false] {
    let weightScales = isExact ? [Float](repeating: 1, count: columns) : generator.floats(columns, 0.001, 0.01)
    let bias = isExact ? [Float](repeating: 0, count: columns) : generator.floats(columns, -1, 1)
    let residual =
      isExact
      ? [Float](repeating: 3, count: shape.rows * shape.outputs)
      : generator.floats(shape.rows * shape.outputs, -1, 1)
    let scales = isExact ? [Float](repeating: 1, count: scales.count) : scales
    let (output, isIntact) = bytes.withUnsafeBytes { bytes in
      packed.withUnsafeBytes { packed in
        product(
          shape, activations: bytes.baseAddress.unsafelyUnwrapped, size: 1, scales: scales,
          weights: packed.baseAddress.unsafelyUnwrapped, weightScales: weightScales, bias: bias, residual: residual,
          sums: sums, zeroPoint: stored
        ) { gemmInt8($0) }
      }
    }
    let (expected, _) = expectedBytes.withUnsafeBytes { bytes in
      packed.withUnsafeBytes { packed in
        product(
          shape, activations: bytes.baseAddress.unsafelyUnwrapped, size: 1, scales: scales,
          weights: packed.baseAddress.unsafelyUnwrapped, weightScales: weightScales, bias: bias, residual: residual,
          sums: sums, zeroPoint: specified, kernel: Reference.gemmInt8)
      }
    }
    report.expect(isIntact, "memory behind \(shape.name)")
    if isExact {
      report.expect(output == expected, "integers of \(shape.name)")
    } else {
      report.expect(output, near: expected, 4 * .ulpOfOne * Float(layout.blocks + 2), "int8 \(shape.name)")
    }
  }
}

func checkFloat(_ shape: Shape, _ report: inout Report) {
  var generator = SeededGenerator(state: 2)
  let layout = shape.layout
  let input = generator.floats(shape.height * shape.width * shape.channels, -2, 2)
  var padded = [Float](repeating: 0, count: shape.paddedHeight * shape.paddedWidth * layout.storedChannels)
  for y in 0..<shape.height {
    for x in 0..<shape.width {
      let target = ((y + shape.padding) * shape.paddedWidth + x + shape.padding) * layout.storedChannels
      for c in 0..<shape.channels { padded[target + c] = input[(y * shape.width + x) * shape.channels + c] }
    }
  }
  let columns = PanelLayout.padded(shape.outputs)
  let rows = generator.floats(shape.outputs * shape.kernel * shape.kernel * shape.channels, -1, 1)
  var packed = [Float](repeating: 0, count: columns / PanelLayout.width * layout.panelBytes)
  layout.pack(rows, outputs: shape.outputs, into: &packed)
  let bias = generator.floats(columns, -1, 1)
  let residual = generator.floats(shape.rows * shape.outputs, -1, 1)
  func run(_ kernel: (UnsafePointer<gemm_task>) -> Void) -> (output: [Float], isIntact: Bool) {
    padded.withUnsafeBytes { padded in
      packed.withUnsafeBytes { packed in
        product(
          shape, activations: padded.baseAddress.unsafelyUnwrapped, size: 4, scales: [0],
          weights: packed.baseAddress.unsafelyUnwrapped, weightScales: bias, bias: bias, residual: residual, sums: [0],
          zeroPoint: 0, kernel: kernel)
      }
    }
  }
  let (output, isIntact) = run { gemmFloat($0) }
  let reduction = Float(shape.kernel * shape.kernel * shape.channels)
  report.expect(
    output, near: run(Reference.gemmFloat).output, 32 * .ulpOfOne * reduction.squareRoot(), "Float \(shape.name)")
  report.expect(isIntact, "memory behind Float \(shape.name)")
}

/// One int8 product of 240 rows and 64 columns with a reduction in one block, for counting instructions.
func countedProduct(_ reduction: Int) {
  let (rows, columns) = (240, 64)
  let activations = [Int8](repeating: 3, count: rows * reduction)
  let weights = [Int8](repeating: 2, count: columns * reduction)
  let ones = [Float](repeating: 1, count: max(rows, columns))
  let sums = [Int32](repeating: 0, count: columns)
  var output = [Float](repeating: 0, count: rows * columns)
  var offsets: [Int] = []
  for row in 0..<rows { offsets.append(row * reduction) }
  var run = gemm_run(offset: 0, groups: reduction / 4, length: reduction, scale: 0, ends_block: 1)
  activations.withUnsafeBytes { activations in
    weights.withUnsafeBytes { weights in
      ones.withUnsafeBufferPointer { ones in
        sums.withUnsafeBufferPointer { sums in
          offsets.withUnsafeBufferPointer { offsets in
            output.withUnsafeMutableBufferPointer { output in
              withUnsafePointer(to: &run) { run in
                var task = gemm_task()
                task.activations = activations.baseAddress
                task.row_offsets = offsets.baseAddress
                [Int](repeating: 0, count: rows).withUnsafeBufferPointer { zeros in
                  task.row_scales = zeros.baseAddress
                  task.scales = ones.baseAddress
                  task.runs = run
                  task.run_count = 1
                  task.blocks = 1
                  task.weights = weights.baseAddress
                  task.panel_stride = reduction * PanelLayout.width
                  task.weight_scales = ones.baseAddress
                  task.bias = ones.baseAddress
                  task.column_sums = sums.baseAddress
                  task.output = output.baseAddress
                  task.output_stride = columns
                  task.rows = rows
                  task.end_column = columns
                  task.lower = -.infinity
                  task.upper = .infinity
                  gemmInt8(&task)
                }
              }
            }
          }
        }
      }
    }
  }
  print("\(rows * columns * reduction) multiply-accumulates, first result \(Int(output[0]))")
}
