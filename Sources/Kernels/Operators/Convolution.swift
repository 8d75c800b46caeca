import CShim

/// Weights of a dense layer, as they lie in the model file.
public struct DenseWeights: @unchecked Sendable {
  /// int8 or Float panels.
  public var panels: UnsafeRawPointer
  /// Per-channel scales, `[panels * 16]`; nil for Float panels.
  public var scale: UnsafePointer<Float>?
  /// `[panels * 16]`.
  public var bias: UnsafePointer<Float>
  /// `[panels][blocks][16]`; nil for Float panels.
  public var columnSums: UnsafePointer<Int32>?

  public init(
    panels: UnsafeRawPointer, scale: UnsafePointer<Float>?, bias: UnsafePointer<Float>,
    columnSums: UnsafePointer<Int32>?
  ) {
    (self.panels, self.scale, self.bias, self.columnSums) = (panels, scale, bias, columnSums)
  }
}

/// Lower and upper bound of an activation function that clamps: none, ReLU, ReLU6.
public struct Clamp: Sendable, Equatable {
  public var lower, upper: Float
  public init(lower: Float, upper: Float) { (self.lower, self.upper) = (lower, upper) }
  public static let none = Clamp(lower: -.infinity, upper: .infinity)
  public static let relu = Clamp(lower: 0, upper: .infinity)
  public static let relu6 = Clamp(lower: 0, upper: 6)
}

/// A function that the kernel `activate` computes.
public typealias ActivationKernel = activation_function

/// What happens to a sum before it is written.
public struct Epilogue: Sendable, Equatable {
  public var clamp: Clamp
  /// After the clamp.
  public var function: ActivationKernel?
  public init(clamp: Clamp = .none, function: ActivationKernel? = nil) {
    (self.clamp, self.function) = (clamp, function)
  }
}

/// What is added to a convolution before its activation function, `[outputHeight, outputWidth, outputChannels]`.
///
/// Floats are read in whole vectors: up to 15 more than there are, which need not be initialised.
public enum Residual: @unchecked Sendable {
  case float(UnsafePointer<Float>)
  /// Levels of a form that `isResidual`, and their scales.
  case quantized(PreparedInput, levels: UnsafeRawPointer, scales: UnsafePointer<Float>)
}

/// A dense convolution over a prepared input, planned once: implicit GEMM, in which every output pixel is a row whose
/// reduction walks the input in place (no im2col buffer). A linear layer is the 1 x 1 case.
public struct ConvolutionPlan: Sendable {
  public let input: PreparedInput
  public let layout: ReductionLayout
  public let outputHeight, outputWidth, outputChannels: Int
  let stride, top, left: Int
  let runs: ConvolutionRuns
  let chunks: ConvolutionChunks

  /// Multiply-accumulate operations.
  public var macs: Int {
    outputHeight * outputWidth * outputChannels * layout.taps * layout.groupChannels
  }

  /// True if the threads are kept busy by chunks that can each quantize what they computed.
  public var canQuantizeOutput: Bool { chunks.canQuantizeOutput }

  /// - Parameters:
  ///   - top: padding above the image that the first output row sees, at most what `input` carries; `left` likewise.
  ///   - output: the quantized form that is wanted of the result.
  /// - Precondition: every window lies inside the padded input.
  public init(
    input: PreparedInput, layout: ReductionLayout, stride: Int, top: Int, left: Int, outputHeight: Int,
    outputWidth: Int, outputChannels: Int, quantizedOutput output: PreparedInput? = nil, context: ExecutionContext
  ) {
    require(top <= input.top && left <= input.left, "windows inside the padded input")
    require(
      input.top - top + (outputHeight - 1) * stride + layout.extentHeight <= input.paddedHeight
        && input.left - left + (outputWidth - 1) * stride + layout.extentWidth <= input.paddedWidth,
      "windows inside the padded input")
    require(input.channels == layout.channels, "weights for the input's channels")
    self.input = input
    self.layout = layout
    (self.stride, self.top, self.left) = (stride, top, left)
    (self.outputHeight, self.outputWidth, self.outputChannels) = (outputHeight, outputWidth, outputChannels)
    runs = ConvolutionRuns(
      layout, over: input, columns: outputChannels, format: context.kernels.activationFormat)
    chunks = ConvolutionChunks(
      rows: outputHeight * outputWidth, columns: outputChannels,
      reduction: layout.depth * input.elementSize,
      bytesPerRow: input.storedChannels * input.elementSize * stride * stride, wantsQuantized: output != nil,
      tileRows: context.kernels.functions.tileRows, threads: context.pool.threads)
  }
}

