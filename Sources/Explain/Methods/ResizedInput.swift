import Kernels

/// Another method's maps, made by the same network from the image in another resolution.
///
/// The prediction is that of the usual resolution, so the map explains the same class.
final class ResizedInput: ExplanationMethod {
  private let session: Session
  private let method: any ExplanationMethod
  /// Of the resized network.
  private let preprocessing: Preprocessing

  /// - Parameter side: the shorter side of the input, in pixels.
  /// - Throws: `MethodError.inputSize` if the network does not read such images, and what the method throws.
  init(_ name: MethodName, side: Int, _ session: Session, _ options: MethodOptions) throws(MethodError) {
    let model: Model
    do { model = try session.model.resized(toSide: side) } catch {
      throw .inputSize(side, error)
    }
    self.session = session
    preprocessing = model.description.preprocessing
    method = try name.makeMethod(Session(model: model, context: session.context), options)
  }

  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    var clock = ExplanationClock()
    let logits = try session.classify(input.values)
    clock.endForward()
    let chosen = classes(logits)
    let resized = input.resized(to: preprocessing)
    let usual = clock.explanation(logits: logits, maps: [])
    var explanation = try method.explain(resized) { _ in chosen }
    explanation.logits = logits
    explanation.forward += usual.forward
    explanation.head += usual.head
    explanation.passes.forward += 1
    return explanation
  }
}

extension MethodInput {
  /// The image in the resolution of another input size: cut from the picture where that was wanted, and otherwise from the crop.
  fileprivate func resized(to preprocessing: Preprocessing) -> MethodInput {
    let size = preprocessing.crop
    if let detail = details.first(where: { PixelSize($0) == size }) { return MethodInput(detail, preprocessing) }
    return MethodInput(
      crop.resized(width: size.width, height: size.height, preprocessing.interpolation), preprocessing)
  }
}
