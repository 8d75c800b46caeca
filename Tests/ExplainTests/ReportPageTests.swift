import Explain
import Testing

/// The page about an evaluation, made of figures and pictures that no model was asked for.
@Suite struct ReportPageTests {
  private static let hostile = "a<img src=x onerror=alert(1)>&\"'\u{7}.jpg"
  private static let methods = ["ttame", "cam<b>", "rise"]

  private func noise(_ seed: UInt64, side: Int = 224) -> Image {
    var state = seed
    let pixels = (0..<3 * side * side).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
    return Image(width: side, height: side, pixels: pixels)
  }

  private func measurement(drop: Float) -> MapMeasurement {
    var map = MapMeasurement(classIndex: 1, probability: 0.5)
    map.masked = [.all: 0.5 * (1 - drop), .half: 0.1, .fifteen: 0]
    return map
  }

  /// Pictures of a list whose image i loses `drops[i]`.
  private func pictures(drops: [Float], methods: [String] = methods, name: String? = nil) throws -> ReportPictures {
    var pictures = ReportPictures(images: drops.count, methods: methods, metrics: [.ad, .road])
    let map = ClassMap(classIndex: 1, height: 2, width: 2, values: [0, 1, 2, 3])
    for (index, drop) in drops.enumerated() {
      let region = CropRegion(x: 0, y: 0, width: 224, height: 224)
      let image = EvaluatedImage(crop: noise(UInt64(index)), region: region, box: nil, index: index)
      for method in methods.indices {
        try pictures.add(
          map, measurement(drop: drop), method: method, of: image, name: name ?? "\(index).jpg", label: "a <cup>")
      }
    }
    return pictures
  }

  private func content(_ pictures: ReportPictures) -> ReportContent {
    var content = ReportContent(title: "Explanations of \(Self.hostile)", pictures: pictures)
    content.facts = [("command", "--data '\(Self.hostile)'")]
    content.glossary = [("AD", "average drop")]
    content.metrics = ReportTable(rows: Self.methods)
    content.metrics.columns = [
      .init("AD 100", .lower, isMovedByCurve: true, [17.5, 23.5, nil]), .init("IC 100", .higher, [36.5, 32.5, 36.5]),
      .init("ms", nil, [1, 2, 300]),
    ]
    var differences = DifferenceTable(reference: Self.methods[0], methods: Array(Self.methods.dropFirst()))
    differences.rows = [.init("rank AD", .lower, isMovedByCurve: false, [("-2.0 (-3.0 to -1.0)", true), nil])]
    content.differences = differences
    content.warnings = ["cam<b> is ahead"]
    content.curveTable = ReportTable(rows: Self.methods)
    let curves = Self.methods.map { CurveChart.Curve($0, [(10, 95), (90, 5)]) }
    content.curves = [CurveChart(title: "MoRF", better: .lower, x: "removed", y: "survive", curves: curves)]
    let points = zip(Self.methods, [7.0, 7, 9000]).map { CostChart.Point($0, milliseconds: $1, quality: 20) }
    content.costs = [CostChart(title: "AD", better: .lower, y: "AD 100", points: points)]
    return content
  }

  @Test func pageIsWellFormedWhateverTheNames() throws {
    let page = content(try pictures(drops: [0.1, 0.9], name: Self.hostile)).html
    let checker = PageChecker(page)
    #expect(checker.errors.isEmpty, "\(checker.errors)")
    #expect(!page.contains("<img src=x") && !page.contains("\u{7}"))
    #expect(checker.text.contains("a&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;\u{FFFD}.jpg"))
    #expect(checker.text.contains("cam&lt;b&gt;") && checker.text.contains("a &lt;cup&gt;"))
  }

  @Test func pageNeedsNothingFromOutside() throws {
    let page = content(try pictures(drops: [0.1, 0.9])).html
    let checker = PageChecker(page)
    let names = Set(checker.elements.map(\.name))
    #expect(names.isDisjoint(with: ["script", "link", "a", "iframe", "object"]))
    #expect(names.isSuperset(of: ["table", "svg", "img", "polyline", "circle"]))
    for word in ["http:", "https:", "//", "url(", "@import"] {
      // Base64 may hold two slashes; what a browser would fetch stands outside of it.
      #expect(!page.replacing(#/;base64,[^"]*/#, with: "").contains(word), "\(word)")
    }
    let images = checker.elements.filter { $0.name == "img" }
    #expect(images.count == 2 * 4 + 2 * 2)
    #expect(images.allSatisfy { $0.attributes["src"]?.hasPrefix("data:image/jpeg;base64,/9j/") == true })
    #expect(images.allSatisfy { $0.attributes["alt"]?.isEmpty == false })
    let drawings = checker.elements.filter { $0.attributes["role"] == "img" }
    #expect(drawings.count == 2 && drawings.allSatisfy { $0.attributes["aria-label"]?.isEmpty == false })
  }