extension ExecutionContext {
  /// `epilogue(convolution + bias[n] + residual[pixel, n])`, all `[outputHeight, outputWidth, outputChannels]`.
  ///
  /// - Parameters:
  ///   - output: Float; nil where only the quantized form is wanted.
  ///   - quantized: only if the plan `canQuantizeOutput`.
  public func convolution(
    _ plan: ConvolutionPlan, input: UnsafeRawPointer, scales: UnsafePointer<Float>?, weights: DenseWeights,
    residual: Residual?, epilogue: Epilogue, output: UnsafeMutablePointer<Float>?,
    quantized: QuantizedOutput? = nil
  ) {
    require(output != nil || quantized != nil, "somewhere to write to")
    require(quantized == nil || plan.canQuantizeOutput, "chunks of whole blocks, to quantize them")
    pool.run(chunks: plan.chunks.count) { index in
      let chunk = plan.chunks[index]
      let width = chunk.columns.count
      let gemmBytes = GemmScratch.byteCount(rows: chunk.rows.count)
      let memory = threadScratch(
        gemmBytes + (output == nil ? chunk.rows.count * width * MemoryLayout<Float>.size : 0))
      let stride = output == nil ? width : plan.outputChannels
      // First row and column of the chunk.
      let target =
        output.map { $0 + chunk.rows.lowerBound * stride + chunk.columns.lowerBound }
        ?? (memory + gemmBytes).assumingMemoryBound(to: Float.self)
      var task = plan.task(
        chunk, scratch: GemmScratch(memory), kernels, input: input, scales: scales, weights: weights,
        residual: residual, output: target - chunk.columns.lowerBound, stride: stride)
      task.is_output_cold = output == nil ? 0 : 1
      task.lower = epilogue.clamp.lower
      task.upper = epilogue.clamp.upper
      plan.runs.forEachPart(of: task) {
        plan.input.element == .float ? kernels.functions.gemmFloat($0) : kernels.functions.gemmInt8($0)
      }
      if let function = epilogue.function {
        for row in 0..<chunk.rows.count {
          kernels.functions.activate(function, target + row * stride, target + row * stride, width)
        }
      }
      if let quantized {
        let blocks = chunk.columns.lowerBound / PanelLayout.block..<PanelLayout.blocks(chunk.columns.upperBound)
        quantize(target, stride: stride, pixels: chunk.rows, blocks: blocks, into: quantized)
      }
    }
  }
}

extension ConvolutionPlan {
  /// The GEMM of one chunk.
  ///
  /// - Parameter output: row 0 is the chunk's first, column 0 the tensor's first.
  fileprivate func task(
    _ chunk: ConvolutionChunks.Chunk, scratch: GemmScratch, _ kernels: KernelTable, input base: UnsafeRawPointer,
    scales: UnsafePointer<Float>?, weights: DenseWeights, residual: Residual?, output: UnsafeMutablePointer<Float>,
    stride outputStride: Int
  ) -> gemm_task {
    let bytesPerPixel = input.storedChannels * input.elementSize
    var (y, x) = chunk.rows.lowerBound.quotientAndRemainder(dividingBy: outputWidth)
    for i in 0..<chunk.rows.count {
      let pixel = (y * stride - top + input.top) * input.paddedWidth + x * stride - left + input.left
      var row = scratch.row(
        activations: base + pixel * bytesPerPixel,
        scales: scales.map { $0 + pixel * input.blocks },
        output: output + i * outputStride)
      let outputPixel = chunk.rows.lowerBound + i
      switch residual {
      case nil: break
      case .float(let values): row.residual = values + outputPixel * outputChannels
      case .quantized(let form, let levels, let scales):
        row.residual = scratch.widenedResidual(row: i, tileRows: kernels.functions.tileRows)
        row.residual_levels = levels.assumingMemoryBound(to: UInt8.self) + outputPixel * form.storedChannels
        row.residual_scales = scales + outputPixel * form.blocks
      }
      scratch.rows[i] = row
      x += 1
      if x == outputWidth { (x, y) = (0, y + 1) }
    }
    var task = scratch.task(rows: chunk.rows.count, tileRows: kernels.functions.tileRows)
    task.blocks = layout.blocks
    task.weights = weights.panels
    task.panel_stride = layout.panelBytes * input.elementSize
    task.weight_scales = weights.scale
    task.bias = weights.bias
    task.column_sums = weights.columnSums
    task.zero_point = kernels.activationFormat.zeroPoint(isSigned: input.isSigned)
    if case .float = residual { task.residual_step = 1 }
    task.first_column = chunk.columns.lowerBound
    task.end_column = chunk.columns.upperBound
    return task
  }
}
