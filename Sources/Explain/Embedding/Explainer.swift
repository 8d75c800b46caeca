/// A method on a session of its own: all the way from a picture's pixels to maps.
///
/// One picture at a time; use one explainer per concurrent stream. The model may be shared.
public final class Explainer {
  public let session: Session
  public let method: any ExplanationMethod
  private let preprocessing: Preprocessing
  /// How pictures are read for the method's own resolution; nil where that is the usual one.
  private let detail: Preprocessing?

  /// - Parameters:
  ///   - choice: nil is the model's head, or what else explains the network in one pass.
  ///   - preprocessing: how pictures are read; nil is as the model's file says.
  /// - Throws: `MethodError.unsupported` if the model lacks what the method reads, and the engine's errors.
  public init(
    _ session: Session, _ choice: MethodChoice? = nil, _ options: MethodOptions = MethodOptions(),
    preprocessing: Preprocessing? = nil
  ) throws(MethodError) {
    let choice = choice ?? MethodChoice(.usual(session.model))
    self.session = session
    method = try choice.makeMethod(session, options)
    self.preprocessing = preprocessing ?? session.model.description.preprocessing
    detail = choice.preprocessing(self.preprocessing)
  }

  /// Logits of a picture, and the saliency of the classes that `classes` chooses from them.
  public func explain(
    _ picture: Image, classes: (_ logits: [Float]) -> [Int]
  ) throws(EngineError) -> PictureExplanation {
    let crop = NetworkCrop(picture, preprocessing)
    var input = MethodInput(crop.image, preprocessing)
    input.details = [detail].compactMap { $0?.crop(picture).image }
    let explanation = try method.explain(input, classes: classes)
    return PictureExplanation(
      explanation: explanation, crop: crop, width: picture.width, height: picture.height)
  }
}

/// An explanation, and how it lies in the picture.
public struct PictureExplanation: Sendable {
  public let explanation: Explanation
  public let crop: NetworkCrop
  /// The size of the picture.
  public let width, height: Int

  /// A map laid over the picture.
  ///
  /// - Parameter index: of `explanation.maps`.
  public func saliency(_ index: Int) -> SaliencyLayer {
    SaliencyLayer(
      explanation.maps[index].normalized(), crop: PixelSize(crop.image), region: crop.region, width: width,
      height: height)
  }
}

extension Session {
  /// Logits of a picture, one per class.
  ///
  /// - Parameter preprocessing: how it is read; nil is as the model's file says.
  public func classify(picture: Image, preprocessing: Preprocessing? = nil) throws(EngineError) -> [Float] {
    let preprocessing = preprocessing ?? model.description.preprocessing
    return try classify(MethodInput(NetworkCrop(picture, preprocessing).image, preprocessing).values)
  }
}
