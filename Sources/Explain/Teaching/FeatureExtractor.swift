import Kernels

/// What a network's last linear layer reads of a photograph, and of random views of it.
public final class FeatureExtractor {
  /// Values of one view.
  public let channels: Int
  private let reader: ActivationReader
  private let node: String
  private let preprocessing: Preprocessing
  private let views: Int
  private let seed: Int

  /// - Parameters:
  ///   - preprocessing: how photographs are read, in the place of the model's.
  ///   - views: at least 1: the photograph as it is classified, and random ones, as heads are trained with.
  /// - Throws: `noLinearClassifier`, or the engine's errors.
  public init(_ session: Session, _ preprocessing: Preprocessing, views: Int, seed: Int) throws(TeachingError) {
    guard let layer = ClassifierLayer(session.model) else {
      throw .noLinearClassifier(architecture: session.model.description.architecture)
    }
    precondition(views > 0)
    (channels, node) = (layer.channels, layer.input)
    (self.preprocessing, self.views, self.seed) = (preprocessing, views, seed)
    do { reader = try ActivationReader(session, nodes: [node]) } catch { throw .engine(error) }
  }

  /// Features of all views of a photograph, `[views, channels]`.
  ///
  /// - Parameter name: of the photograph; decides what its random views are.
  public func features(of image: Image, name: String) throws(EngineError) -> [Float] {
    var hash = FNV1a()
    hash.add(name.pathBytes)
    let number = Int(truncatingIfNeeded: hash.value)
    let crop = preprocessing.crop(image).image
    let augmentation = Augmentation(preprocessing: preprocessing)
    var result: [Float] = []
    result.reserveCapacity(views * channels)
    for view in 0..<views {
      var shown = crop
      if view > 0 { shown.pixels = augmentation.view(of: image, SplitMix64(seed, view, number)) }
      _ = try reader.run(MethodInput(shown, preprocessing).values)
      result += reader.values(node)
    }
    return result
  }
}
