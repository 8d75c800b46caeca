/// Pictures of equal size side by side, each with a caption below.
public struct Panel: Sendable {
  /// One picture, what it shows, and a short remark that is set flush right.
  public struct Tile: Sendable {
    public var image: Image
    public var caption, remark: String

    public init(_ image: Image, caption: String, remark: String = "") {
      self.image = image
      self.caption = caption
      self.remark = remark
    }
  }

  /// Longest side of a tile in pixels; larger pictures are reduced to it.
  public static let largestTile = 1024

  /// Between one text and the next, in units of `scale`.
  private static let gap = 5.0
  private static let ground = Ink(22, 24, 29)
  private static let captionInk = Ink(240, 241, 243)
  private static let remarkInk = Ink(255, 190, 92)

  private let tiles: [Tile]
  private let width, height: Int
  /// The width of a tile: its picture's, or what the longest remark takes, which says how sure the classifier is.
  private let tileWidth: Int
  /// The unit of all margins in pixels.
  private let scale: Double
  /// Pixels of an em of the captions.
  private let size: Double
  /// Whether a remark has a line of its own, because it leaves a caption too little room.
  private let hasTwoLines: Bool

  /// - Precondition: there is at least one tile, and all pictures have the same size.
  public init(_ tiles: [Tile]) {
    precondition(!tiles.isEmpty)
    precondition(
      tiles.allSatisfy { ($0.image.width, $0.image.height) == (tiles[0].image.width, tiles[0].image.height) })
    self.tiles = tiles.map { tile in
      var tile = tile
      tile.image = Self.reduced(tile.image)
      return tile
    }
    (width, height) = (self.tiles[0].image.width, self.tiles[0].image.height)
    scale = max(Double(min(width, height)) / 160, 1)
    // Capitals of a whole number of pixels have sharp edges.
    let size = (7.5 * scale).rounded() / OutlineFont.capHeight
    self.size = size
    let gap = Self.gap * scale
    func widthOf(_ text: String) -> Double { OutlineFont.shared.width(text) * size }
    let longest = tiles.map { widthOf($0.remark) }.max() ?? 0
    tileWidth = max(width, longest > 0 ? Int((longest + gap).rounded(.up)) : 0)
    let room = Double(tileWidth) - gap
    hasTwoLines = tiles.contains { tile in
      !tile.remark.isEmpty && widthOf(tile.caption) + gap + widthOf(tile.remark) > room
    }
  }

  /// A picture as large as a panel shows it, at most `largestTile` a side.
  public static func reduced(_ image: Image) -> Image {
    let longest = max(image.width, image.height)
    guard longest > largestTile else { return image }
    return image.resized(
      width: max(image.width * largestTile / longest, 1), height: max(image.height * largestTile / longest, 1),
      .bilinear)
  }

  /// Columns of a panel: one row for up to three tiles, as square as possible beyond.
  static func columns(of count: Int) -> Int {
    count <= 3 ? count : Int(Double(count).squareRoot().rounded(.up))
  }

  /// The whole panel.
  public func image() -> Image {
    let columns = Self.columns(of: tiles.count)
    let rows = (tiles.count + columns - 1) / columns
    let margin = Int(3 * scale)
    let line = Int(13 * scale)
    let bar = Int(15 * scale) + (hasTwoLines ? Int(15 * scale) : 0)
    var panel = Image(
      width: columns * (tileWidth + margin) + margin, height: rows * (height + bar) + margin, filledWith: Self.ground)
    for (index, tile) in tiles.enumerated() {
      let x = margin + index % columns * (tileWidth + margin)
      let y = margin + index / columns * (height + bar)
      panel.place(tile.image, x: x, y: y)
      let baseline = (Double(y + height) + (15 * scale + OutlineFont.capHeight * size) / 2).rounded()
      // Of the next tile's caption, which begins where that tile does.
      let room = Double(tileWidth) - Self.gap * scale
      let remarkWidth = OutlineFont.shared.width(tile.remark) * size
      let taken = hasTwoLines || tile.remark.isEmpty ? 0 : remarkWidth + Self.gap * scale
      panel.write(
        Self.shortened(tile.caption, room: (room - taken) / size), x: Double(x), baseline: baseline, size: size,
        ink: Self.captionInk)
      panel.write(
        tile.remark, x: hasTwoLines ? Double(x) : Double(x) + room - remarkWidth,
        baseline: baseline + Double(hasTwoLines ? line : 0), size: size, ink: Self.remarkInk)
    }
    panel.iccProfile = tiles[0].image.iccProfile
    return panel
  }

  /// As much of a text as fits into `room` ems, with an ellipsis where it was cut.
  static func shortened(_ text: String, room: Double) -> String {
    let font = OutlineFont.shared
    if font.width(text) <= room { return text }
    var width = font.width("\u{2026}")
    var kept = text.prefix { character in
      width += font.width(character)
      return width <= room
    }
    while kept.last == " " || kept.last == "," { kept.removeLast() }
    return kept.isEmpty ? "" : kept + "\u{2026}"
  }
}
