import Testing

@testable import Explain

@Suite struct OutlineFontTests {
  private let font = OutlineFont.shared

  @Test(arguments: ["Az09 ~", "àéîõüßœŁşțĦ", "ΑΒΓαβγςάϋΏ", "АБВабвёЇґҐЯ", "Ấởữ", "«»–—…‘’“”„•€№™"])
  func hasLettersOfThreeScripts(_ text: String) {
    for character in text { #expect(font.glyphs(character).count == 1, "\(character)") }
    #expect(font.width(text) > 0.2 * Double(text.count))
  }

  /// A letter and its accent are the letter with the accent, in either normalisation form.
  @Test func decomposedLettersAreComposed() {
    #expect(font.glyphs("e\u{301}") == font.glyphs("\u{E9}") && font.glyphs("\u{E9}").count == 1)
    #expect(font.glyphs("и\u{306}") == font.glyphs("й"))
  }

  @Test(arguments: [
    ("🐶", "\\u{1F436}"), ("犬", "\\u{72AC}"), ("\n", "\\u{A}"), ("\u{1B}", "\\u{1B}"), ("\u{202E}", "\\u{202E}"),
    ("👩\u{200D}🚀", "\\u{1F469}\\u{200D}\\u{1F680}"),
  ])
  func whatItLacksIsWrittenAsItsCode(character: Character, escaped: String) {
    #expect(font.glyphs(character) == escaped.flatMap(font.glyphs))
  }

  /// Every glyph is closed contours within its em, accents above and below included.
  @Test func allOutlinesCanBeRead() {
    #expect(font.count > 700)
    var inked = 0
    for glyph in 0..<font.count {
      let contours = font.contours(glyph)
      if !contours.isEmpty { inked += 1 }
      for contour in contours {
        #expect(contour.count >= 3 && contour.contains(where: \.isOnCurve))
        for point in contour { #expect((-0.6...2.2).contains(point.x) && (-0.6...1.4).contains(point.y)) }
      }
    }
    #expect(inked > font.count - 10)
  }

  @Test func capitalsAreAsHighAsIsSaid() {
    let points = font.contours(font.glyphs("H")[0]).joined()
    #expect(points.map(\.y).min() == 0 && abs((points.map(\.y).max() ?? 0) - OutlineFont.capHeight) < 1e-3)
    let descender = font.contours(font.glyphs("p")[0]).joined().map(\.y).min() ?? 0
    #expect(abs(descender + OutlineFont.descent) < 1e-3)
  }
}

@Suite struct CoverageTests {
  private func coverage(_ contours: [[(Double, Double)]], _ width: Int, _ height: Int) -> [Double] {
    var coverage = Coverage(width: width, height: height)
    for contour in contours { coverage.add(contour.map { OutlineFont.Point(x: $0.0, y: $0.1, isOnCurve: true) }) }
    var result = [Double](repeating: 0, count: width * height)
    coverage.forEachPixel { x, y, share in result[y * width + x] = share }
    return result.map { ($0 * 1e6).rounded() / 1e6 }
  }

  private func square(_ low: Double, _ high: Double) -> [(Double, Double)] {
    [(low, low), (high, low), (high, high), (low, high)]
  }

  @Test func rectanglesCoverTheirShares() {
    // From 0.5 to 2.25 in both directions.
    #expect(coverage([square(0.5, 2.25)], 3, 3) == [0.25, 0.5, 0.125, 0.5, 1, 0.25, 0.125, 0.25, 0.0625])
  }

  @Test func trianglesCoverTheirShares() {
    // The lower left half of 2 x 2 pixels.
    #expect(coverage([[(0, 0), (2, 2), (0, 2)]], 2, 2) == [0.5, 0, 1, 0.5])
    // A flat one: y = x / 4 over four pixels.
    #expect(coverage([[(0, 0), (4, 1), (0, 1)]], 4, 1) == [0.875, 0.625, 0.375, 0.125])
  }

  /// The nonzero rule: what is covered twice is covered, what is turned the other way is a hole.
  @Test func windingIsNonzero() {
    #expect(coverage([square(0, 3), square(1, 2)], 3, 3) == [Double](repeating: 1, count: 9))
    #expect(coverage([square(0, 3), square(1, 2).reversed()], 3, 3) == [1, 1, 1, 1, 0, 1, 1, 1, 1])
  }

  /// A circle of quadratic curves has the area of a circle.
  @Test func curvesAreRound() {
    let (radius, centre) = (20.0, 25.0)
    let count = 16
    var contour: [OutlineFont.Point] = []
    for i in 0..<count {
      // Only points off the curve; those on it lie between them.
      let turn = (cosine: cosine(Double(i) / Double(count)), sine: cosine(Double(i) / Double(count) - 0.25))
      let reach = radius / cosine(0.5 / Double(count))
      contour.append(
        OutlineFont.Point(x: centre + reach * turn.cosine, y: centre + reach * turn.sine, isOnCurve: false))
    }
    var coverage = Coverage(width: 50, height: 50)
    coverage.add(contour)
    var area = 0.0
    coverage.forEachPixel { area += $2 }
    #expect(abs(area - 3.14159 * radius * radius) < 0.002 * area)
  }

  /// The cosine of a share of a turn, by its series.
  private func cosine(_ turn: Double) -> Double {
    let x = 2 * Double.pi * turn
    var (term, sum) = (1.0, 1.0)
    for n in 1...20 {
      term *= -x * x / Double((2 * n - 1) * 2 * n)
      sum += term
    }
    return sum
  }

  @Test func lettersAreInked() {
    var image = Image(width: 30, height: 30, filledWith: Ink(0, 0, 0))
    image.write("l", x: 6, baseline: 26, size: 24, ink: Ink(255, 255, 255))
    // One stroke of 0.09 em by 0.76 em.
    let ink = image.pixels.reduce(0) { $0 + Int($1) } / (3 * 255)
    #expect((36...44).contains(ink))
    // What lies outside is cut off.
    image.write("Wide", x: -20, baseline: 5, size: 60, ink: Ink(255, 255, 255))
    image.write("", x: 3, baseline: 5, size: 60, ink: Ink(255, 255, 255))
  }
}
