import Explain

/// What the classifier says about one image.
struct Predictions {
  let logits, probabilities: [Float]
  let names: ClassNames
  private let model: ModelDescription

  init(_ logits: [Float], _ session: Session) {
    self.logits = logits
    probabilities = session.probabilities(logits)
    model = session.model.description
    names = ClassNames(labels: model.labels, count: model.classes)
  }

  /// The most probable classes, best first.
  func best(_ count: Int) -> [Int] { largest(count, of: logits) }

  /// `golden retriever 93.2 %`
  func summary(of index: Int) -> String { "\(names.name(index)) \(percent(probabilities[index]))" }

  /// Lines for people: the image, and below it the classes.
  func text(_ picture: PreparedPicture, top: Int) -> String {
    let rows = best(top).map { index in
      let share = percent(probabilities[index])
      return String(repeating: " ", count: max(9 - share.count, 0)) + "\(share)  \(names.label(index)) (\(index))\n"
    }
    return picture.title + "\n" + rows.joined()
  }

  /// The JSON of one image.
  func report(
    _ picture: PreparedPicture, method: MethodName? = nil, top: Int, explanations: [ImageReport.Explanation]?,
    _ times: ImageReport.Milliseconds
  ) -> ImageReport {
    ImageReport(
      input: picture.origin.path.pathForJSON, inputBytes: picture.origin.path.base64ForJSON,
      frame: picture.origin.frame, model: model.name, width: picture.width, height: picture.height,
      scaled: picture.reduction == 1 ? nil : picture.reduction, fit: picture.fit,
      crop: ImageReport.Crop(picture.region),
      method: method == .ttame ? model.head?.kind.rawValue : method?.rawValue,
      predictions: best(top).map {
        ImageReport.Prediction(class: $0, label: names.label($0), probability: probabilities[$0])
      },
      explanations: explanations, milliseconds: times)
  }
}

extension PictureOrigin {
  /// The input as the user gave it.
  fileprivate var path: String {
    switch self {
    case .file(let path): path
    case .standardInput: "-"
    }
  }

  fileprivate var frame: Int? {
    switch self {
    case .file: nil
    case .standardInput(let frame): frame
    }
  }
}
