/// The order in which a convolution kernel walks its reduction dimension.
///
/// A *run* is a stretch of K that is contiguous in the (padded, NHWC) input. A *block* is the unit that is summed in Int32
/// and shares one activation scale. Normally each kernel tap contributes one run, which is one block, per 256 channels. With
/// few input channels (the first layer) the whole kernel is one block, and a whole kernel row one run unless it is dilated:
/// such layers quantize their input with a single scale.
///
/// The weights of a tap follow each other, filled up to whole groups of 4, whatever the runs are.
///
/// Where channels are convolved in groups, the 16 outputs of a panel read the channels of their own groups alone, or those of
/// several groups with zeros in between: panels of 4 channels a group hold blocks of a matrix's diagonal. Panels that read
/// more are longer; in memory all are as long as the longest.
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
  public let channelGroups: ChannelGroups
  /// Groups of 4 elements of the longest panel.
  public let groups: Int
  /// Most Int32-summed blocks of any panel.
  public let blocks: Int
  /// True where the whole kernel is one block, so that all of the input must share one scale.
  public let sharesScale: Bool

  /// Fewest input channels for which every kernel tap is a block of its own.
  static let fewestChannelsPerTap = 16

  /// - Precondition: all arguments are positive. A linear layer is a 1 x 1 kernel.
  public init(
    kernelHeight: Int, kernelWidth: Int, dilationHeight: Int = 1, dilationWidth: Int = 1, channels: Int,
    groups channelGroups: ChannelGroups = .one
  ) {
    require(kernelHeight > 0 && kernelWidth > 0 && channels > 0, "a kernel and channels")
    require(dilationHeight > 0 && dilationWidth > 0, "taps that are apart")
    (self.kernelHeight, self.kernelWidth) = (kernelHeight, kernelWidth)
    (self.dilationHeight, self.dilationWidth) = (dilationHeight, dilationWidth)
    require(channels % channelGroups.count == 0, "groups of as many channels")
    (self.channels, self.channelGroups) = (channels, channelGroups)
    let taps = kernelHeight * kernelWidth
    sharesScale = channels < Self.fewestChannelsPerTap && taps > 1
    var (groups, blocks) = (0, 0)
    for panel in 0..<(channelGroups.count == 1 ? 1 : channelGroups.panels) {
      let read = Self.channels(ofPanel: panel, channelGroups, channels)
      groups = max(groups, PanelLayout.groups(read.count))
      blocks = max(blocks, Self.blocks(read))
    }
    self.groups = taps * groups
    self.blocks = sharesScale ? 1 : taps * blocks
  }

  /// Whole groups of 4 input channels that the columns of a panel read.
  private static func channels(ofPanel panel: Int, _ channelGroups: ChannelGroups, _ channels: Int) -> Range<Int> {
    guard channelGroups.count > 1 else { return 0..<channels }
    let groups = channelGroups.groups(ofPanel: panel)
    let width = channels / channelGroups.count
    let first = groups.lowerBound * width / PanelLayout.group * PanelLayout.group
    let end = PanelLayout.groups((groups.upperBound + 1) * width) * PanelLayout.group
    return first..<min(end, channels)
  }

  /// Blocks of 256 input channels that hold these.
  private static func blocks(_ channels: Range<Int>) -> Int {
    PanelLayout.blocks(channels.upperBound) - channels.lowerBound / PanelLayout.block
  }

  var taps: Int { kernelHeight * kernelWidth }
  /// Input channels of one group: what an output reads.
  public var groupChannels: Int { channels / channelGroups.count }
  /// The first input channel that output `n` reads.
  public func firstChannel(of n: Int) -> Int { channelGroups.group(ofColumn: n) * groupChannels }

  /// Input channels that the columns of a panel read: those of their groups, grown to whole groups of 4.
  func channels(ofPanel panel: Int) -> Range<Int> { Self.channels(ofPanel: panel, channelGroups, channels) }

  /// Pixels from the first to the last tap.
  var extentHeight: Int { (kernelHeight - 1) * dilationHeight + 1 }
  var extentWidth: Int { (kernelWidth - 1) * dilationWidth + 1 }
  /// Elements of K, those that fill up groups included.
  public var depth: Int { groups * PanelLayout.group }
  /// Bytes of one panel of int8 weights.
  public var panelBytes: Int { depth * PanelLayout.width }
  /// Elements of K of one tap, likewise.
  private static func depth(_ channels: Range<Int>) -> Int { PanelLayout.groups(channels.count) * PanelLayout.group }

  /// The runs of a panel that reads these channels, in the order of its weights.
  func runs(reading read: Range<Int>) -> [Run] {
    var runs: [Run] = []
    for y in 0..<kernelHeight {
      if sharesScale && dilationWidth == 1 && channelGroups.count == 1 {
        runs.append(Run(y: y, x: 0, channel: 0, length: kernelWidth * Self.depth(read), endsBlock: false))
        continue
      }
      for x in 0..<kernelWidth {
        var channel = read.lowerBound
        while channel < read.upperBound {
          let end = min((channel / PanelLayout.block + 1) * PanelLayout.block, read.upperBound)
          runs.append(Run(y: y, x: x, channel: channel, length: end - channel, endsBlock: !sharesScale))
          channel = end
        }
      }
    }
    runs[runs.count - 1].endsBlock = true
    return runs
  }

  /// Where the weight of a column for one channel of a tap lies in Float panels `[panels][depth][16]`.
  @inline(__always) func place(column n: Int, tap: Int, channel: Int) -> Int {
    let (panel, lane) = n.quotientAndRemainder(dividingBy: PanelLayout.width)
    let read = channels(ofPanel: panel)
    let k = tap * Self.depth(read) + channel - read.lowerBound
    return (panel * depth + k) * PanelLayout.width + lane
  }

  /// Calls `body(k, element, block)` for every weight of output `n`: its place in the packed reduction dimension, its index in
  /// `[kernelHeight, kernelWidth, groupChannels]` order and its block.
  @inline(__always) private func forEachElement(
    of n: Int, _ body: (_ k: Int, _ element: Int, _ block: Int) -> Void
  ) {
    let read = channels(ofPanel: n / PanelLayout.width)
    let (tapDepth, tapBlocks) = (Self.depth(read), Self.blocks(read))
    let (first, count) = (firstChannel(of: n), groupChannels)
    for tap in 0..<taps {
      let block = sharesScale ? 0 : tap * tapBlocks - read.lowerBound / PanelLayout.block
      for c in 0..<count {
        let channel = first + c
        let k = tap * tapDepth + channel - read.lowerBound
        body(k, tap * count + c, sharesScale ? 0 : block + channel / PanelLayout.block)
      }
    }
  }

  /// Packs int8 rows `[outputs, kernelHeight, kernelWidth, groupChannels]` into `[panels][groups][16][4]`; padding is zero.
  ///
  /// - Parameters:
  ///   - first: number of the first output, a multiple of 16; `packed` begins with its panel.
  ///   - outputs: as many rows.
  public func pack(
    _ rows: UnsafePointer<Int8>, from first: Int = 0, outputs: Int, into packed: UnsafeMutablePointer<Int8>
  ) {
    pack(rows, first, outputs, packed, interleave: PanelLayout.group)
  }

  /// Packs Float rows `[outputs, kernelHeight, kernelWidth, groupChannels]` into `[panels][4 * groups][16]`, likewise.
  public func pack(
    _ rows: UnsafePointer<Float>, from first: Int = 0, outputs: Int, into packed: UnsafeMutablePointer<Float>
  ) {
    pack(rows, first, outputs, packed, interleave: 1)
  }

  /// Copies the weights of one output channel back out of int8 panels, `[kernelHeight, kernelWidth, groupChannels]`.
  public func unpackRow(_ n: Int, of packed: UnsafePointer<Int8>, into row: UnsafeMutablePointer<Int8>) {
    unpackRow(n, packed, row, interleave: PanelLayout.group)
  }

  /// Copies the weights of one output channel back out of Float panels, `[kernelHeight, kernelWidth, groupChannels]`.
  public func unpackRow(_ n: Int, of packed: UnsafePointer<Float>, into row: UnsafeMutablePointer<Float>) {
    unpackRow(n, packed, row, interleave: 1)
  }

  /// - Parameter interleave: elements of K that lie next to each other for one output channel.
  private func pack<T: Numeric>(
    _ rows: UnsafePointer<T>, _ first: Int, _ outputs: Int, _ packed: UnsafeMutablePointer<T>, interleave: Int
  ) {
    packed.update(repeating: 0, count: PanelLayout.panels(outputs) * panelBytes)
    for n in 0..<outputs {
      let panel = packed + n / PanelLayout.width * panelBytes
      let row = rows + n * taps * groupChannels
      forEachElement(of: first + n) { k, element, _ in panel[slot(k, n, interleave)] = row[element] }
    }
  }

  private func unpackRow<T>(
    _ n: Int, _ packed: UnsafePointer<T>, _ row: UnsafeMutablePointer<T>, interleave: Int
  ) {
    let panel = packed + n / PanelLayout.width * panelBytes
    forEachElement(of: n) { k, element, _ in row[element] = panel[slot(k, n, interleave)] }
  }

  /// Index inside a panel.
  @inline(__always) private func slot(_ k: Int, _ n: Int, _ interleave: Int) -> Int {
    (k / interleave * PanelLayout.width + n % PanelLayout.width) * interleave + k % interleave
  }

  /// Sums of the int8 weights of every block and output channel: `[panels][blocks][16]`.
  ///
  /// Unsigned-by-signed dot products see activations shifted by 128; these sums take the shift out again.
  ///
  /// - Parameter first: number of the first output, a multiple of 16; `sums` begins with its panel.
  public func columnSums(
    _ rows: UnsafePointer<Int8>, from first: Int = 0, outputs: Int, into sums: UnsafeMutablePointer<Int32>
  ) {
    let width = PanelLayout.width
    sums.update(repeating: 0, count: PanelLayout.panels(outputs) * blocks * width)
    for n in 0..<outputs {
      let panelSums = sums + n / width * blocks * width + n % width
      let row = rows + n * taps * groupChannels
      forEachElement(of: first + n) { _, element, block in panelSums[block * width] += Int32(row[element]) }
    }
  }
}