  @Test func bestOfAColumnIsMarked() throws {
    let page = content(try pictures(drops: [0.5])).html
    #expect(
      page.contains("<td class=\"best\"><strong>17.5 ★</strong></td><td class=\"best\"><strong>36.5 ★</strong></td>"))
    #expect(page.components(of: "class=\"best\"") == 3)
    #expect(page.contains("<td><strong>-2.0 (-3.0 to -1.0)</strong></td><td>–</td>"))
    #expect(page.contains("<li>cam&lt;b&gt; is ahead</li>") && page.contains("minus ttame"))
    #expect(page.contains("<td>–</td>") && page.contains("AD 100 ~ ↓") && page.contains("IC 100 ↑"))
  }

  @Test func oneMethodIsNotTheBest() throws {
    var content = content(try pictures(drops: [0.5]))
    content.metrics = ReportTable(rows: ["ttame"])
    content.metrics.columns = [.init("AD 100", .lower, [17.5])]
    #expect(!content.html.contains("class=\"best\""))
  }

  @Test func worstMapsComeWorstFirst() throws {
    let drops: [Float] = (0..<40).map { Float($0 * 7 % 40) / 40 }
    let pictures = try pictures(drops: drops)
    let expected = drops.indices.sorted { (-drops[$0], $0) < (-drops[$1], $1) }.prefix(ReportPictures.worstLimit)
    #expect(pictures.worst.map(\.name) == expected.map { "\($0).jpg" })
    #expect(pictures.worst[0].maps.map(\.remark) == ["drop 97.5 %"])
    #expect(pictures.worstBy == "drop of the probability with the full map (AD 100) of ttame")
    #expect(pictures.gallery.count == ReportPictures.galleryLimit && pictures.gallery[1].name == "3.jpg")
    #expect(pictures.gallery.allSatisfy { $0.maps.map(\.method) == Self.methods })
  }

  @Test func worstMapsAreChosenByWhatWasMeasured() throws {
    let map = ClassMap(classIndex: 1, height: 2, width: 2, values: [0, 1, 2, 3])
    let region = CropRegion(x: 0, y: 0, width: 32, height: 32)
    func worst(_ metrics: Set<MapMetric>, _ changes: [(inout MapMeasurement) -> Void]) throws -> [String] {
      var pictures = ReportPictures(images: changes.count, methods: ["ttame"], metrics: metrics)
      for (index, change) in changes.enumerated() {
        var measurement = MapMeasurement(classIndex: 1, probability: 0.5)
        change(&measurement)
        let image = EvaluatedImage(crop: noise(1, side: 32), region: region, box: nil, index: index)
        try pictures.add(map, measurement, method: 0, of: image, name: "\(index)", label: "")
      }
      return pictures.worst.map { $0.name + " " + $0.maps[0].remark }
    }
    func road(_ morf: [Bool], _ lerf: [Bool]) -> RoadAgreement { RoadAgreement(survives: [.morf: morf, .lerf: lerf]) }
    #expect(
      try worst(
        [.road, .deletion],
        [{ $0.road = road([false, false], [true, true]) }, { $0.road = road([true, false], [false, false]) }])
        == ["1 MoRF 1, LeRF 0 of 2", "0 MoRF 0, LeRF 2 of 2"])
    #expect(
      try worst([.insertion], [{ $0.insertion = 0.5 }, { $0.insertion = 0.25 }]) == [
        "1 insertion 0.250", "0 insertion 0.500",
      ])
    #expect(
      try worst([.deletion], [{ $0.deletion = 0.5 }, { $0.deletion = 0.75 }]) == [
        "1 deletion 0.750", "0 deletion 0.500",
      ])
    // Without a box there is nothing to order by.
    #expect(try worst([.pointing], [{ _ in }, { _ in }]).isEmpty)
  }

  /// The largest report: all methods, and photographs that no encoder can make small.
  @Test(.disabled(if: Emulation.isActive, Emulation.isTooSlow)) func pageStaysBelowFiveMegabytes() throws {
    let methods = MethodName.allCases.map(\.rawValue)
    let pictures = try pictures(drops: [Float](repeating: 0.5, count: 500), methods: methods)
    #expect(pictures.gallery.count == ReportPictures.galleryLimit && pictures.worst.count == ReportPictures.worstLimit)
    let size = content(pictures).html.utf8.count
    #expect((1_000_000..<5_000_000).contains(size), "\(size)")
  }
}

extension String {
  fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
