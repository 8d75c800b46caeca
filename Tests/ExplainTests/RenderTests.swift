import Testing

@testable import Explain

@Suite struct RenderTests {
  private let photo = Image(width: 3, height: 1, pixels: [10, 20, 30, 200, 100, 0, 255, 255, 255])
  private let saliency = SaliencyMap(width: 3, height: 1, values: [0, 0.5, 1])

  @Test func overlayKeepsTheColdAndBlendsTheHot() {
    let overlay = Renderer(colorMap: .gray, alpha: 0.5).overlay(photo, saliency)
    // Half of level 128 over the middle pixel; half of 255 over the last.
    #expect(overlay.pixels == [10, 20, 30, 164, 114, 64, 255, 255, 255])
  }

  @Test func overlayIsThePhotoWithoutAlpha() {
    #expect(Renderer(alpha: 0).overlay(photo, saliency) == photo)
  }

  @Test func opaqueOverlayShowsTheColoursOfTheHot() {
    let overlay = Renderer(colorMap: .viridis, alpha: 1).overlay(photo, saliency)
    #expect(Array(overlay.pixels[6...]) == [0xFD, 0xE7, 0x25])
    #expect(Array(overlay.pixels[..<3]) == [10, 20, 30])
  }

  @Test func overlayOfAFlatMapIsThePhoto() {
    let flat = SaliencyMap(width: 3, height: 1, values: [0, 0, 0], isFlat: true)
    #expect(Renderer().overlay(photo, flat) == photo)
  }

  @Test func heatmapIsTheColoursAlone() {
    let heatmap = Renderer(colorMap: .inferno).heatmap(saliency)
    #expect(Array(heatmap.pixels[..<3]) == [0x00, 0x00, 0x04])
    #expect(Array(heatmap.pixels[6...]) == [0xFC, 0xFF, 0xA4])
  }

  @Test func maskedMultiplies() {
    #expect(Renderer().masked(photo, saliency).pixels == [0, 0, 0, 100, 50, 0, 255, 255, 255])
  }

  @Test func maskIsGrey() throws {
    let mask = Renderer().mask(saliency)
    #expect(mask == .gray(width: 3, height: 1, samples: [0, 128, 255]))
    let png = try mask.encodedPNG()
    // Bit depth and colour type of the header.
    #expect(Array(png[24...25]) == [8, 0])
    #expect(try Image(decoding: png).pixels == [0, 0, 0, 128, 128, 128, 255, 255, 255])
  }

  @Test func panelsKeepTheirPicturesAndHaveCaptions() {
    let red = Image(width: 40, height: 20, filledWith: Ink(255, 0, 0))
    let blue = Image(width: 40, height: 20, filledWith: Ink(0, 0, 255))
    let panel = Panel([.init(red, caption: "a"), .init(blue, caption: "b", remark: "9 %")]).image()
    #expect((panel.width, panel.height) == (2 * 40 + 3 * 3, 20 + 3 + 15))
    #expect(panel.color(x: 3, y: 3) == [255, 0, 0] && panel.color(x: 42, y: 22) == [255, 0, 0])
    #expect(panel.color(x: 46, y: 3) == [0, 0, 255] && panel.color(x: 85, y: 22) == [0, 0, 255])
    let ground = panel.color(x: 0, y: 0)
    let inked = (0..<panel.width).filter { x in (24..<38).contains { panel.color(x: x, y: $0) != ground } }
    #expect(inked.contains { $0 < 10 } && inked.contains { (46..<56).contains($0) } && inked.contains { $0 > 75 })
    #expect(!inked.contains { (12..<44).contains($0) })
  }

  @Test func panelsBreakIntoRows() {
    #expect((1...7).map(Panel.columns) == [1, 2, 3, 2, 3, 3, 3])
  }

  @Test func panelsReduceLargePictures() {
    let image = Image(width: 3000, height: 1000, filledWith: Ink(1, 2, 3))
    let panel = Panel([.init(image, caption: "")]).image()
    #expect(panel.width == 1024 + 2 * 6)
  }

  @Test func longCaptionsAreShortened() {
    let room = OutlineFont.shared.width("golden\u{2026}")
    #expect(Panel.shortened("golden retriever", room: room) == "golden\u{2026}")
    // No comma and no space before the ellipsis.
    #expect(Panel.shortened("golden, retriever", room: room + 0.5) == "golden\u{2026}")
    #expect(Panel.shortened("golden", room: room) == "golden")
    #expect(Panel.shortened("golden", room: 0) == "")
  }

