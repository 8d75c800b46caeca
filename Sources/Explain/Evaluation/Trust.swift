/// What one more look says of a map: the classifier sees the image through the map's hotter half.
///
/// Half, because over photographs that kind of look agrees best with ROAD, which is another kind (docs/metrics.md).
public struct Trust: Sendable, Equatable {
  /// Of the explained class: with all of the image, and with the image times the map, whose cooler half is zero.
  public let probability, maskedProbability: Float
  /// Whether the class is still, or only now, the most probable one.
  public let survives: Bool
  /// Share of what the network saw of the picture whose saliency is 0.5 or more, 0...1.
  public let area: Double
  /// Whether the map says nothing.
  public let isFlat: Bool
  /// Correlation with the map of Class Activation Mapping, -1...1; nil where that is the map itself, or cannot be had.
  public let agreement: Double?

  package init(
    probability: Float, maskedProbability: Float, survives: Bool, area: Double, isFlat: Bool, agreement: Double?
  ) {
    (self.probability, self.maskedProbability, self.survives) = (probability, maskedProbability, survives)
    (self.area, self.isFlat, self.agreement) = (area, isFlat, agreement)
  }

  /// How much of the confidence is lost behind the map, in percent: the average drop at 50 % of this map alone.
  public var drop: Double {
    probability > 0 ? 100 * max(0, Double(probability) - Double(maskedProbability)) / Double(probability) : 0
  }

  /// The geometric mean of the share of the confidence that is kept and of what the confidence then is, 0...1: a map is not to
  /// be trusted that loses the prediction, nor one of a class that was never likely.
  public var score: Double { isFlat ? 0 : ((1 - drop / 100) * Double(maskedProbability)).squareRoot() }
}

extension Session {
  /// Looks at a crop through a map: one forward pass.
  ///
  /// - Parameters:
  ///   - map: of the class in question.
  ///   - probability: of that class with all of the image.
  ///   - shown: the pixels of the crop that show the picture and not bars around it; nil where all do.
  ///   - cam: the map of the same class by Class Activation Mapping, if there is one to compare with.
  /// - Throws: `EngineError.outOfMemory`.
  public func trust(
    _ map: ClassMap, probability: Float, crop: Image, shown: PixelArea? = nil, cam: ClassMap? = nil
  ) throws(EngineError) -> Trust {
    let saliency = SaliencyMap(map.normalized(), crop: PixelSize(crop), shown: shown)
    let masked = MaskedImage(.black, model.description.preprocessing)
    var input = [Float](repeating: 0, count: crop.pixels.count)
    masked.apply(saliency.mask(keeping: .half), to: crop.pixels, pixels: crop.width * crop.height, output: &input)
    let logits = try classify(input)
    let other = cam.map { SaliencyMap($0.normalized(), crop: PixelSize(crop), shown: shown) }
    return Trust(
      probability: probability, maskedProbability: probabilities(logits)[map.classIndex],
      survives: largest(1, of: logits).first == map.classIndex, area: saliency.area, isFlat: saliency.isFlat,
      agreement: other.flatMap { Similarity.correlation(saliency.seenValues, $0.seenValues) })
  }
}
