import Explain

/// Draws the explanations of pictures and encodes what was drawn.
struct ExplanationDrawing {
  let look: LookOptions
  let format: PictureFormat
  /// Whether pictures are wanted, not only numbers.
  let drawsPictures: Bool
  /// Whether pictures go into files, which say what input they belong to.
  let marksInputs: Bool

  /// Draws what was explained about a picture, where that is a single picture; nil where there is one of each class, which
  /// would take memory all at once.
  func drawAhead(_ answer: ExplainedPicture) throws -> DrawnExplanation? {
    guard answer.maps.count == 1 || look.style == .panel || !drawsPictures else { return nil }
    let clock = ContinuousClock()
    let start = clock.now
    let explained = explain(answer)
    let saliencyDone = clock.now
    var drawn: [UInt8]?
    try forEachPicture(of: explained, answer) { _, bytes in drawn = bytes }
    return DrawnExplanation(
      explained: explained, picture: drawn, saliency: start.duration(to: saliencyDone),
      drawing: saliencyDone.duration(to: clock.now))
  }

  /// Enlarges the maps.
  func explain(_ answer: ExplainedPicture) -> [ExplainedClass] {
    answer.maps.indices.map { explain(answer.maps[$0], answer.picture, answer.trusts?[$0]) }
  }

  private func explain(_ map: ClassMap, _ picture: PreparedPicture, _ trust: Trust?) -> ExplainedClass {
    let normalized = map.normalized()
    let crop = PixelSize(picture.crop)
    let whole = SaliencyLayer(
      normalized, crop: crop, region: picture.region, width: picture.width, height: picture.height)
    let drawn = look.size == .image ? whole : SaliencyLayer(normalized, crop: crop, shown: picture.shown)
    return ExplainedClass(
      map: map, normalized: normalized, saliency: drawn, statistics: whole.statistics, trust: trust)
  }

  /// Calls `body` with the encoded pictures one after the other: one of each class, by its index, or one of all.
  func forEachPicture(
    of explained: [ExplainedClass], _ answer: ExplainedPicture, _ body: (_ index: Int, _ bytes: [UInt8]) throws -> Void
  ) throws {
    guard drawsPictures, !explained.isEmpty else { return }
    let picture = answer.picture
    var photo: Image? = look.size == .crop ? picture.crop : picture.takeImage()
    if look.style == .panel {
      return try body(0, try encode(.color(panel(explained, &photo, picture, answer.predictions)), picture.origin))
    }
    if look.style == .heatmap || look.style == .mask { photo = nil }
    for i in explained.indices {
      let drawn = look.renderer.draw(
        explained[i].saliency, as: look.style, on: photo.hand(isLast: i + 1 == explained.count), isFramed: isFramed)
      try body(i, try encode(drawn, picture.origin))
    }
  }

  /// Overlays of the picture itself have a frame around what the network saw of it.
  private var isFramed: Bool { look.size == .image }

  private func panel(
    _ explained: [ExplainedClass], _ photo: inout Image?, _ picture: PreparedPicture, _ predictions: Predictions
  ) -> Image {
    var tiles = [Panel.Tile(Panel.reduced(photo ?? picture.crop), caption: picture.origin.title)]
    for (i, item) in explained.enumerated() {
      let ground = photo.hand(isLast: i + 1 == explained.count) ?? picture.crop
      tiles.append(
        Panel.Tile(
          Panel.reduced(look.renderer.overlay(ground, item.saliency, isFramed: isFramed)),
          caption: predictions.names.name(item.map.classIndex),
          remark: percent(predictions.probabilities[item.map.classIndex])
            + (item.trust.map { ", trust \(percent($0.score))" } ?? "")))
    }
    return Panel(tiles).image()
  }

  private func encode(_ picture: Picture, _ origin: PictureOrigin) throws -> [UInt8] {
    let mark = marksInputs ? PictureMark(origin) : .ofNoInput
    do { return try picture.encoded(as: format, mark: mark) } catch {
      let subject = origin.description
      if case .outOfMemory = error { throw Failure(.system, "\(error)", subject: subject) }
      // What a JPEG cannot hold is too long a side; a PNG always can.
      if format == .jpeg { throw Failure(.cannotCreate, "\(error); a PNG can be larger", subject: subject) }
      throw Failure(.software, "\(error)", subject: subject)
    }
  }
}

/// One class's map on its way to a picture.
struct ExplainedClass {
  let map: ClassMap
  let normalized: NormalizedMap
  /// What is drawn: over the picture, or over the crop.
  let saliency: SaliencyLayer
  /// In the picture.
  let statistics: SaliencyStatistics
  let trust: Trust?
}

/// What is to be written about a picture.
struct DrawnExplanation {
  let explained: [ExplainedClass]
  /// Encoded; nil where none is wanted.
  let picture: [UInt8]?
  /// Time of the maps' enlargement, and of drawing and encoding.
  let saliency, drawing: Duration
}

extension Image? {
  /// The picture, or where it is not needed again the only copy of it, which may be drawn on in place.
  fileprivate mutating func hand(isLast: Bool) -> Image? { isLast ? take() : self }
}

extension PictureOrigin {
  /// The caption of the photograph in a panel.
  fileprivate var title: String {
    switch self {
    case .file(let path): fileName(path).shownPath
    case .standardInput: "input"
    }
  }
}
