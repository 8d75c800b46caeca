/// What can be measured of a map.
public enum MapMetric: String, Sendable, CaseIterable {
  /// Average drop of the confidence when the image is seen through its map.
  case ad
  /// Share of images whose confidence increases then.
  case ic
  /// Share of images whose prediction survives while pixels are removed and imputed.
  case road
  /// Area under the probability while pixels appear.
  case insertion
  /// Area under the probability while pixels go.
  case deletion
  /// Share of images whose hottest pixel lies in the box.
  case pointing
  /// Share of the saliency that lies in the box.
  case energy
  /// Trust in the single map, and what the others say of the maps that are trusted most and least.
  case trust
}

/// What was measured of one map; nil where it was not asked for, or where the image has no box.
public struct MapMeasurement: Sendable {
  /// The class that the map explains, which is the predicted one, and its probability.
  public var classIndex: Int
  public var probability: Float
  /// Probabilities of the same class through the map.
  public var masked: [KeptShare: Float]?
  public var road: RoadAgreement?
  public var insertion, deletion: Double?
  public var localization: Localization?
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
  /// - Throws: `EngineError.outOfMemory`.
  public func measure(
    _ map: ClassMap, probability: Float, of image: EvaluatedImage, cam: ClassMap? = nil
  ) throws(EngineError) -> MapMeasurement {
    let (crop, index) = (image.crop, map.classIndex)
    let saliency = SaliencyMap(map.normalized(), crop: PixelSize(crop), shown: image.shown)
    var result = MapMeasurement(classIndex: index, probability: probability)
    if !metrics.isDisjoint(with: [.ad, .ic]) {
      result.masked = try session.maskedProbabilities(of: index, under: saliency, crop: crop)
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
    if !metrics.isDisjoint(with: [.pointing, .energy]), let box = image.box {
      result.localization = Localization(saliency, box: box, region: image.region)
    }
    if metrics.contains(.trust) {
      result.trust = try session.trust(map, probability: probability, crop: crop, shown: image.shown, cam: cam)
    }
    return result
  }
}
