import CTTAME
import Explain

/// An answer for callers from C.
final class AnswerObject: Sendable {
  let picture: Image
  let logits, probabilities: [Float]
  /// Whether the picture is of any of the classes; nil where the model cannot tell.
  let isKnown: Bool?
  /// Nil without maps.
  private let explained: PictureExplanation?

  init(picture: Image, logits: [Float], probabilities: [Float], isKnown: Bool?, explained: PictureExplanation?) {
    (self.picture, self.logits, self.probabilities) = (picture, logits, probabilities)
    (self.isKnown, self.explained) = (isKnown, explained)
  }

  var maps: [ClassMap] { explained?.explanation.maps ?? [] }

  func map(_ index: Int) throws(CallError) -> ClassMap {
    guard maps.indices.contains(index) else { throw .argument("map \(index) of \(maps.count)") }
    return maps[index]
  }

  func saliency(_ index: Int) throws(CallError) -> SaliencyLayer {
    _ = try map(index)
    guard let explained else { throw .argument("the answer has no maps") }
    return explained.saliency(index)
  }
}

/// What a map can be drawn as by itself.
private enum Style: String, CaseIterable {
  case overlay, heatmap, mask, masked

  var style: RenderStyle {
    switch self {
    case .overlay: .overlay
    case .heatmap: .heatmap
    case .mask: .mask
    case .masked: .masked
    }
  }
}

@_cdecl("ttame_answer_close")
public func answerClose(_ answer: OpaquePointer?) { close(answer, AnswerObject.self) }

@_cdecl("ttame_answer_probabilities")
public func answerProbabilities(
  _ answer: OpaquePointer?, _ values: UnsafeMutablePointer<Float>?, _ count: Int,
  _ error: UnsafeMutablePointer<ttame_error>?
) -> ttame_status {
  answering(error) { () throws(CallError) in
    try copy(
      required(answer, AnswerObject.self, "answer").probabilities, to: values, count: count, of: "probabilities")
  }
}

@_cdecl("ttame_answer_logits")
public func answerLogits(
  _ answer: OpaquePointer?, _ values: UnsafeMutablePointer<Float>?, _ count: Int,
  _ error: UnsafeMutablePointer<ttame_error>?
) -> ttame_status {
  answering(error) { () throws(CallError) in
    try copy(required(answer, AnswerObject.self, "answer").logits, to: values, count: count, of: "logits")
  }
}

@_cdecl("ttame_answer_ranking")
public func answerRanking(
  _ answer: OpaquePointer?, _ classes: UnsafeMutablePointer<Int32>?, _ count: Int,
  _ error: UnsafeMutablePointer<ttame_error>?
) -> ttame_status {
  answering(error) { () throws(CallError) in
    let logits = try required(answer, AnswerObject.self, "answer").logits
    guard 0...logits.count ~= count else { throw .argument("\(count) classes of \(logits.count)") }
    try copy(largest(count, of: logits).map { Int32(clamping: $0) }, to: classes, count: count, of: "classes")
  }
}

@_cdecl("ttame_answer_known")
public func answerKnown(_ answer: OpaquePointer?) -> Int32 {
  object(answer, AnswerObject.self)?.isKnown.map { $0 ? 1 : 0 } ?? -1
}

@_cdecl("ttame_answer_maps")
public func answerMaps(_ answer: OpaquePointer?) -> Int { object(answer, AnswerObject.self)?.maps.count ?? 0 }

@_cdecl("ttame_answer_map_class")
public func answerMapClass(_ answer: OpaquePointer?, _ map: Int) -> Int32 {
  guard let maps = object(answer, AnswerObject.self)?.maps, maps.indices.contains(map) else { return -1 }
  return Int32(clamping: maps[map].classIndex)
}

@_cdecl("ttame_answer_saliency")
public func answerSaliency(
  _ answer: OpaquePointer?, _ map: Int, _ values: UnsafeMutablePointer<Float>?, _ count: Int,
  _ error: UnsafeMutablePointer<ttame_error>?
) -> ttame_status {
  answering(error) { () throws(CallError) in
    let saliency = try required(answer, AnswerObject.self, "answer").saliency(map)
    let (width, pixels) = (saliency.width, saliency.width * saliency.height)
    guard let values else { throw .argument("values is null") }
    guard count >= pixels else { throw .argument("saliency: \(pixels) values, and room for \(count)") }
    values.update(repeating: 0, count: pixels)
    saliency.forEachRow { y, row in
      guard let base = row.baseAddress else { return }
      (values + y * width + saliency.seen.columns.lowerBound).update(from: base, count: row.count)
    }
  }
}

@_cdecl("ttame_answer_map")
public func answerMap(
  _ answer: OpaquePointer?, _ map: Int, _ values: UnsafeMutablePointer<Float>?, _ count: Int,
  _ width: UnsafeMutablePointer<Int32>?, _ height: UnsafeMutablePointer<Int32>?,
  _ error: UnsafeMutablePointer<ttame_error>?
) -> ttame_status {
  answering(error) { () throws(CallError) in
    let map = try required(answer, AnswerObject.self, "answer").map(map)
    width?.pointee = Int32(clamping: map.width)
    height?.pointee = Int32(clamping: map.height)
    if values != nil { try copy(map.values, to: values, count: count, of: "map") }
  }
}

@_cdecl("ttame_answer_draw")
public func answerDraw(
  _ answer: OpaquePointer?, _ map: Int, _ style: UnsafePointer<CChar>?, _ colorMap: UnsafePointer<CChar>?,
  _ alpha: Double, _ drawing: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<ttame_error>?
) -> ttame_status {
  making(drawing, error) { () throws(CallError) in
    let answer = try required(answer, AnswerObject.self, "answer")
    let saliency = try answer.saliency(map)
    let style = try choice(style, usual: Style.overlay, "style").style
    let colorMap = try choice(colorMap, usual: ColorMap.turbo, "colormap")
    guard alpha == -1 || 0...1 ~= alpha else { throw .argument("alpha is \(alpha); 0 to 1, or -1, are possible") }
    try requireMemory(width: saliency.width, height: saliency.height)
    let renderer = alpha == -1 ? Renderer(colorMap: colorMap) : Renderer(colorMap: colorMap, alpha: alpha)
    switch renderer.draw(saliency, as: style, on: answer.picture, isFramed: true) {
    case .color(let image): return ImageObject(image)
    case .gray(let width, let height, let samples):
      return ImageObject(Image(width: width, height: height, pixels: samples.flatMap { [$0, $0, $0] }))
    }
  }
}
