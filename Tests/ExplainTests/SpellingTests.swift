import Explain
import Testing

@Suite struct SpellingTests {
  @Test(arguments: [
    ("clasify", "classify"), ("evalaute", "evaluate"), ("EXPLAIN", "explain"), ("bnech", "bench"), ("eval", "evaluate"),
    ("grad-cam", "gradcam"), ("dance", nil), ("", nil), ("e", nil),
    // What begins so is meant rather than what looks so, and the shortest of several.
    ("avx512", "avx512vnni"), ("avx", "avx2"), ("avx-vn", "avxvnni"),
  ])
  func nearestNames(_ text: String, _ expected: String?) {
    #expect(
      nearMiss(
        of: text, among: ["explain", "classify", "evaluate", "bench", "gradcam", "avx2", "avx512vnni", "avxvnni"])
        == expected)
  }

  @Test func nearestComeFirst() {
    let candidates = [["crane"], ["cranes", "birds"], ["crone", "carne"], ["heron"]]
    #expect(nearMisses(of: "crane", among: candidates) == [0, 1, 2])
    #expect(nearMisses(of: "x", among: []) == [])
  }
}
