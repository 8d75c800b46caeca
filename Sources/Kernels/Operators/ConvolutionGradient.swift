import CShim

/// The input gradient of a dense convolution of several images, planned once.
///
/// With stride 1 it is a convolution of the output's gradient with the turned kernel. With larger strides, few input channels
/// or hardly any outputs that would multiply mostly zeros or padding: there every output's gradient is multiplied by the kernel
/// and the resulting windows are added up where they overlap (col2im).
public struct ConvolutionGradient: Sendable {
  public let packing: PanelPacking
  public let convolution: BatchConvolution
  /// Nil where the product already is the result.
  let fold: WindowGeometry?
  private let images: Int

  /// What the product reads: the output's gradient in this form.
  public var operand: PreparedInput { convolution.operand }
  /// Floats of the windows before they are added up; 0 where none are made.
  public var columnFloats: Int {
    fold == nil ? 0 : images * convolution.outputHeight * convolution.outputWidth * convolution.outputChannels
  }

  /// - Parameters:
  ///   - geometry: of the forward pass, for one image; `layout` and `outputChannels` likewise.
  public init(
    images: Int, geometry g: WindowGeometry, layout: ReductionLayout, outputChannels: Int,
    precision: OperandPrecision, context: ExecutionContext
  ) {
    self.images = images
    let taps = g.kernelHeight * g.kernelWidth
    let isSparse = 2 * g.height * g.width > 3 * g.outputHeight * g.outputWidth
    let usesColumns = taps > 1 && (isSparse || g.channels < PanelLayout.width) || g.stride > 1
    packing = PanelPacking(usesColumns ? .columns : .flipped, layout, outputs: outputChannels)
    if usesColumns {
      let operand = PreparedInput(
        element: precision.element, images: images, height: g.outputHeight, width: g.outputWidth,
        channels: outputChannels)
      convolution = BatchConvolution(
        operand: operand, layout: packing.layout, stride: 1, outputHeight: g.outputHeight, outputWidth: g.outputWidth,
        outputChannels: packing.columns, context: context)
      let isDilated = g.dilationHeight > 1 || g.dilationWidth > 1
      let isWhole = g.outputHeight * g.outputWidth == 1 && g.kernelHeight == g.height && g.kernelWidth == g.width
      fold = isWhole && !isDilated && g.top == 0 && g.left == 0 ? nil : g
    } else {
      // Padding may be cut off by windows that do not fit any more.
      let layout = packing.layout
      let top = layout.extentHeight - 1 - g.top
      let left = layout.extentWidth - 1 - g.left
      let operand = PreparedInput(
        element: precision.element, images: images, height: g.outputHeight, width: g.outputWidth,
        channels: outputChannels,
        top: top, left: left, bottom: g.height + layout.extentHeight - 1 - g.outputHeight - top,
        right: g.width + layout.extentWidth - 1 - g.outputWidth - left)
      convolution = BatchConvolution(
        operand: operand, layout: layout, stride: 1, outputHeight: g.height, outputWidth: g.width,
        outputChannels: packing.columns, context: context)
      fold = nil
    }
  }
}

extension ExecutionContext {
  /// - Parameters:
  ///   - operand: the output's gradient in the plan's form.
  ///   - panels: weights packed by `plan.packing`.
  ///   - zeros: as many as `plan.packing` has columns, rounded up to 16.
  ///   - columns: `plan.columnFloats` of scratch memory.
  ///   - result: `[images, height, width, channels]`.
  public func convolutionGradient(
    _ plan: ConvolutionGradient, operand: UnsafeRawPointer, panels: UnsafeRawPointer, zeros: UnsafePointer<Float>,
    columns: UnsafeMutablePointer<Float>, result: UnsafeMutablePointer<Float>
  ) {
    convolution(
      plan.convolution, operand: operand, panels: panels, bias: zeros, residual: nil, clamp: .none,
      output: plan.fold == nil ? result : columns)
    guard let g = plan.fold else { return }
    let imageColumns = plan.convolution.outputHeight * plan.convolution.outputWidth * plan.convolution.outputChannels
    forEachRow(images: plan.operand.images, g) { image, rows in
      var task = fold_task(
        window: g.shape, columns: columns + image * imageColumns,
        result: result + image * g.height * g.width * g.channels, first_row: rows.lowerBound, end_row: rows.upperBound)
      kernels.functions.foldColumns(&task)
    }
  }

  /// Calls `body` for ranges of input rows of each image.
  func forEachRow(images: Int, _ g: WindowGeometry, _ body: (_ image: Int, _ rows: Range<Int>) -> Void) {
    let wanted = pool.threads == 1 ? 1 : 4 * pool.threads
    let parts = max(1, min(g.height, wanted / images))
    pool.run(chunks: images * parts) { chunk in
      let part = chunk % parts
      body(chunk / parts, part * g.height / parts..<(part + 1) * g.height / parts)
    }
  }
}

extension WindowGeometry {
  var shape: window_shape {
    window_shape(
      height: height, width: width, channels: channels, kernel_height: kernelHeight, kernel_width: kernelWidth,
      dilation_height: dilationHeight, dilation_width: dilationWidth, stride: stride, top: top, left: left,
      output_height: outputHeight, output_width: outputWidth)
  }
}
