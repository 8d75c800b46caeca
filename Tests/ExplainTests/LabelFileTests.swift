import Testing

@testable import Explain

@Suite struct LabelFileTests {
  @Test(arguments: [
    "tench\ngreat white shark\n", "tench\r\ngreat white shark\r\n", "tench\rgreat white shark",
    "\u{FEFF}tench  \ngreat white shark\n\n \n",
    "\"tench\"\n\"great white shark\"", "0\ttench\n1\tgreat white shark\n", "1\tgreat white shark\n0\ttench",
    #"["tench", "great white shark"]"#,
    "\u{FEFF}\n" + #"["tench", "great white shark"]"#, #"{"0": "tench", "1": "great white shark"}"#,
    #"{"model_type": "vit", "id2label": {"1": "great white shark", "0": "tench"}, "label2id": {"tench": 0}}"#,
  ])
  func formsOfTheSameLabels(_ text: String) throws {
    #expect(try LabelFile(Array(text.utf8)).labels == ["tench", "great white shark"])
  }

  /// Ten and more: the order is of numbers, not of texts.
  @Test func imageNetsIndexKeepsItsIds() throws {
    let entries = (0..<12).map { #""\#($0)": ["n0144\#($0)", "great_white_shark\#($0)"]"# }
    let labels = try LabelFile(Array("{\(entries.shuffled().joined(separator: ", "))}".utf8)).labels
    #expect(labels == (0..<12).map { "great white shark\($0), n0144\($0)" })
    #expect(try ClassNames(labels: labels, count: 12).index(of: "n01447") == 7)
  }

  @Test func synsetWordsKeepTheirIds() throws {
    let labels = try LabelFile(Array("n01440764 tench, Tinca tinca\nn01443537 goldfish\n".utf8)).labels
    #expect(labels == ["tench, Tinca tinca, n01440764", "goldfish, n01443537"])
    #expect(ClassLookup(ClassNames(labels: labels, count: 2)).index(of: "n01443537") == 1)
    #expect(try LabelFile(Array("n01440764\nn01443537\n".utf8)).labels == ["n01440764", "n01443537"])
    #expect(try LabelFile(Array("n01440764 tench\nother\n".utf8)).labels == ["n01440764 tench", "other"])
  }

  @Test func aBlankLineInTheMiddleIsAClassWithoutAName() throws {
    #expect(try LabelFile(Array("a\n\nc\n".utf8)).labels == ["a", "", "c"])
    #expect(try LabelFile(Array("[background]\n{x}\n".utf8)).labels == ["[background]", "{x}"])
  }

  @Test(arguments: [
    ("", LabelFileError.empty), ("\n \n", .empty), ("[]", .empty), ("{}", .empty), ("[1, 2]", .badJSON),
    ("{\"a\": 1}", .badJSON), ("[\"a\"", .badJSON),
    ("{\"a\": \"b\"}", .badIndex("a")), ("{\"0\": \"a\", \"2\": \"c\"}", .missing(index: 1)),
    ("{\"-1\": \"a\"}", .badIndex("-1")), ("0\ta\n2\tc\n", .missing(index: 1)),
    ("0\ta\n0\tb\n", .missing(index: 1)), ("a\0b", .notText("binary data")),
    ("\u{89}PNG\r\n\u{1A}\n\0", .notText("binary data")),
  ])
  func otherFilesAreRefused(_ text: String, _ error: LabelFileError) {
    #expect(throws: error) { try LabelFile(Array(text.utf8)) }
  }

  @Test func importsTakeAnyForm() throws {
    let folder = try TemporaryFolder()
    try SyntheticWeights.resNet18(classes: 3).writeZeros(folder.file("w"))
    var options = ImportOptions()
    options.labels = try folder.write("config.json", Array(#"{"id2label": {"2": "c", "0": "a", "1": "b"}}"#.utf8))
    let summary = try importModel(from: folder.file("w"), to: folder.file("m"), options: options)
    #expect(summary.description.labels == ["a", "b", "c"])
    options.labels = try folder.write("few.json", Array(#"["a", "b"]"#.utf8))
    let few = ImportError.wrongLabelCount(labels: 2, classes: 3)
    #expect(throws: few) { try importModel(from: folder.file("w"), to: folder.file("n"), options: options) }
    #expect(few.description.hasPrefix("2 labels for 3 classes of the network; with --label-offset 1"))
    options.labels = folder.file("w")
    #expect(throws: ImportError.badLabels(path: folder.file("w"), .notText("a model or weights file"))) {
      try importModel(from: folder.file("w"), to: folder.file("n"), options: options)
    }
  }

  @Test func labelsAreUTF8() {
    #expect(throws: LabelFileError.notText("no text in UTF-8")) { try LabelFile([0x61, 0xE9, 0x0A]) }
  }
}
