/// The order in which a convolution kernel walks its reduction dimension.
///
/// A *run* is a stretch of K that is contiguous in the (padded, NHWC) input. A *block* is the unit that is summed in Int32
/// and shares one activation scale. Normally each kernel tap contributes one run, which is one block, per 256 channels. With
/// few input channels (the first layer) the whole kernel is one block, and a whole kernel row one run unless it is dilated:
/// such layers quantize their input with a single scale.
///
/// The weights of a tap follow each other, filled up to whole groups of 4, whatever the runs are.
public struct ReductionLayout: Sendable, Equatable {
  public struct Run: Sendable, Equatable {
    /// Kernel row and column of the run's first element.
    public var y, x: Int
    /// First input channel.
    public var channel: Int
    /// Elements of K. A run that spans several pixels counts the channels that fill each pixel up to a whole group.
    public var length: Int
    /// Whether the run is the last of its block.
    public var endsBlock: Bool
    /// Groups of 4 that hold `length` elements.
    public var groups: Int { PanelLayout.groups(length) }
  }

  public let kernelHeight, kernelWidth: Int
  /// Pixels from tap to tap.
  public let dilationHeight, dilationWidth: Int
  /// Of the input.
  public let channels: Int
  /// Groups of 4 elements over all runs.
  public let groups: Int
  /// Int32-summed blocks over all runs.
  public let blocks: Int
  /// True where the whole kernel is one block, so that all of the input must share one scale.
  public let sharesScale: Bool

  /// Fewest input channels for which every kernel tap is a block of its own.
  static let fewestChannelsPerTap = 16

  /// - Precondition: all arguments are positive. A linear layer is a 1 x 1 kernel.
  public init(kernelHeight: Int, kernelWidth: Int, dilationHeight: Int = 1, dilationWidth: Int = 1, channels: Int) {
    require(kernelHeight > 0 && kernelWidth > 0 && channels > 0, "a kernel and channels")
    require(dilationHeight > 0 && dilationWidth > 0, "taps that are apart")
    (self.kernelHeight, self.kernelWidth) = (kernelHeight, kernelWidth)
    (self.dilationHeight, self.dilationWidth) = (dilationHeight, dilationWidth)
    self.channels = channels
    let taps = kernelHeight * kernelWidth
    sharesScale = channels < Self.fewestChannelsPerTap && taps > 1
    groups = taps * PanelLayout.groups(channels)
    blocks = sharesScale ? 1 : taps * PanelLayout.blocks(channels)
  }

  var taps: Int { kernelHeight * kernelWidth }
  /// Pixels from the first to the last tap.
  var extentHeight: Int { (kernelHeight - 1) * dilationHeight + 1 }
  var extentWidth: Int { (kernelWidth - 1) * dilationWidth + 1 }
  /// Elements of K, those that fill up groups included.
  public var depth: Int { groups * PanelLayout.group }
  /// Bytes of one panel of int8 weights.
  public var panelBytes: Int { depth * PanelLayout.width }
  /// Elements of K of one tap, likewise.
  private var tapDepth: Int { PanelLayout.groups(channels) * PanelLayout.group }

  /// The runs in the order of the weights.
  public var runs: [Run] {
    var runs: [Run] = []
    for y in 0..<kernelHeight {
      if sharesScale && dilationWidth == 1 {
        runs.append(Run(y: y, x: 0, channel: 0, length: kernelWidth * tapDepth, endsBlock: false))
        continue
      }
      for x in 0..<kernelWidth {
        for channel in stride(from: 0, to: channels, by: PanelLayout.block) {
          let length = min(PanelLayout.block, channels - channel)
          runs.append(Run(y: y, x: x, channel: channel, length: length, endsBlock: !sharesScale))
        }
      }
    }
    runs[runs.count - 1].endsBlock = true
    return runs
  }

  /// Where the weight of a column for one channel of a tap lies in Float panels `[panels][depth][16]`.
  @inline(__always) func place(column n: Int, tap: Int, channel: Int) -> Int {
    (n / PanelLayout.width * depth + tap * tapDepth + channel) * PanelLayout.width + n % PanelLayout.width
  }

  /// Calls `body(k, element, block)` for every element that carries a weight: its place in the packed reduction dimension,
  /// its index in `[kernelHeight, kernelWidth, channels]` order and its block.
  @inline(__always) private func forEachElement(_ body: (_ k: Int, _ element: Int, _ block: Int) -> Void) {
    for tap in 0..<taps {
      let firstBlock = sharesScale ? 0 : tap * PanelLayout.blocks(channels)
      for c in 0..<channels { body(tap * tapDepth + c, tap * channels + c, firstBlock + c / PanelLayout.block) }
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
      let row = rows + n * taps * channels
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
    sums.update(repeating: 0, count: PanelLayout.panels(outputs) * blocks * width)
    for n in 0..<outputs {
      let panelSums = sums + n / width * blocks * width + n % width
      let row = rows + n * taps * channels
      forEachElement { _, element, block in panelSums[block * width] += Int32(row[element]) }
    }
  }
}
