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

  /// The runs of a GEMM over activations of `size` bytes.
  func runs(size: Int) -> [gemm_run] {
    let layout = layout
    var runs: [gemm_run] = []
    var weights = 0
    for (index, run) in layout.runs.enumerated() {
      let pixel = run.y * paddedWidth + run.x
      let endsBlock = index + 1 == layout.runs.count || layout.runs[index + 1].block != run.block
      runs.append(
        gemm_run(
          offset: (pixel * layout.storedChannels + run.channel) * size, groups: run.groups, length: run.length,
          weights: weights, scale: blocks == 0 ? 0 : pixel * blocks + run.channel / PanelLayout.block,
          ends_block: endsBlock ? 1 : 0))
      weights += run.groups * PanelLayout.group * PanelLayout.width * size
    }
    return runs
  }

  /// Rows of a GEMM, and as many copies of the last as kernels may want.
  func rowData(
    _ activations: UnsafeRawPointer, size: Int, scales: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    residual: UnsafePointer<Float>
  ) -> [gemm_row] {
    var data: [gemm_row] = []
    for y in 0..<outputHeight {
      for x in 0..<outputWidth {
        let pixel = y * stride * paddedWidth + x * stride
        let row = data.count
        data.append(
          gemm_row(
            activations: activations + pixel * layout.storedChannels * size, scales: scales + pixel * blocks,
            output: output + row * outputs, residual: hasResidual ? residual + row * outputs : residual,
            residual_levels: nil, residual_scales: nil))
      }
    }
    for _ in 0..<Int(gemm_tile_rows) { data.append(data[rows - 1]) }
    return data
  }
}

/// Levels and scales of `input`, and the levels' distance from zero.
private func quantized(
  _ shape: Shape, _ input: [Float], zeroPoint: Int32, kernel: (UnsafePointer<quantize_task>) -> Void
) -> (bytes: [UInt8], scales: [Float]) {
  let pixels = shape.paddedHeight * shape.paddedWidth
  var bytes = [UInt8](repeating: 0xA5, count: pixels * shape.layout.storedChannels)
  var scales = [Float](repeating: .nan, count: max(1, pixels * shape.blocks))
  let tensorScale: Float = shape.blocks == 0 ? 0.02 : 0
  if shape.blocks == 0 { scales[0] = tensorScale }
  input.withUnsafeBufferPointer { input in
    bytes.withUnsafeMutableBufferPointer { bytes in
      scales.withUnsafeMutableBufferPointer { scales in
        var task = quantize_task(
          input: input.baseAddress, input_stride: shape.channels, height: shape.height, width: shape.width,
          channels: shape.channels, top: shape.padding, left: shape.padding, bottom: shape.padding,
          right: shape.padding, output: bytes.baseAddress, channel_stride: shape.layout.storedChannels,
          scales: scales.baseAddress, blocks: shape.blocks, tensor_scale: tensorScale,
          largest_level: shape.isSigned ? 127 : 255, zero_point: zeroPoint, first_pixel: 0,
          end_pixel: shape.height * shape.width, first_block: 0, end_block: max(1, shape.blocks))
        kernel(&task)
      }
    }
  }
  return (bytes, scales)
}

private func withPointers(
  _ a: [Float], _ b: [Float], _ c: [Float], _ d: [Float],
  _ body: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>) -> Void
) {
  a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
      c.withUnsafeBufferPointer { c in
        d.withUnsafeBufferPointer { d in
          body(
            a.baseAddress.unsafelyUnwrapped, b.baseAddress.unsafelyUnwrapped, c.baseAddress.unsafelyUnwrapped,
            d.baseAddress.unsafelyUnwrapped)
        }
      }
    }
  }
}

/// The GEMM's output, and whether the memory behind it survived.
func product(
  _ shape: Shape, activations: UnsafeRawPointer, size: Int, scales: [Float], weights: UnsafeRawPointer,
  weightScales: [Float], bias: [Float], residual: [Float], sums: [Int32], zeroPoint: Int32,
  kernel: (UnsafePointer<gemm_task>) -> Void
) -> (output: [Float], isIntact: Bool) {
  var output = [Float](repeating: .nan, count: shape.rows * shape.outputs + 16)
  for i in 0..<16 { output[shape.rows * shape.outputs + i] = 12345.5 }
  let runs = shape.runs(size: size)
  var sumsMemory = [Float](repeating: .nan, count: Int(gemm_tile_rows * gemm_tile_columns))
  let zeros = [Float](repeating: 0, count: Int(gemm_tile_columns))
  // A residual may be read in whole vectors beyond its last row.
  let residual = shape.hasResidual ? residual + zeros : zeros
  withPointers(scales, weightScales, bias, residual) { scales, weightScales, bias, residual in
    sums.withUnsafeBufferPointer { sums in
      runs.withUnsafeBufferPointer { runs in
        sumsMemory.withUnsafeMutableBufferPointer { memory in
          zeros.withUnsafeBufferPointer { zeros in
            output.withUnsafeMutableBufferPointer { output in
              let rows = shape.rowData(
                activations, size: size, scales: scales, output: output.baseAddress.unsafelyUnwrapped,
                residual: residual)
              rows.withUnsafeBufferPointer { rows in
                var task = gemm_task()
                task.row_data = rows.baseAddress
                task.rows = shape.rows
                task.runs = runs.baseAddress
                task.run_count = runs.count
                task.blocks = shape.layout.blocks
                task.weights = weights
                task.panel_stride = shape.layout.panelBytes * size
                task.weight_scales = weightScales
                task.bias = bias
                task.column_sums = sums.baseAddress
                task.zero_point = zeroPoint
                task.residual_step = shape.hasResidual ? 1 : 0
                task.end_column = shape.outputs
                (task.lower, task.upper) = (-.infinity, .infinity)
                task.sums = memory.baseAddress
                task.zeros = zeros.baseAddress
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
  let stored = ActivationFormat.signedEightBits.zeroPoint(isSigned: shape.isSigned)
  let specified = ActivationFormat.eightBits.zeroPoint(isSigned: shape.isSigned)
  let (bytes, scales) = quantized(shape, input, zeroPoint: stored) { quantize($0) }
  let (expectedBytes, expectedScales) = quantized(shape, input, zeroPoint: specified, kernel: Reference.quantize)
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
  let shape = Shape(
    height: 1, width: 240, channels: reduction, outputs: 64, kernel: 1, stride: 1, padding: 0, isSigned: true)
  let activations = [Int8](repeating: 3, count: shape.rows * reduction)
  let weights = [Int8](repeating: 2, count: shape.outputs * reduction)
  let ones = [Float](repeating: 1, count: shape.rows * shape.layout.blocks)
  let sums = [Int32](repeating: 0, count: shape.outputs * shape.layout.blocks)
  let (output, _) = activations.withUnsafeBytes { activations in
    weights.withUnsafeBytes { weights in
      product(
        shape, activations: activations.baseAddress.unsafelyUnwrapped, size: 1, scales: ones,
        weights: weights.baseAddress.unsafelyUnwrapped, weightScales: ones, bias: ones, residual: [], sums: sums,
        zeroPoint: 0
      ) { task in
        // One block, however long.
        var run = gemm_run(offset: 0, groups: reduction / 4, length: reduction, weights: 0, scale: 0, ends_block: 1)
        var task = task.pointee
        (task.run_count, task.blocks) = (1, 1)
        withUnsafePointer(to: &run) {
          task.runs = $0
          gemmInt8(&task)
        }
      }
    }
  }
  print("\(shape.rows * shape.outputs * reduction) multiply-accumulates, first result \(Int(output[0]))")
}
