import Testing

@testable import Explain

@Suite struct PredictionTests {
  private let names = ClassNames(
    labels: ["tench, Tinca tinca", "crane", "golden retriever", "tiger", "tiger cat", "crane"], count: 6)

  @Test(arguments: [
    ("2", 2), ("tench", 0), ("tinca  TINCA", 0), ("Tench, tinca tinca", 0), ("tiger", 3), ("Golden", 2), ("cat", 4),
    ("golden_retriever", 2),
  ])
  func namesAreFound(_ query: String, _ index: Int) throws {
    #expect(try names.index(of: query) == index)
  }

  @Test(arguments: [
    ("6", ClassNameError.outOfRange(index: 6, classes: 6)), ("-1", .outOfRange(index: -1, classes: 6)),
    ("crane", .ambiguous("crane", matches: ["1 crane", "5 crane"])),
    ("tig", .ambiguous("tig", matches: ["3 tiger", "4 tiger cat"])),
    ("tensh", .unknown("tensh", near: ["0 tench"])), ("aardvark", .unknown("aardvark", near: [])),
    ("retriver", .unknown("retriver", near: ["2 golden retriever"])), ("cta", .unknown("cta", near: [])),
    ("", .unknown("", near: [])),
  ])
  func othersAreRefused(_ query: String, _ error: ClassNameError) {
    #expect(throws: error) { try names.index(of: query) }
  }

  @Test func labelsMayBeMissing() throws {
    let unnamed = ClassNames(labels: [], count: 3)
    #expect(unnamed.label(2) == "class 2" && unnamed.name(2) == "class 2")
    #expect(try unnamed.index(of: "2") == 2)
    #expect(throws: ClassNameError.noLabels("cat")) { try unnamed.index(of: "cat") }
    #expect(names.name(0) == "tench" && names.label(0) == "tench, Tinca tinca")
  }

  @Test func labelsNeitherBreakLinesNorCommandTerminals() {
    let hostile = ClassNames(labels: ["a\u{1B}[31m\r\nb\u{2028}c\0", "", "naïve 犬"], count: 3)
    #expect(hostile.label(0) == "a [31m  b c " && hostile.name(0) == hostile.label(0))
    #expect(hostile.label(1) == "class 1" && hostile.label(2) == "naïve 犬")
  }

  @Test func messagesNameTheWayOut() {
    let many = (0..<9).map { "\($0) x" }
    #expect("\(ClassNameError.ambiguous("x", matches: many))".contains("4 x (and 4 more)"))
    #expect("\(ClassNameError.unknown("x", near: ["1 a", "2 b"]))".hasSuffix("did you mean 1 a or 2 b?"))
  }

  /// Ids of WordNet are facts of ImageNet, whatever its labels are worded like; a label that holds one comes first.
  @Test func idsOfWordNetAreClassesOfImageNet() throws {
    var labels = (0..<1000).map { "class number \($0)" }
    #expect(throws: ClassNameError.unknown("n01440764", near: [])) {
      try ClassNames(labels: labels, count: 1000).index(of: "n01440764")
    }
    for (index, label) in [
      (0, "tench, Tinca tinca"), (1, "goldfish"), (207, "golden_retriever"), (281, "Tabby"), (404, "airliner"),
      (817, "sports car"), (999, "toilet tissue"),
    ] { labels[index] = label }
    let names = ClassNames(labels: labels, count: 1000)
    for (id, index) in [
      ("n01440764", 0), ("n01443537", 1), ("n02099601", 207), ("N02123045", 281), ("n02690373", 404),
      ("n15075141", 999),
    ] {
      #expect(try names.index(of: id) == index)
      #expect(ClassLookup(names).index(of: id) == index)
    }
    #expect(ClassLookup(names).index(of: "n00000001") == nil)
    for id in ["n00000001", "n0144076", "n014407640", "n0144O764"] {
      #expect(throws: ClassNameError.unknown(id, near: [])) { try names.index(of: id) }
    }
    #expect(try ClassNames(labels: ["cat", "golden retriever, n02099601"], count: 2).index(of: "n02099601") == 1)
  }
}
