/// How the weights of a convolution or linear layer lie in memory and in a model file.
///
/// Output channels come in panels of 16, the reduction dimension K in groups of 4, so that one group of one panel is
/// 64 bytes of int8: `[N/16][groups][16][4]`. One 512-bit, two 256-bit or four 128-bit loads fetch it, and every integer
/// dot product (`vpdpbusd`, `sdot`) consumes it as it is. Float weights use `[N/16][4 * groups][16]`.
public enum PanelLayout {
  /// Output channels per panel.
  public static let width = 16
  /// Consecutive K elements that one integer dot product consumes.
  public static let group = 4
  /// Longest reduction that is summed in Int32 before it is scaled and accumulated in Float.
  public static let block = 256

  /// Panels that hold `channels` output channels.
  public static func panels(_ channels: Int) -> Int { (channels + width - 1) / width }

  /// `channels` rounded up to whole panels.
  public static func padded(_ channels: Int) -> Int { panels(channels) * width }
}

/// The order in which a convolution kernel walks its reduction dimension.
///
/// A *run* is a stretch of K that is contiguous in the (padded, NHWC) input. A *block* is the unit that is summed in Int32
/// and shares one activation scale. Normally each kernel tap contributes one run, which is one block, per 256 channels. With
/// few input channels (the first layer) a whole kernel row is one run and the whole kernel one block: such layers
/// quantize their input with a single scale.
public struct ReductionLayout: Sendable, Equatable {
  public struct Run: Sendable, Equatable {
    /// Kernel row and column of the run's first element.
    public var y, x: Int
    /// First input channel.
    public var channel: Int
    /// Elements of K that carry weights.
    public var length: Int
    /// Block that the run is summed into.
    public var block: Int
    /// Groups of 4 that hold `length` elements.
    public var groups: Int { (length + PanelLayout.group - 1) / PanelLayout.group }
  }

  public let kernelHeight, kernelWidth, channels: Int
  public let runs: [Run]
  /// Groups of 4 elements over all runs.
  public let groups: Int
  /// Int32-summed blocks over all runs.
  public let blocks: Int
  /// True where a run spans several pixels, so that all of the input must share one scale.
  public let mergesPixels: Bool

  /// Fewest input channels for which every kernel tap is a run of its own.
  static let fewestChannelsPerTap = 16

  /// - Precondition: all arguments are positive. A linear layer is a 1 x 1 kernel.
  public init(kernelHeight: Int, kernelWidth: Int, channels: Int) {
    precondition(kernelHeight > 0 && kernelWidth > 0 && channels > 0)
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.channels = channels
    mergesPixels = channels < Self.fewestChannelsPerTap && kernelHeight * kernelWidth > 1
    var runs: [Run] = []
    for y in 0..<kernelHeight {
      if mergesPixels {
        runs.append(Run(y: y, x: 0, channel: 0, length: kernelWidth * channels, block: 0))
        continue
      }
      for x in 0..<kernelWidth {
        for channel in stride(from: 0, to: channels, by: PanelLayout.block) {
          let length = min(PanelLayout.block, channels - channel)
          runs.append(Run(y: y, x: x, channel: channel, length: length, block: runs.count))
        }
      }
    }
    self.runs = runs
    groups = runs.reduce(0) { $0 + $1.groups }
    blocks = mergesPixels ? 1 : runs.count
  }

  /// Bytes of one panel of int8 weights.
  public var panelBytes: Int { groups * PanelLayout.group * PanelLayout.width }

  /// Element index in `[kernelHeight, kernelWidth, channels]` order of a run's first element.
  func firstElement(of run: Run) -> Int { (run.y * kernelWidth + run.x) * channels + run.channel }

  /// Packs rows `[outputs, kernelHeight, kernelWidth, channels]` into panels; padding is zero.
  ///
  /// - Parameter interleave: elements of one group that lie next to each other for one output channel: 4 gives the
  ///   int8 layout `[panels][groups][16][4]`, 1 the Float layout `[panels][4 * groups][16]`.
  public func pack<T: Numeric>(
    _ rows: UnsafePointer<T>, outputs: Int, into packed: UnsafeMutablePointer<T>, interleave: Int
  ) {
    precondition(interleave == 1 || interleave == PanelLayout.group)
    let width = PanelLayout.width, group = PanelLayout.group
    let rowLength = kernelHeight * kernelWidth * channels
    packed.update(repeating: 0, count: PanelLayout.panels(outputs) * panelBytes)
    for n in 0..<outputs {
      let panel = packed + (n / width) * panelBytes
      var k = 0
      for run in runs {
        let source = rows + n * rowLength + firstElement(of: run)
        for i in 0..<run.length {
          let slot = (k + i) / interleave * interleave * width + (n % width) * interleave + (k + i) % interleave
          panel[slot] = source[i]
        }
        k += run.groups * group
      }
    }
  }

  /// Sums of the int8 weights of every block and output channel: `[panels][blocks][16]`.
  ///
  /// Unsigned-by-signed dot products see activations shifted by 128; these sums take the shift out again.
  public func columnSums(
    _ rows: UnsafePointer<Int8>, outputs: Int, into sums: UnsafeMutablePointer<Int32>
  ) {
    let width = PanelLayout.width
    let rowLength = kernelHeight * kernelWidth * channels
    sums.update(repeating: 0, count: PanelLayout.panels(outputs) * blocks * width)
    for n in 0..<outputs {
      for run in runs {
        let source = rows + n * rowLength + firstElement(of: run)
        var sum: Int32 = 0
        for i in 0..<run.length { sum += Int32(source[i]) }
        sums[((n / width) * blocks + run.block) * width + n % width] += sum
      }
    }
  }

  /// Copies the weights of one output channel back out of packed int8 panels, `[kernelHeight, kernelWidth, channels]`.
  public func unpackRow(_ n: Int, of packed: UnsafePointer<Int8>, into row: UnsafeMutablePointer<Int8>) {
    let width = PanelLayout.width, group = PanelLayout.group
    let panel = packed + (n / width) * panelBytes
    var k = 0
    for run in runs {
      let target = row + firstElement(of: run)
      for i in 0..<run.length {
        target[i] = panel[(k + i) / group * group * width + (n % width) * group + (k + i) % group]
      }
      k += run.groups * group
    }
  }
}
