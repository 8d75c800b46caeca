import Testing

@testable import Explain

@Suite struct PixelStatisticsTests {
  struct Row: Sendable {
    let mean, std, wantedMean, wantedStd: [Float]?
  }

  @Test(arguments: [
    Row(
      mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], wantedMean: [0.485, 0.456, 0.406],
      wantedStd: [0.229, 0.224, 0.225]),
    Row(
      mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], wantedMean: [0.485, 0.456, 0.406],
      wantedStd: [0.229, 0.224, 0.225]),
    Row(mean: [123.675, 116.28, 103.53], std: nil, wantedMean: [0.485, 0.456, 0.406], wantedStd: nil),
    Row(mean: nil, std: [127.5], wantedMean: nil, wantedStd: [0.5, 0.5, 0.5]),
    Row(mean: [0.5], std: [0.5], wantedMean: [0.5, 0.5, 0.5], wantedStd: [0.5, 0.5, 0.5]),
    Row(mean: [127.5], std: [127.5], wantedMean: [0.5, 0.5, 0.5], wantedStd: [0.5, 0.5, 0.5]),
    Row(mean: [0, 0, 0], std: [255, 255, 255], wantedMean: [0, 0, 0], wantedStd: [1, 1, 1]),
    Row(mean: [0, 0, 0], std: [1, 1, 1], wantedMean: [0, 0, 0], wantedStd: [1, 1, 1]),
    // Caffe's: pixels in 0...255 less the mean.
    Row(
      mean: [123.675, 116.28, 103.53], std: [1, 1, 1], wantedMean: [0.485, 0.456, 0.406],
      wantedStd: [0.003922, 0.003922, 0.003922]),
    Row(mean: nil, std: nil, wantedMean: nil, wantedStd: nil),
  ])
  func bothScalesAreUnderstood(_ row: Row) throws {
    let statistics = try PixelStatistics(mean: row.mean, std: row.std)
    for (found, wanted) in [(statistics.mean, row.wantedMean), (statistics.std, row.wantedStd)] {
      #expect((found == nil) == (wanted == nil))
      #expect(zip(found ?? [], wanted ?? []).allSatisfy { abs($0 - $1) < 1e-6 })
      #expect(found?.count == wanted?.count)
    }
    #expect(statistics.wereDivided == ((row.mean ?? []) + (row.std ?? [])).contains { $0 > 1 })
  }

  @Test(
    arguments: [
      (
        [123.675, 116.28, 103.53], [0.229, 0.224, 0.225],
        "mean 123.675,116.28,103.53 *divided by 255 it is 0.485,0.456,0.406"
      ),
      (
        [0.485, 0.456, 0.406], [58.395, 57.12, 57.375],
        "std 58.395,57.12,57.375 *divided by 255 it is 0.229,0.224,0.225"
      ),
      ([123.675, 116.28, 103.53], [1, 1, 0.9], "mean 123.675,116.28,103.53 *divided by 255 it is 0.485,0.456,0.406"),
      ([1.5, 1.5, 1.5], [1, 1, 1], "mean 1.5,1.5,1.5 is neither of pixels in 0...1 nor of pixels in 0...255"),
      ([0.485, 116.28, 103.53], [58, 57, 57], "mean 0.485,116.28,103.53 is neither of *"),
      ([300, 300, 300], [58, 57, 57], "mean 300,300,300 is neither of *"),
      ([-1, 0, 0], [1, 1, 1], "mean -1,0,0 must be 0 or more*"),
      ([0.5, 0.5, 0.5], [0, 1, 1], "preprocessing: std *above zero*"),
      ([0.5, 0.5, 0.5], [-0.5, 1, 1], "preprocessing: std *above zero*"),
      ([0.5, 0.5], [1], "preprocessing: mean must be three *"), ([], [1], "preprocessing: mean must be three *"),
      ([.nan, 0, 0], [1], "preprocessing: mean *finite*"), ([0.5], [.infinity], "preprocessing: std *"),
    ] as [([Float], [Float], String)])
  func whatNoPixelsCanHaveIsRefused(_ mean: [Float], _ std: [Float], _ message: String) {
    let error = #expect(throws: ImportError.self) { try PixelStatistics(mean: mean, std: std) }
    let pieces = message.split(separator: "*")
    #expect(pieces.allSatisfy { "\(error.map { "\($0)" } ?? "")".contains($0) }, "\(String(describing: error))")
  }
}
