import Testing

@testable import Explain

@Suite struct EvaluationTests {
  @Test func accuracyCountsFirstAndFifth() {
    var accuracy = Accuracy()
    #expect(accuracy.top1 == nil && accuracy.top5 == nil)
    let logits: [Float] = [0, 9, 8, 7, 6, 5, 4]
    for label in [1, 5, 6, 0] { accuracy.add(logits: logits, class: label) }
    #expect(accuracy.images == 4)
    #expect(accuracy.top1 == 0.25)
    #expect(accuracy.top5 == 0.5)
  }

  @Test func rankingIsStable() {
    #expect(largest(3, of: [1, 5, 5, 0]) == [1, 2, 0])
    #expect(largest(9, of: [1, .nan, 2]) == [2, 0, 1])
    #expect(largest(0, of: [1]) == [])
  }

  @Test func listsAreTabSeparated() throws {
    let list = try ImageList(
      Array("a.jpg\t3\r\n\n# note\nb c.png\n/x/d.png\t-1\ne.png\t0\textra\n".utf8), folder: "lists",
      classes: ClassLookup(ClassNames(labels: [], count: 5)))
    #expect(
      list.items == [
        .init(path: "lists/a.jpg", classIndex: 3), .init(path: "lists/b c.png", classIndex: nil),
        .init(path: "/x/d.png", classIndex: nil), .init(path: "lists/e.png", classIndex: 0),
      ])
    #expect(
      try ImageList(Array("a".utf8), folder: "", classes: ClassLookup(ClassNames(labels: [], count: 1))).items == [
        .init(path: "a", classIndex: nil)
      ])
  }

  @Test(arguments: [
    ("", ImageListError.empty), ("# a\n", .empty), ("a\n\t4\n", .noPath(line: 2)),
    ("a\tcat\n", .badClass(line: 1, found: "cat", suggestion: nil)),
    ("a\t1\nb\t5\n", .classOutOfRange(line: 2, index: 5, classes: 5)),
  ])
  func badListsAreRefused(_ text: String, _ error: ImageListError) {
    #expect(throws: error) {
      try ImageList(Array(text.utf8), folder: "", classes: ClassLookup(ClassNames(labels: [], count: 5)))
    }
  }
}
