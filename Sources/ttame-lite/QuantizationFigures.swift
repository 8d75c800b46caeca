import Explain

/// What a check of an int8 model found.
struct QuantizationFigures: Encodable {
  /// A mean over images, and the image with the least value.
  struct Agreement: Encodable {
    let mean, least: Double
    let leastImage: String

    fileprivate init(_ agreement: QuantizationCheck.Agreement, _ names: [String]) {
      (mean, least, leastImage) = (agreement.mean, agreement.least, names[agreement.leastImage])
    }
  }

  /// What int8 costs a layer, and the cosine of the logits if this layer alone stays in Float.
  struct Layer: Encodable {
    let layer: String
    let error, cosineInFloat: Double
  }

  /// Layers whose Float form raises the cosine, and the cosines on the first images with them in int8 and in Float.
  struct Remedy: Encodable {
    let floatLayers: [String]
    let cosineInInt8, cosine: Double
  }

  let images: Int
  /// Images whose most probable class is the same.
  let agreeing: Int
  /// Of the logits.
  let cosine: Agreement
  /// Of the maps; nothing without a head.
  let correlation: Agreement?
  /// Those that lose most, the worst first.
  let layers: [Layer]
  /// Nothing where no layer helps.
  let remedy: Remedy?

  /// - Parameter names: of the images, in the order in which they were added.
  init(
    _ check: QuantizationCheck, _ cosine: QuantizationCheck.Agreement, _ remedy: QuantizationCheck.Remedy?,
    names: [String]
  ) {
    (images, agreeing) = (check.images, check.agreeing)
    self.cosine = Agreement(cosine, names)
    correlation = check.correlation.map { Agreement($0, names) }
    layers = (remedy?.losses ?? []).map {
      Layer(layer: $0.layer, error: $0.error, cosineInFloat: $0.cosineInFloat)
    }
    self.remedy = remedy.flatMap {
      $0.layers.isEmpty ? nil : Remedy(floatLayers: $0.layers, cosineInInt8: $0.cosineInInt8, cosine: $0.cosine)
    }
  }

  var text: String {
    func line(_ title: String, _ agreement: Agreement) -> String {
      "  \(title)  \(agreement.mean.fixed(5)), least \(agreement.least.fixed(5)) (\(agreement.leastImage))\n"
    }
    var text = "int8 against float32, \(counted(images, "image")):\n"
    text += line("cosine of logits    ", cosine)
    text += "  same predicted class  \(agreeing) of \(images)\n"
    if let correlation { text += line("correlation of maps ", correlation) }
    guard !layers.isEmpty else { return text }
    var table = Table(["layers that lose most", "error", "cosine with it in float32"])
    for layer in layers { table.add([layer.layer, percent(layer.error), layer.cosineInFloat.fixed(5)]) }
    return text + table.text
  }

  /// What to do where the logits differ much; nil where they do not.
  var warning: String? {
    guard cosine.mean < QuantizationCheck.leastCosine else { return nil }
    let found = "the cosine of the logits is \(cosine.mean.fixed(5)), below \(QuantizationCheck.leastCosine)"
    guard let remedy else { return found + "; --precision float32 keeps all layers in float32" }
    let layers = remedy.floatLayers.map { $0.contains(" ") ? shellQuoted($0) : $0 }.joined(separator: ",")
    return found + "; --float-layers \(layers) changes it from \(remedy.cosineInInt8.fixed(5)) to "
      + "\(remedy.cosine.fixed(5)) on the first images"
  }
}
