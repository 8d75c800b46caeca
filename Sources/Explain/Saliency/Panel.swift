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

  private static let ground = Ink(22, 24, 29)
  private static let captionInk = Ink(240, 241, 243)
  private static let remarkInk = Ink(255, 190, 92)

  private let tiles: [Tile]
  private let width, height: Int
  /// Pixels per cell of the font, and the unit of all margins.
  private let scale: Double

  /// - Precondition: there is at least one tile, and all pictures have the same size.
  public init(_ tiles: [Tile]) {
    precondition(!tiles.isEmpty)
    let size = Self.reducedSize(tiles[0].image)
    precondition(
      tiles.allSatisfy { ($0.image.width, $0.image.height) == (tiles[0].image.width, tiles[0].image.height) })
    (width, height) = size
    scale = max(Double(min(width, height)) / 160, 1)
    self.tiles = tiles.map { tile in
      var tile = tile
      if (tile.image.width, tile.image.height) != size {
        tile.image = tile.image.resized(width: size.width, height: size.height, .bilinear)
      }
      return tile
    }
  }

  /// The size that a picture has in a panel, at most `largestTile` a side.
  static func reducedSize(_ image: Image) -> (width: Int, height: Int) {
    let longest = max(image.width, image.height)
    guard longest > largestTile else { return (image.width, image.height) }
    return (max(image.width * largestTile / longest, 1), max(image.height * largestTile / longest, 1))
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
    let bar = Int(15 * scale)
    var panel = Image(
      width: columns * (width + margin) + margin, height: rows * (height + bar) + margin, filledWith: Self.ground)
    for (index, tile) in tiles.enumerated() {
      let x = margin + index % columns * (width + margin)
      let y = margin + index / columns * (height + bar)
      panel.place(tile.image, x: x, y: y)
      let baseline = Double(y + height) + (Double(bar) - Double(BitmapFont.capHeight) * scale) / 2
      let remarkWidth = Double(BitmapFont.width(tile.remark)) * scale
      let room = Double(width) - remarkWidth - (tile.remark.isEmpty ? 0 : 4 * scale)
      let caption = Self.shortened(tile.caption, cells: Int(room / scale))
      panel.write(caption, x: Double(x), y: baseline, scale: scale, ink: Self.captionInk)
      panel.write(
        tile.remark, x: Double(x + width) - remarkWidth, y: baseline, scale: scale, ink: Self.remarkInk)
    }
    panel.iccProfile = tiles[0].image.iccProfile
    return panel
  }

  /// As much of a text as fits into `cells` of the font, with two dots where it was cut.
  static func shortened(_ text: String, cells: Int) -> String {
    if BitmapFont.width(text) <= cells { return text }
    var kept = text
    while !kept.isEmpty, BitmapFont.width(kept + "..") > cells { kept.removeLast() }
    while kept.last == " " || kept.last == "," { kept.removeLast() }
    return kept.isEmpty ? "" : kept + ".."
  }
}
