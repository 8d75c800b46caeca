/// A window that slides over an image, with just enough padding for `ceil(size / stride)` outputs.
public struct WindowShape: Hashable, Sendable, CustomStringConvertible {
  public var height, width, channels, kernel, stride: Int
  /// Pixels from tap to tap.
  public var dilation: Int

  public init(height: Int, width: Int, channels: Int, kernel: Int, stride: Int, dilation: Int = 1) {
    (self.height, self.width, self.channels) = (height, width, channels)
    (self.kernel, self.stride, self.dilation) = (kernel, stride, dilation)
  }

  public var description: String { "\(height)x\(width)x\(channels) \(kernelText)" }

  /// The kernel, its stride and, where taps are apart, their distance.
  var kernelText: String { "\(kernel)x\(kernel)/\(stride)" + (dilation > 1 ? " dilated \(dilation)" : "") }

  var outputHeight: Int { (height + stride - 1) / stride }
  var outputWidth: Int { (width + stride - 1) / stride }

  /// Pixels of padding before and after `size` pixels.
  func padding(_ size: Int) -> (Int, Int) {
    let total = max(0, ((size + stride - 1) / stride - 1) * stride + extent - size)
    return (total / 2, total - total / 2)
  }

  var geometry: WindowGeometry {
    WindowGeometry(
      height: height, width: width, channels: channels, kernelHeight: kernel, kernelWidth: kernel,
      dilationHeight: dilation, dilationWidth: dilation, stride: stride, top: padding(height).0, left: padding(width).0,
      outputHeight: outputHeight, outputWidth: outputWidth)
  }
  /// Of a dense convolution.
  var layout: ReductionLayout {
    ReductionLayout(
      kernelHeight: kernel, kernelWidth: kernel, dilationHeight: dilation, dilationWidth: dilation, channels: channels)
  }
  var taps: Int { kernel * kernel }
  /// Pixels from the first to the last tap of a row.
  private var extent: Int { (kernel - 1) * dilation + 1 }
  var inputCount: Int { height * width * channels }
  var outputCount: Int { outputHeight * outputWidth * channels }
}
