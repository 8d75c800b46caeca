/// A window that slides over an image, with just enough padding for `ceil(size / stride)` outputs.
public struct WindowShape: Hashable, Sendable, CustomStringConvertible {
  public var height, width, channels, kernel, stride: Int

  public init(height: Int, width: Int, channels: Int, kernel: Int, stride: Int) {
    (self.height, self.width, self.channels) = (height, width, channels)
    (self.kernel, self.stride) = (kernel, stride)
  }

  public var description: String { "\(height)x\(width)x\(channels) \(kernel)x\(kernel)/\(stride)" }

  var outputHeight: Int { (height + stride - 1) / stride }
  var outputWidth: Int { (width + stride - 1) / stride }

  /// Pixels of padding before and after `size` pixels.
  func padding(_ size: Int) -> (Int, Int) {
    let total = max(0, ((size + stride - 1) / stride - 1) * stride + kernel - size)
    return (total / 2, total - total / 2)
  }

  var geometry: WindowGeometry {
    WindowGeometry(
      height: height, width: width, channels: channels, kernelHeight: kernel, kernelWidth: kernel, stride: stride,
      top: padding(height).0, left: padding(width).0, outputHeight: outputHeight, outputWidth: outputWidth)
  }
  var taps: Int { kernel * kernel }
  var inputCount: Int { height * width * channels }
  var outputCount: Int { outputHeight * outputWidth * channels }
}
