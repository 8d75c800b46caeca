/// What can be measured of a map.
public enum MapMetric: String, Sendable, CaseIterable {
  /// Average drop of the confidence when the image is seen through its map, and through the ranks of its map.
  case ad
  /// Share of images whose confidence increases then.
  case ic
  /// Share of images whose prediction survives while pixels are removed and imputed.
  case road
  /// Area under the probability while pixels appear.
  case insertion
  /// Area under the probability while pixels go.
  case deletion
  /// Share of images whose hottest pixel lies in the box, with and without a margin.
  case pointing
  /// Share of the saliency, and of its ranks, that lies in the box.
  case energy
  /// Intersection over union of the box and as many of the hottest pixels.
  case iou
  /// Average drop, coherency and complexity, and their harmonic mean.
  case adcc
  /// Whether more salient pixels matter more.
  case saco
  /// Whether patches that are more salient cost more when they are removed.
  case patchDeletion = "patch-deletion"
  /// Trust in the single map, and what the others say of the maps that are trusted most and least.
  case trust

  /// Those that need boxes.
  public static let ofBoxes: Set<MapMetric> = [.pointing, .energy, .iou]
}

/// What was measured of one map; nil where it was not asked for, or where the image has no box.
public struct MapMeasurement: Sendable {
  /// The class that the map explains, which is the predicted one, and its probability.
  public var classIndex: Int
  public var probability: Float
  /// Probabilities of the same class through the map.
  public var masked: [KeptShare: Float]?
  /// The same through the map's ranks.
  public var rankMasked: [KeptShare: Float]?
  public var road: RoadAgreement?
  public var insertion, deletion: Double?
  public var localization: Localization?
  public var adcc: DropCoherencyComplexity?
  public var saco: SalienceCoefficient?
  public var patchDeletion: PatchDeletion?
  public var trust: Trust?

  package init(classIndex: Int, probability: Float) {
    (self.classIndex, self.probability) = (classIndex, probability)
  }
}

/// An image whose maps are measured.
public struct EvaluatedImage: Sendable {
  /// What the network sees, and where in the picture it lies.
  public var crop: Image
  public var region: CropRegion
  /// The pixels of `crop` that show the picture and not bars around it.
  public var shown: PixelArea
  /// Around what the picture shows.
  public var box: PixelBox?
  /// Place in the list, from which its noise is drawn.
  public var index: Int

  /// - Parameter shown: nil where all of `crop` shows the picture.
  public init(crop: Image, region: CropRegion, shown: PixelArea? = nil, box: PixelBox?, index: Int) {
    (self.crop, self.region, self.box, self.index) = (crop, region, box, index)
    self.shown = shown ?? PixelArea(width: crop.width, height: crop.height)
  }
}

/// Measures maps of predicted classes, whatever made them.
public struct MapEvaluator {
  let session: Session
  let metrics: Set<MapMetric>
  /// Of all noise.
  let seed: Int
  /// Steps of insertion and deletion.
  let steps: Int

  public init(_ session: Session, metrics: Set<MapMetric>, seed: Int, steps: Int = CausalMetric.steps) {
    (self.session, self.metrics, self.seed, self.steps) = (session, metrics, seed, steps)
  }

  /// - Parameters:
  ///   - map: of the predicted class.
  ///   - probability: of that class.
  ///   - cam: the map of Class Activation Mapping, if there is one to compare with.
  ///   - method: that made the map; without it, ADCC is not measured.
  /// - Throws: `EngineError.outOfMemory`, and what the method throws.
  public func measure(
    _ map: ClassMap, probability: Float, of image: EvaluatedImage, cam: ClassMap? = nil,
    method: (any ExplanationMethod)? = nil
  ) throws(EngineError) -> MapMeasurement {
    let (crop, index) = (image.crop, map.classIndex)
    let saliency = SaliencyMap(map.normalized(), crop: PixelSize(crop), shown: image.shown)
    let ranked = metrics.isDisjoint(with: Self.ofRanks) ? saliency : saliency.ranked
    var result = MapMeasurement(classIndex: index, probability: probability)
    if !metrics.isDisjoint(with: [.ad, .ic]) {
      result.masked = try session.maskedProbabilities(of: index, under: saliency, crop: crop)
      result.rankMasked = try session.maskedProbabilities(of: index, under: ranked, crop: crop)
    }
    if metrics.contains(.road) {
      result.road = try session.road(of: index, under: saliency, crop: crop, seed: seed, image: image.index)
    }
    if metrics.contains(.insertion) {
      result.insertion = try session.causalArea(.insertion, of: index, under: saliency, crop: crop, steps: steps)
    }
    if metrics.contains(.deletion) {
      result.deletion = try session.causalArea(.deletion, of: index, under: saliency, crop: crop, steps: steps)
    }
    if !metrics.isDisjoint(with: MapMetric.ofBoxes), let box = image.box {
      result.localization = Localization(saliency, ranked: ranked, box: box, region: image.region)
    }
    if metrics.contains(.adcc), let method {
      result.adcc = try session.dropCoherencyComplexity(
        of: index, under: saliency, probability: probability, crop: crop, shown: image.shown, method: method)
    }
    try measureGroups(saliency, ranked, of: image, &result)
    if metrics.contains(.trust) {
      result.trust = try session.trust(map, probability: probability, crop: crop, shown: image.shown, cam: cam)
    }
    return result
  }

  /// Those that read the map's ranks.
  private static let ofRanks: Set<MapMetric> = MapMetric.ofBoxes.union([.ad, .ic, .saco, .patchDeletion])

  /// Measures what groups of pixels are worth that are removed together.
  private func measureGroups(
    _ saliency: SaliencyMap, _ ranked: SaliencyMap, of image: EvaluatedImage, _ result: inout MapMeasurement
  ) throws(EngineError) {
    if metrics.isDisjoint(with: [.saco, .patchDeletion]) { return }
    let (preprocessing, index) = (session.model.description.preprocessing, result.classIndex)
    var input = [Float](repeating: 0, count: preprocessing.inputCount)
    preprocessing.normalize(image.crop, into: &input)
    if metrics.contains(.saco) {
      result.saco = try SalienceCoefficient(saliency, ranked: ranked, image: input, channels: preprocessing.channels) {
        changed throws(EngineError) in
        Double(session.probabilities(try session.classify(changed))[index])
      }
    }
    if metrics.contains(.patchDeletion) {
      result.patchDeletion = try PatchDeletion(saliency, ranked: ranked, image: input, channels: preprocessing.channels)
      { changed throws(EngineError) in Double(try session.classify(changed)[index]) }
    }
  }
}
