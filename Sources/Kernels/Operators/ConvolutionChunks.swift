/// How a convolution's output, `[rows, columns]`, is cut into pieces of work that use the caches well and keep all threads busy.
///
/// A chunk passes each weight panel once, with all of its rows. Where the weights of all columns fit the cache, chunks are
/// bands of a few rows, so that the output is written in the order of its memory; larger weights are cut into blocks of
/// columns, or meet as many rows at a time as the cache holds.
struct ConvolutionChunks: Sendable {
  struct Chunk {
    var rows: Range<Int>
    var columns: Range<Int>
  }

  private let rows, columns: Int
  private let rowsPerChunk, columnsPerChunk: Int
  let canQuantizeOutput: Bool

  private let bands: Int
  var count: Int { bands * ((columns + columnsPerChunk - 1) / columnsPerChunk) }

  /// Bands are neighbours: the next chunk finds its weights in the cache.
  subscript(index: Int) -> Chunk {
    let row = index % bands * rowsPerChunk
    let column = index / bands * columnsPerChunk
    return Chunk(
      rows: row..<(index % bands == bands - 1 ? rows : row + rowsPerChunk),
      columns: column..<min(columns, column + columnsPerChunk))
  }

  /// Bytes of weights that are counted upon to stay in a core's L2 cache.
  private static let cachedWeights = 320 << 10
  /// Bytes of activations, likewise.
  private static let cachedActivations = 128 << 10
  /// Rows that make reading the weights worth while.
  private static let fewestRows = 48
  /// A chunk below some 10^5 multiplications costs more to hand out than it saves.
  private static let smallestChunk = 200_000

  /// - Parameters:
  ///   - reduction: bytes of one column's weights.
  ///   - bytesPerRow: activations.
  ///   - wantsQuantized: chunks should be able to quantize their output: whole blocks of 256 columns.
  init(
    rows: Int, columns: Int, reduction: Int, bytesPerRow: Int, wantsQuantized: Bool, tileRows: Int,
    threads: Int
  ) {
    (self.rows, self.columns) = (rows, columns)
    let wanted = threads == 1 ? 1 : min(4 * threads, max(1, rows * columns * reduction / Self.smallestChunk))
    // Blocks of 256 columns are also what is quantized at a time: they should be in the cache then.
    var width = wantsQuantized ? min(columns, PanelLayout.block) : columns
    var band = Self.fewestRows
    if columns * reduction > Self.cachedWeights {
      if PanelLayout.block * reduction <= Self.cachedWeights {
        width = min(columns, PanelLayout.block)
      } else {
        band = max(band, Self.cachedActivations / max(1, bytesPerRow))
      }
    }
    func rounded(_ count: Int) -> Int {
      min(rows, max(tileRows, (count + tileRows / 2) / tileRows * tileRows))
    }
    band = rounded(band)
    // The last band takes what is left over, if that is less than half a band.
    func bands() -> Int { max(1, (rows + band / 2) / band) }
    func chunks() -> Int { bands() * ((columns + width - 1) / width) }
    while chunks() < wanted, band > tileRows { band = rounded((band + 1) / 2) }
    if chunks() < wanted, width > PanelLayout.block { width = PanelLayout.block }
    canQuantizeOutput = wantsQuantized && (chunks() >= min(wanted, 2 * threads))
    if !canQuantizeOutput, chunks() < wanted {
      // Pairs of panels are what a tile takes.
      let pairs = (columns + 31) / 32
      width = max(1, pairs * bands() / wanted) * 32
    }
    (rowsPerChunk, columnsPerChunk, self.bands) = (band, width, bands())
  }
}
