import Kernels

/// Random masks, weighted by the probability of the class when the image is seen through them.
///
/// V. Petsiuk et al., "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC 2018. A mask is a coarse grid of
/// cells that are kept or not, enlarged and shifted by chance; all images are seen through the same masks.
package final class RISE: ExplanationMethod {
  /// Masks of the authors for networks of ordinary size.
  static let defaultMasks = 4000

  private let session: Session
  private let masked: MaskedImage
  private let progress: (Int, Int) -> Void
  private let count: Int
  private let makeMask: (_ index: Int) -> RISEMask

  convenience init(_ session: Session, _ options: MethodOptions) {
    let crop = session.model.description.preprocessing.crop
    self.init(session, options) { RISEMask(crop: crop, seed: options.seed, index: $0) }
  }

  /// - Parameter makeMask: yields the masks, which are as many as the options say.
  package init(_ session: Session, _ options: MethodOptions, makeMask: @escaping (_ index: Int) -> RISEMask) {
    self.session = session
    masked = MaskedImage(.black, session.model.description.preprocessing)
    (progress, count, self.makeMask) = (options.progress, options.masks, makeMask)
  }

  package func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    var clock = ExplanationClock()
    let logits = try session.classify(input.values)
    clock.endForward()
    let chosen = classes(logits)
    let crop = input.crop
    let pixels = crop.width * crop.height
    var sums = [[Float]](repeating: [Float](repeating: 0, count: pixels), count: chosen.count)
    var image = [Float](repeating: 0, count: input.values.count)
    for index in 0..<count {
      let mask = makeMask(index).values(crop: PixelSize(crop))
      masked.apply(mask, to: crop.pixels, pixels: pixels, output: &image)
      let probabilities = session.probabilities(try session.classify(image))
      for (map, classIndex) in chosen.enumerated() {
        let probability = probabilities[classIndex]
        for pixel in 0..<pixels { sums[map][pixel] += probability * mask[pixel] }
      }
      progress(index + 1, count)
    }
    let factor = 1 / (Float(count) * Float(RISEMask.keptShare))
    let maps = zip(chosen, sums).map { classIndex, sum in
      ClassMap(classIndex: classIndex, height: crop.height, width: crop.width, values: sum.map { $0 * factor })
    }
    return clock.explanation(logits: logits, maps: maps, passes: PassCount(forward: 1 + count))
  }
}

/// A grid of cells that are kept (1) or not (0), and the shift that its enlargement is cut out at.
package struct RISEMask {
  /// Cells of a side.
  static let cells = 7
  /// Probability that a cell is kept.
  static let keptShare = 0.5

  /// `[cells, cells]`
  var grid: [Float]
  var top, left: Int

  package init(grid: [Float], top: Int, left: Int) { (self.grid, self.top, self.left) = (grid, top, left) }

  /// The mask number `index` for images of this size.
  init(crop: PixelSize, seed: Int, index: Int) {
    var generator = SplitMix64(seed, index)
    grid = (0..<Self.cells * Self.cells).map { _ in generator.unit() < Self.keptShare ? 1 : 0 }
    top = generator.below(Self.cellSize(crop.height))
    left = generator.below(Self.cellSize(crop.width))
  }

  private static func cellSize(_ side: Int) -> Int { (side + cells - 1) / cells }

  /// `[height, width]`: the grid, enlarged bilinearly to one cell more than the image has, and cut out.
  package func values(crop: PixelSize) -> [Float] {
    func axis(_ offset: Int, _ side: Int) -> BilinearAxis {
      let enlarged = (Self.cells + 1) * Self.cellSize(side)
      return BilinearAxis(source: Self.cells, covered: 0..<side, start: -Double(offset), extent: Double(enlarged))
    }
    return bilinear(
      grid, width: Self.cells, columns: axis(left, crop.width), rows: axis(top, crop.height), targetWidth: crop.width,
      targetHeight: crop.height)
  }
}
