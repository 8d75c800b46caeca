import Explain
import Testing

@Suite struct FileNamePartTests {
  @Test(arguments: [
    ("golden retriever", "golden_retriever"), ("red wine, claret (bottle)", "red_wine_claret_bottle"),
    ("Schäferhund", "schäferhund"), ("Собака", "собака"), ("ΣΚΎΛΟΣ 2", "σκύλοσ_2"), ("犬", "犬"),
    // A decomposed letter stays one.
    ("Scha\u{308}fer", "scha\u{308}fer"), ("../../etc/passwd", "etc_passwd"), ("a\u{0}b\nc", "a_b_c"),
    ("-rf", "rf"), ("", "class"), ("***", "class"), ("\u{202E}gpj", "gpj"),
  ])
  func keepsLettersAndDigits(label: String, name: String) {
    #expect(Array(fileNamePart(label).utf8) == Array(name.utf8))
  }

  @Test func endsBeforeTheCharacterThatDoesNotFit() {
    #expect(fileNamePart(String(repeating: "я", count: 80)).utf8.count == 100)
    #expect(fileNamePart(String(repeating: "犬", count: 80)).utf8.count == 99)
    let stack = "a" + String(repeating: "\u{301}", count: 200)
    #expect(fileNamePart(stack) == "class")
  }
}
