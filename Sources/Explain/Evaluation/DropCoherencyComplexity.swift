/// Whether a map keeps the confidence (average drop), is found again in the image seen through it (coherency), and is small
/// (complexity), and the harmonic mean of the three: ADCC.
///
/// S. Poppi et al., "Revisiting the Evaluation of Class Activation Mapping for Explainability: A Novel Metric and Experimental
/// Analysis", CVPR Workshops 2021. A brighter map has another drop and another complexity, so a curve can move it.
public struct DropCoherencyComplexity: Sendable, Equatable {
  /// The relative loss of confidence through the full map, 0...1; lower is better.
  public let drop: Double
  /// Pearson's correlation with the map of the image seen through the map, scaled from -1...1 to 0...1; 0.5 where one of the two
  /// is constant. Higher is better.
  public let coherency: Double
  /// The mean of the map, 0...1; lower is better.
  public let complexity: Double

  /// - Parameters:
  ///   - saliency: the map.
  ///   - again: the same method's map of the image times `saliency`, of the same size.
  ///   - drop: 0...1
  package init(_ saliency: SaliencyMap, again: SaliencyMap, drop: Double) {
    let values = saliency.seenValues
    self.drop = drop
    coherency = ((Similarity.correlation(values, again.seenValues) ?? 0) + 1) / 2
    complexity = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
  }

  /// ADCC of this map, 0...1: the harmonic mean of coherency, 1 - complexity and 1 - drop; 0 where one of them is.
  public var score: Double {
    let parts = [coherency, 1 - complexity, 1 - drop]
    return parts.contains { $0 <= 0 } ? 0 : Double(parts.count) / parts.reduce(0) { $0 + 1 / $1 }
  }
}

extension Session {
  /// Looks at a crop through a map, and has the method explain what is left: one forward pass and one explanation.
  ///
  /// - Parameters:
  ///   - saliency: of the crop's size.
  ///   - probability: of the class for the whole crop, above zero.
  ///   - shown: the pixels of the crop that show the picture; nil where all do.
  ///   - method: that made the map.
  /// - Throws: what the method throws.
  func dropCoherencyComplexity(
    of classIndex: Int, under saliency: SaliencyMap, probability: Float, crop: Image, shown: PixelArea?,
    method: any ExplanationMethod
  ) throws(EngineError) -> DropCoherencyComplexity {
    let mask = saliency.mask(keeping: .all)
    let masked = MaskedImage(.black, model.description.preprocessing)
    var input = [Float](repeating: 0, count: model.description.preprocessing.inputCount)
    masked.apply(mask, to: crop.pixels, pixels: crop.width * crop.height, output: &input)
    let left = probabilities(try classify(input))[classIndex]
    let pixels = crop.pixels.enumerated().map { UInt8(Float($1) * mask[$0 / 3] + 0.5) }
    let seen = MethodInput(crop: Image(width: crop.width, height: crop.height, pixels: pixels), values: input)
    let again = try method.explain(seen) { _ in [classIndex] }.maps[0]
    return DropCoherencyComplexity(
      saliency, again: SaliencyMap(again.normalized(), crop: PixelSize(crop), shown: shown),
      drop: max(0, Double(probability) - Double(left)) / Double(probability))
  }
}
