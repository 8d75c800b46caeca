import Testing

@testable import Explain

@Suite struct ImageListTests {
  private static let classes = ClassLookup(
    ClassNames(labels: ["tench, Tinca tinca", "great_white shark", "crane", "Crane", "n01440764, x"], count: 5))

  private func list(_ text: String, folder: String = "") throws(ImageListError) -> [ImageList.Item] {
    try ImageList(Array(text.utf8), folder: folder, classes: Self.classes).items
  }

  @Test(arguments: [
    ("a", "a"), ("a b", "a b"), ("a ", "a"), ("\"a \"", "a "), ("\"a\"\"b\"", "a\"b"), ("\"a\tb\"\t1", "a\tb"),
    ("\"\"\"a\"", "\"a"), ("a\"b\"", "a\"b\""), (" a", " a"), ("\"\u{301}\"", "\u{301}"), ("\u{301}\t1", "\u{301}"),
    ("a\u{2028}b", "a\u{2028}b"), ("a\rb\n", "a\rb"),
  ])
  func pathsAreBytes(_ line: String, _ path: String) throws {
    #expect(try list(line).map(\.path.pathBytes) == [Array(path.utf8)])
  }

  @Test func pathsNeedNoUTF8() throws {
    let items = try ImageList([0xE9, 0x09, 0x31, 0x0A, 0x2F, 0xFF], folder: "x/y", classes: Self.classes).items
    #expect(items.map(\.path.pathBytes) == [Array("x/y/".utf8) + [0xE9], [0x2F, 0xFF]] && items[0].classIndex == 1)
  }

  @Test(
    arguments: [
      ("0", 0), ("", nil), ("-1", nil), (" 4 ", 4), ("tench", 0), ("TINCA TINCA", 0),
      ("tench, Tinca tinca", 0), ("tinca_tinca", 0),
      ("great white shark", 1), ("\"tench\"", 0), ("n01440764", 4),
    ] as [(String, Int?)])
  func classesByIndexAndName(_ field: String, _ index: Int?) throws {
    #expect(try list("a\t" + field)[0].classIndex == index)
  }

  @Test(arguments: [("tensh", "did you mean 0 tench?"), ("sharc", "did you mean 1 great_white shark?"), ("zebra", nil)])
  func classesAreSuggested(_ field: String, _ suggestion: String?) {
    #expect(throws: ImageListError.badClass(line: 1, found: field, suggestion: suggestion)) { try list("a\t" + field) }
  }

  @Test(arguments: [-7, -2, 5]) func otherIndicesAreRefused(_ index: Int) {
    #expect(throws: ImageListError.classOutOfRange(line: 2, index: index, classes: 5)) {
      try list("a\t-1\nb\t\(index)")
    }
  }

  @Test(arguments: ["\"a", "\"a\"b", "\"a\t1", "\"a\"\"", "\""]) func openQuotesHaveALine(_ line: String) {
    #expect(throws: ImageListError.openQuote(line: 2)) { try list("z\t0\n" + line) }
  }

  /// Half a label, and a name that two classes have.
  @Test(arguments: ["ten", "crane", "shark", "1.0", "0x1", "inf"]) func otherWordsAreNoClasses(_ field: String) {
    #expect {
      try list("a\t" + field)
    } throws: { error in
      if case .badClass(line: 1, found: field, suggestion: _)? = error as? ImageListError { true } else { false }
    }
  }

  @Test(arguments: [
    ("a.jpg,3", "a comma"), ("a.jpg, 3", "a comma"), ("x/a.PNG 3", "a space"), ("a b.jpeg 3", "a space"),
    ("a.jfif;3", "a semicolon"), ("\"a.jpg\",\"3\"", "a comma"),
    ("a.jpg,10,20,30,40", "a comma"),
  ])
  func anotherSeparatorIsSeen(_ line: String, _ found: String) {
    #expect(throws: ImageListError.noTab(line: 2, found: found)) { try list("z.jpg\t0\n" + line) }
  }

  /// Names with blanks and commas, which are no mistakes.
  @Test(arguments: ["a b.jpg", "a,b.jpg", "a.jpg copy.jpg", "1 2", "IMG 3.png", "a.txt 3"])
  func namesWithBlanksAreNames(_ line: String) throws {
    #expect(try list(line).map(\.path) == [line])
  }

  @Test(
    arguments: [
      ([0xFF, 0xFE, 0x61, 0], "UTF-16 text"), ([0x61, 0, 0x0A], "binary data"),
      ([0xFF, 0xD8, 0xFF, 0xE0, 0, 16], "an image"),
      ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0], "an image"),
      ([20, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x22], "a model or weights file"),
    ] as [([UInt8], String)])
  func otherFilesAreNamed(_ bytes: [UInt8], _ kind: String) {
    #expect(throws: ImageListError.notText(kind)) { try ImageList(bytes, folder: "", classes: nil) }
  }

  @Test func picturesWithoutZerosAreNamed() throws {
    let picture = Array("P6 20 10 255\n".utf8) + [UInt8](repeating: UInt8(ascii: ","), count: 600)
    #expect(throws: ImageListError.notText("an image")) { try ImageList(picture, folder: "", classes: nil) }
    #expect(try ImageList(Array("P6 20.jpg\n".utf8), folder: "", classes: nil).items[0].path == "P6 20.jpg")
  }

  /// Found by fuzzing command lines: every comma used to read all that stood in front of it.
  @Test(.timeLimit(.minutes(1)), arguments: [",", "; ", " x"])
  func linesOfAMegabyteTakeNoLonger(_ part: String) throws {
    let line = Array(String(repeating: part, count: 1 << 20).utf8)
    #expect(try ImageList(line, folder: "", classes: nil).items.count == 1)
  }

  /// What training reads: any class is fine.
  @Test func withoutClassesNoneIsRead() throws {
    let items = try ImageList(Array("a\tzebra\nb\t99999\n".utf8), folder: "", classes: nil).items
    #expect(items == [.init(path: "a", classIndex: nil), .init(path: "b", classIndex: nil)])
  }

  @Test(arguments: [
    (PixelBox(x0: 10, y0: 10, x1: 20, y1: 20), [1, 0, 0, 0]), (PixelBox(x0: -5, y0: 0, x1: 0, y1: 9), [1, 1, 0, 0]),
    (PixelBox(x0: 40, y0: 0, x1: 50, y1: 9), [1, 1, 0, 0]), (PixelBox(x0: 0, y0: 0, x1: 4, y1: 9), [1, 0, 1, 0]),
    (PixelBox(x0: 0, y0: 0, x1: 40, y1: 30), [1, 0, 0, 1]), (PixelBox(x0: 10, y0: -3, x1: 20, y1: 9), [1, 0, 0, 1]),
  ])
  func boxesHaveAPlace(_ box: PixelBox, _ counts: [Int]) {
    var places = BoxPlaces()
    places.add(box, width: 40, height: 30, region: CropRegion(x: 5, y: 0, width: 30, height: 30), crop: 30)
    #expect([places.listed, places.outsidePicture, places.outsideCrop, places.cut] == counts)
    #expect((places.remark == nil) == (counts == [1, 0, 0, 0]))
  }
}
