import CShim

/// How the weights of a convolution or linear layer lie in memory and in a model file.
///
/// Output channels come in panels of 16, the reduction dimension K in groups of 4, so that one group of one panel is
/// 64 bytes of int8: `[N/16][groups][16][4]`. One 512-bit, two 256-bit or four 128-bit loads fetch it, and every integer
/// dot product (`vpdpbusd`, `sdot`) consumes it as it is. Float weights use `[N/16][4 * groups][16]`.
public enum PanelLayout {
  /// Output channels per panel.
  public static let width = panel_width
  /// Consecutive K elements that one integer dot product consumes.
  public static let group = 4
  /// Longest reduction that is summed in Int32 before it is scaled and accumulated in Float.
  public static let block = block_length

  /// Panels that hold `channels` output channels.
  public static func panels(_ channels: Int) -> Int { (channels + width - 1) / width }

  /// Groups that hold `length` elements of K.
  static func groups(_ length: Int) -> Int { (length + group - 1) / group }

  /// Blocks that hold `channels` input channels.
  static func blocks(_ channels: Int) -> Int { (channels + block - 1) / block }

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
    /// Elements of K. A run that spans several pixels counts the channels that fill each pixel up to a whole group.
    public var length: Int
    /// Block that the run is summed into.
    public var block: Int
    /// Groups of 4 that hold `length` elements.
    public var groups: Int { PanelLayout.groups(length) }
  }

  public let kernelHeight, kernelWidth, channels: Int
  public let runs: [Run]
  /// Channels per pixel in memory: whole groups of 4.
  public let storedChannels: Int
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
    require(kernelHeight > 0 && kernelWidth > 0 && channels > 0, "a kernel and channels")
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.channels = channels
    mergesPixels = channels < Self.fewestChannelsPerTap && kernelHeight * kernelWidth > 1
    let storedChannels = PanelLayout.groups(channels) * PanelLayout.group
    self.storedChannels = storedChannels
    var runs: [Run] = []
    for y in 0..<kernelHeight {
      if mergesPixels {
        runs.append(Run(y: y, x: 0, channel: 0, length: kernelWidth * storedChannels, block: 0))
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

  /// Calls `body(k, element)` for every element that carries a weight: its place in the packed reduction dimension and its
  /// index in `[kernelHeight, kernelWidth, channels]` order.
  @inline(__always) private func forEachElement(_ body: (_ k: Int, _ element: Int, _ run: Run) -> Void) {
    var k = 0
    for run in runs {
      let first = (run.y * kernelWidth + run.x) * channels + run.channel
      if mergesPixels {
        for x in 0..<kernelWidth {
          for c in 0..<channels { body(k + x * storedChannels + c, first + x * channels + c, run) }
        }
      } else {
        for i in 0..<run.length { body(k + i, first + i, run) }
      }
      k += run.groups * PanelLayout.group
    }
  }

  /// Packs int8 rows `[outputs, kernelHeight, kernelWidth, channels]` into `[panels][groups][16][4]`; padding is zero.
  public func pack(_ rows: UnsafePointer<Int8>, outputs: Int, into packed: UnsafeMutablePointer<Int8>) {
    pack(rows, outputs, packed, interleave: PanelLayout.group)
  }

  /// Packs Float rows `[outputs, kernelHeight, kernelWidth, channels]` into `[panels][4 * groups][16]`; padding is zero.
  public func pack(_ rows: UnsafePointer<Float>, outputs: Int, into packed: UnsafeMutablePointer<Float>) {
    pack(rows, outputs, packed, interleave: 1)
  }

  /// Copies the weights of one output channel back out of int8 panels, `[kernelHeight, kernelWidth, channels]`.
  public func unpackRow(_ n: Int, of packed: UnsafePointer<Int8>, into row: UnsafeMutablePointer<Int8>) {
    unpackRow(n, packed, row, interleave: PanelLayout.group)
  }

  /// Copies the weights of one output channel back out of Float panels, `[kernelHeight, kernelWidth, channels]`.
  public func unpackRow(_ n: Int, of packed: UnsafePointer<Float>, into row: UnsafeMutablePointer<Float>) {
    unpackRow(n, packed, row, interleave: 1)
  }

  /// - Parameter interleave: elements of K that lie next to each other for one output channel.
  private func pack<T: Numeric>(
    _ rows: UnsafePointer<T>, _ outputs: Int, _ packed: UnsafeMutablePointer<T>, interleave: Int
  ) {
    packed.update(repeating: 0, count: PanelLayout.panels(outputs) * panelBytes)
    for n in 0..<outputs {
      let panel = packed + n / PanelLayout.width * panelBytes
      let row = rows + n * kernelHeight * kernelWidth * channels
      forEachElement { k, element, _ in panel[slot(k, n, interleave)] = row[element] }
    }
  }

  private func unpackRow<T>(
    _ n: Int, _ packed: UnsafePointer<T>, _ row: UnsafeMutablePointer<T>, interleave: Int
  ) {
    let panel = packed + n / PanelLayout.width * panelBytes
    forEachElement { k, element, _ in row[element] = panel[slot(k, n, interleave)] }
  }

  /// Index inside a panel.
  @inline(__always) private func slot(_ k: Int, _ n: Int, _ interleave: Int) -> Int {
    (k / interleave * PanelLayout.width + n % PanelLayout.width) * interleave + k % interleave
  }

  /// Sums of the int8 weights of every block and output channel: `[panels][blocks][16]`.
  ///
  /// Unsigned-by-signed dot products see activations shifted by 128; these sums take the shift out again.
  public func columnSums(_ rows: UnsafePointer<Int8>, outputs: Int, into sums: UnsafeMutablePointer<Int32>) {
    let width = PanelLayout.width
    let rowLength = kernelHeight * kernelWidth * channels
    sums.update(repeating: 0, count: PanelLayout.panels(outputs) * blocks * width)
    for n in 0..<outputs {
      let panelSums = sums + n / width * blocks * width + n % width
      let row = rows + n * rowLength
      forEachElement { _, element, run in panelSums[run.block * width] += Int32(row[element]) }
    }
  }
}
