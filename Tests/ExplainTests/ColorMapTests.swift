import Testing

@testable import Explain

@Suite struct ColorMapTests {
  /// Entries 0, 64, 128, 192 and 255 of the published tables.
  @Test(arguments: [
    (ColorMap.turbo, [[48, 18, 59], [40, 188, 235], [164, 252, 60], [251, 126, 33], [122, 4, 3]]),
    (.viridis, [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]]),
    (.inferno, [[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]]),
    (.jet, [[0, 0, 128], [0, 129, 255], [130, 255, 126], [255, 126, 0], [128, 0, 0]]),
    (.gray, [[0, 0, 0], [64, 64, 64], [128, 128, 128], [192, 192, 192], [255, 255, 255]]),
  ])
  func tablesFollowThePublishedOnes(_ map: ColorMap, _ colors: [[Int]]) {
    let table = map.table
    #expect(table.count == 3 * 256)
    for (entry, color) in zip([0, 64, 128, 192, 255], colors) {
      for channel in 0..<3 { #expect(abs(Int(table[3 * entry + channel]) - color[channel]) <= 2) }
    }
  }

  @Test(arguments: ColorMap.allCases)
  func colorsChangeGradually(_ map: ColorMap) {
    let table = map.table.map(Int.init)
    for i in 3..<table.count { #expect(abs(table[i] - table[i - 3]) <= 8) }
  }

  @Test func saliencyOutsideItsRangeIsCut() {
    #expect(ColorMap.turbo.color(-1) == ColorMap.turbo.color(0))
    #expect(ColorMap.turbo.color(2) == ColorMap.turbo.color(1))
  }
}