  /// Before a caption of the next tile, and before the panel's edge, there is always ground, however long captions are.
  @Test(arguments: [(64, 48), (200, 50), (40, 160), (300, 200), (1600, 400)], [1, 2, 3])
  func captionsKeepApart(size: (Int, Int), count: Int) {
    let image = Panel.reduced(Image(width: size.0, height: size.1, filledWith: Ink(1, 2, 3)))
    let label = "Staffordshire bullterrier, Staffordshire bull terrier"
    let panel = Panel(
      (0..<count).map { _ in Panel.Tile(image, caption: label, remark: "100.0 %, trust 100.0 %") }
    ).image()
    let ground = panel.color(x: 0, y: 0)
    let margin = Int(3 * max(Double(min(image.width, image.height)) / 160, 1))
    let captions = margin + image.height..<panel.height
    let width = (panel.width - margin) / count - margin
    #expect(width >= image.width)
    for tile in 0..<count {
      let end = (tile + 1) * (width + margin)
      let clear = (end - margin..<end).allSatisfy { x in captions.allSatisfy { panel.color(x: x, y: $0) == ground } }
      #expect(clear, "tile \(tile)")
      let inked = (end - width..<end).contains { x in captions.contains { panel.color(x: x, y: $0) != ground } }
      #expect(inked, "tile \(tile)")
    }
  }

  /// The percentage is the point of a remark: a tile is as wide as it takes.
  @Test(arguments: ["9.0 %", "100.0 %, trust 100.0 %"]) func remarksAreWhole(_ remark: String) {
    func length(_ width: Int) -> Int {
      let panel = Panel([
        .init(Image(width: width, height: 40, filledWith: Ink(1, 2, 3)), caption: "", remark: remark)
      ]).image()
      let ground = panel.color(x: 0, y: 0)
      let inked = (0..<panel.width).filter { x in (44..<panel.height).contains { panel.color(x: x, y: $0) != ground } }
      return (inked.last ?? 0) - (inked.first ?? 0)
    }
    #expect(length(400) > 20)
    for width in [1, 20, 40] { #expect(abs(length(width) - length(400)) <= 1, "\(width)") }
  }
}

extension Image {
  fileprivate func color(x: Int, y: Int) -> [UInt8] {
    Array(pixels[(3 * (y * width + x))..<(3 * (y * width + x) + 3)])
  }
}

/// How bright pictures are.
@Suite struct DisplayCurveTests {
  private let saliency = SaliencyMap(width: 4, height: 1, values: [0, 0.2, 0.6, 1])

  private func mask(_ curve: DisplayCurve, _ saliency: SaliencyMap) -> [UInt8] {
    guard case .gray(_, _, let samples) = Renderer(curve: curve).mask(saliency) else { return [] }
    return samples
  }

  @Test func powersMoveWhatIsBetween() {
    #expect(mask(.linear, saliency) == [0, 51, 153, 255])
    #expect(mask(.power(2), saliency) == [0, 10, 92, 255])
    #expect(mask(.power(0.5), saliency) == [0, 114, 198, 255])
  }

  @Test func ranksDependOnTheOrderAlone() {
    let brighter = SaliencyMap(width: 4, height: 1, values: [0, 0.7, 0.8, 1])
    #expect(mask(.rank, saliency) == [0, 96, 159, 223])
    #expect(mask(.rank, brighter) == mask(.rank, saliency))
  }

  @Test func aFlatMapStaysCold() {
    let flat = SaliencyMap(width: 4, height: 1, values: [0, 0, 0, 0], isFlat: true)
    #expect(mask(.rank, flat) == [0, 0, 0, 0] && mask(.power(0.2), flat) == [0, 0, 0, 0])
  }

  @Test func overlaysAreCurvedAsMasksAre() {
    let photo = Image(width: 4, height: 1, pixels: [UInt8](repeating: 100, count: 12))
    let curved = SaliencyMap(width: 4, height: 1, values: saliency.values.map { $0 * $0 })
    #expect(Renderer(curve: .power(2)).overlay(photo, saliency) == Renderer().overlay(photo, curved))
    #expect(Renderer(curve: .power(2)).masked(photo, saliency) == Renderer().masked(photo, curved))
  }
}
