/// The page about a taught classifier: what it gets right and wrong, and where it looks.
public struct TeachingPage: Sendable {
  /// A photograph, what it is, what the classifier says, and where it looks for it.
  public struct Example: Sendable {
    let name, labels, answer: String
    let probability: Float
    public let isRight: Bool
    let picture: Thumbnail
    let maps: [(label: String, picture: Thumbnail)]
  }

  /// A class and its examples.
  public struct ClassPart: Sendable {
    public var label: String
    public var photographs, heldOut, right: Int
    public var examples: [Example] = []

    public init(label: String, photographs: Int, heldOut: Int, right: Int) {
      (self.label, self.photographs, self.heldOut, self.right) = (label, photographs, heldOut, right)
    }
  }

  public var title: String
  public var facts: [(name: String, value: String)] = []
  /// What a reader would get wrong without being told.
  public var warnings: [String] = []
  /// Photographs of each class, in rows, that were taken for each class; nil where classes are independent.
  public var confusion: [[Int]]?
  public var classes: [ClassPart] = []

  public init(title: String) { self.title = title }

  /// Classes up to which a matrix can be read.
  private static let mostColumns = 40

  /// The page: one file that needs no other, no script and no network.
  public var html: String {
    var sections = [Markup.section("The classifier", Markup.warnings(warnings) + [.definitions(facts)])]
    if let confusion, confusion.count <= Self.mostColumns {
      sections.append(
        .section(
          "What is taken for what",
          [
            .note(
              "Photographs of each class, in rows, by the class that they were taken for. Each was held out when the classifier "
                + "that judged it was taught."), matrix(confusion),
          ]))
    }
    sections.append(
      .section(
        "Classes and where the classifier looks",
        [
          .note(
            "Answers are those without the photograph; maps are the finished model's. A map that lies on a timestamp or on the "
              + "background tells that the classifier has learnt something else than the class.")
        ] + classes.map(part)))
    return Markup.page(title, sections)
  }

  private func matrix(_ confusion: [[Int]]) -> Markup {
    let titles = classes.map { Markup("th", ["scope": "col"], $0.label) }
    let rows = zip(classes, confusion).enumerated().map { row, line in
      [Markup("th", ["scope": "row"], line.0.label)]
        + line.1.enumerated().map { column, count in
          let style = row == column ? "best" : count > 0 ? "wrong" : ""
          return Markup("td", style.isEmpty ? [:] : ["class": style], count > 0 ? "\(count)" : "·")
        }
    }
    return .scrollingTable(
      "Confusion matrix", head: [Markup("th", ["scope": "col"], "taken for")] + titles, rows)
  }

  private func part(_ part: ClassPart) -> Markup {
    Markup(
      "article", [:],
      [
        Markup("h3", part.label),
        .note(
          "\(counted(part.photographs, "photograph")) taught; \(part.right) of \(part.heldOut) held out are right"),
      ] + part.examples.map(\.markup))
  }
}

extension TeachingPage.Example {
  fileprivate var markup: Markup {
    let verdict = "\(answer), \((100 * Double(probability)).fixed(1)) %"
    let remark = isRight ? "right" : "wrong: it is \(labels)"
    let tiles = [picture.tile(verdict, remark: remark, alternative: "\(name), \(labels)")]
    let maps = maps.map { $0.picture.tile("map of \($0.label)", alternative: "evidence for \($0.label)") }
    return Markup(
      "div", ["class": isRight ? "example" : "example mistake"],
      [.tiles(tiles + maps), Markup("p", ["class": "file"], name)])
  }
}

/// Makes the examples of a page while the maps are at hand.
public struct TeachingExamples: Sendable {
  private let renderer = Renderer()

  public init() {}

  /// - Parameters:
  ///   - crop: what the network sees.
  ///   - shown: the part of it that shows the photograph.
  ///   - maps: with the names of their classes.
  ///   - name: of the file.
  /// - Throws: `ImageError.jpeg`.
  public func example(
    _ crop: Image, shown: PixelArea, maps: [(label: String, map: ClassMap)], name: String, labels: String,
    answer: String, probability: Float, isRight: Bool
  ) throws(ImageError) -> TeachingPage.Example {
    var tiles: [(label: String, picture: Thumbnail)] = []
    for (label, map) in maps {
      let saliency = SaliencyMap(map.normalized(), crop: PixelSize(crop), shown: shown)
      tiles.append((label, try Thumbnail(renderer.overlay(crop, saliency))))
    }
    return TeachingPage.Example(
      name: name, labels: labels, answer: answer, probability: probability, isRight: isRight,
      picture: try Thumbnail(crop), maps: tiles)
  }
}
