/// How much of a saliency map is kept when it masks an image, in percent of the pixels.
public enum KeptShare: Int, Sendable, CaseIterable, Codable {
  case all = 100
  case half = 50
  case fifteen = 15
}

extension SaliencyMap {
  /// The value below which the rest of what the network saw lies: a quantile, with linear interpolation between the neighbours in order.
  public func threshold(keeping share: KeptShare) -> Float {
    Float(quantile(Double(100 - share.rawValue) / 100, ofSorted: seenValues.sorted()))
  }

  /// The map with everything below the threshold at zero; what is kept stays as it is. Bars around the picture are 1: the
  /// picture is masked, and they stay what they are.
  public func mask(keeping share: KeptShare) -> [Float] {
    let threshold = share == .all ? 0 : threshold(keeping: share)
    let mask = values.map { $0 < threshold ? 0 : $0 }
    if seen.count == values.count { return mask }
    var result = [Float](repeating: 1, count: values.count)
    for i in seenIndices { result[i] = mask[i] }
    return result
  }
}

/// A quantile of ascending values, with linear interpolation between the neighbours in order.
///
/// - Parameter share: 0...1.
/// - Precondition: there are values.
func quantile<Value: BinaryFloatingPoint>(_ share: Double, ofSorted sorted: [Value]) -> Double {
  let position = share * Double(sorted.count - 1)
  let lower = Int(position)
  let upper = min(lower + 1, sorted.count - 1)
  return Double(sorted[lower]) + (Double(sorted[upper]) - Double(sorted[lower])) * (position - Double(lower))
}

extension Session {
  /// How probable a class is when the image is seen through its own saliency, for every share that is kept.
  ///
  /// The raw image is multiplied by the mask and then normalised, for every kind of network.
  ///
  /// - Parameters:
  ///   - saliency: of the crop's size.
  ///   - crop: what the network sees.
  /// - Throws: `EngineError.outOfMemory`.
  public func maskedProbabilities(
    of classIndex: Int, under saliency: SaliencyMap, crop: Image
  ) throws(EngineError) -> [KeptShare: Float] {
    let masked = MaskedImage(.black, model.description.preprocessing)
    var input = [Float](repeating: 0, count: model.description.preprocessing.inputCount)
    var result: [KeptShare: Float] = [:]
    for share in KeptShare.allCases {
      masked.apply(
        saliency.mask(keeping: share), to: crop.pixels, pixels: crop.width * crop.height, output: &input)
      result[share] = probabilities(try classify(input))[classIndex]
    }
    return result
  }
}

/// How sure a classifier is of its own class, with all of an image and through the map that explains it.
public struct MaskedConfidence: Sendable {
  /// The predicted class of the whole image, and its probability.
  public var classIndex: Int
  public var probability: Float
  /// Probabilities of the same class through the map.
  public var masked: [KeptShare: Float]
}

extension Session {
  /// Explains a crop's predicted class and looks at the crop through the explanation.
  ///
  /// - Parameter shown: the pixels of the crop that show the picture and not bars around it; nil where all do.
  /// - Throws: `EngineError.noHead` if the model has no attention head; `EngineError.outOfMemory`.
  public func maskedConfidence(_ crop: Image, shown: PixelArea? = nil) throws(EngineError) -> MaskedConfidence {
    let preprocessing = model.description.preprocessing
    var input = [Float](repeating: 0, count: preprocessing.inputCount)
    preprocessing.normalize(crop, into: &input)
    let explanation = try explain(input) { largest(1, of: $0) }
    let map = explanation.maps[0]
    let saliency = SaliencyMap(map.normalized(), crop: preprocessing.crop, shown: shown)
    return MaskedConfidence(
      classIndex: map.classIndex, probability: probabilities(explanation.logits)[map.classIndex],
      masked: try maskedProbabilities(of: map.classIndex, under: saliency, crop: crop))
  }
}
