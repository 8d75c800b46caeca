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

/// A dense convolution over a prepared input, planned once: implicit GEMM, in which every output pixel is a row whose
/// reduction walks the input in place (no im2col buffer). A linear layer is the 1 x 1 case.
public struct ConvolutionPlan: Sendable {
  public let input: PreparedInput
  public let layout: ReductionLayout
  public let outputHeight, outputWidth, outputChannels: Int
  let stride, top, left: Int
  let runs: [gemm_run]
  let bytesPerPixel: Int
  let rowsPerChunk, columnsPerChunk: Int

  /// Multiply-accumulate operations.
  public var macs: Int {
    outputHeight * outputWidth * outputChannels * layout.kernelHeight * layout.kernelWidth * layout.channels
  }

  /// - Parameters:
  ///   - top: padding above the image that the first output row sees, at most what `input` carries; `left` likewise.
  /// - Precondition: every window lies inside the padded input.
  public init(
    input: PreparedInput, layout: ReductionLayout, stride: Int, top: Int, left: Int, outputHeight: Int,
    outputWidth: Int,
    outputChannels: Int, context: ExecutionContext
  ) {
    precondition(top <= input.top && left <= input.left && input.channels == layout.channels)
    precondition(input.top - top + (outputHeight - 1) * stride + layout.kernelHeight <= input.paddedHeight)
    precondition(input.left - left + (outputWidth - 1) * stride + layout.kernelWidth <= input.paddedWidth)
    self.input = input
    self.layout = layout
    (self.stride, self.top, self.left) = (stride, top, left)
    (self.outputHeight, self.outputWidth, self.outputChannels) = (outputHeight, outputWidth, outputChannels)
    let size = input.elementSize(context.kernels.activationFormat)
    bytesPerPixel = input.storedChannels * size
    runs = layout.runs.enumerated().map { index, run in
      let pixel = run.y * input.paddedWidth + run.x
      let endsBlock = index + 1 == layout.runs.count || layout.runs[index + 1].block != run.block
      return gemm_run(
        offset: (pixel * input.storedChannels + run.channel) * size, groups: run.groups, length: run.length,
        scale: input.blocks == 0 ? 0 : pixel * input.blocks + run.channel / PanelLayout.block,
        ends_block: endsBlock ? 1 : 0)
    }
    (rowsPerChunk, columnsPerChunk) = Self.chunks(
      rows: outputHeight * outputWidth, columns: outputChannels, reduction: layout.groups * PanelLayout.group,
      bytesPerRow: bytesPerPixel * stride * stride, tileRows: context.kernels.tileRows, threads: context.pool.threads)
  }

  /// Bands of rows whose activations stay in the L2 cache while all columns pass; where these are too few for the threads,
  /// columns are split too.
  private static func chunks(
    rows: Int, columns: Int, reduction: Int, bytesPerRow: Int, tileRows: Int, threads: Int
  ) -> (rows: Int, columns: Int) {
    let cached = 128 << 10
    let wanted = threads == 1 ? 1 : 6 * threads
    var band = max(tileRows, min(rows, cached / max(1, bytesPerRow)))
    if rows > band { band = (rows + (rows + band - 1) / band - 1) / ((rows + band - 1) / band) }
    // A chunk below some 10^5 multiplications costs more to hand out than it saves.
    let smallest = max(1, 200_000 / max(1, reduction * columns))
    if (rows + band - 1) / band < wanted { band = min(band, max(smallest, (rows + wanted - 1) / wanted, 4 * tileRows)) }
    band = (band + tileRows - 1) / tileRows * tileRows
    let bands = (rows + band - 1) / band
    let columnChunks = max(1, min((wanted + bands - 1) / bands, band * reduction * columns / 200_000))
    let width = ((columns + columnChunks - 1) / columnChunks + 31) / 32 * 32
    return (min(band, rows), threads == 1 ? columns : width)
  }
}

extension ExecutionContext {
  /// `output[pixel, n] = clamp(convolution + bias[n] + residual[pixel, n])`, all `[outputHeight, outputWidth, outputChannels]`.
  public func convolution(
    _ plan: ConvolutionPlan, input: UnsafeRawPointer, scales: UnsafePointer<Float>?, weights: DenseWeights,
    residual: UnsafePointer<Float>?, clamp: Clamp, output: UnsafeMutablePointer<Float>
  ) {
    let rows = plan.outputHeight * plan.outputWidth
    let bands = (rows + plan.rowsPerChunk - 1) / plan.rowsPerChunk
    let columnChunks = (plan.outputChannels + plan.columnsPerChunk - 1) / plan.columnsPerChunk
    let isFloat = plan.input.element == .float
    plan.runs.withUnsafeBufferPointer { runs in
      pool.run(chunks: bands * columnChunks) { chunk in
        let firstRow = chunk / columnChunks * plan.rowsPerChunk
        let count = min(plan.rowsPerChunk, rows - firstRow)
        let firstColumn = chunk % columnChunks * plan.columnsPerChunk
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 2 * count) { positions in
          guard let offsets = positions.baseAddress, let runs = runs.baseAddress else { return }
          plan.locate(rows: firstRow..<firstRow + count, offsets: offsets, scales: offsets + count)
          var task = gemm_task(
            activations: input, row_offsets: offsets, row_scales: offsets + count, scales: scales, runs: runs,
            run_count: plan.runs.count, blocks: plan.layout.blocks, weights: weights.panels,
            panel_stride: plan.layout.panelBytes * (isFloat ? MemoryLayout<Float>.size : 1),
            weight_scales: weights.scale, bias: weights.bias, column_sums: weights.columnSums,
            zero_point: kernels.activationFormat.zeroPoint(isSigned: plan.input.isSigned),
            output: output + firstRow * plan.outputChannels, output_stride: plan.outputChannels,
            residual: residual.map { $0 + firstRow * plan.outputChannels }, residual_stride: plan.outputChannels,
            rows: count, first_column: firstColumn,
            end_column: min(plan.outputChannels, firstColumn + plan.columnsPerChunk), lower: clamp.lower,
            upper: clamp.upper)
          if isFloat { kernels.gemmFloat(&task) } else { kernels.gemmInt8(&task) }
        }
      }
    }
  }
}

extension ConvolutionPlan {
  /// Byte offset of every output pixel's first activation, and index of its first scale.
  fileprivate func locate(rows: Range<Int>, offsets: UnsafeMutablePointer<Int>, scales: UnsafeMutablePointer<Int>) {
    var (y, x) = rows.lowerBound.quotientAndRemainder(dividingBy: outputWidth)
    for i in 0..<rows.count {
      let pixel = (y * stride - top + input.top) * input.paddedWidth + x * stride - left + input.left
      offsets[i] = pixel * bytesPerPixel
      scales[i] = pixel * input.blocks
      x += 1
      if x == outputWidth { (x, y) = (0, y + 1) }
    }
  }
}
