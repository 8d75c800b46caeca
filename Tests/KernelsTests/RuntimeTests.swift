import CShim
import Glibc
import Kernels
import Testing

@Suite struct RuntimeTests {
  @Test func everyChunkRunsOnce() {
    for threads in [1, 2, 5] {
      let pool = ThreadPool(threads: threads)
      for chunks in [0, 1, 2, 7, 1000] {
        let counts = UnsafeMutablePointer<UInt32>.allocate(capacity: chunks + 1)
        counts.initialize(repeating: 0, count: chunks + 1)
        defer { counts.deallocate() }
        pool.run(chunks: chunks) { _ = shim_add32(counts + $0, 1) }
        #expect((0..<chunks).allSatisfy { counts[$0] == 1 })
      }
    }
  }

  /// One thread is held by its chunk until all others are done, which the other thread must do alone.
  @Test func aSlowCoreHoldsNobodyUp() {
    let pool = ThreadPool(threads: 2)
    let done = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    done.initialize(to: 0)
    defer { done.deallocate() }
    let start = ContinuousClock.now
    pool.run(chunks: 100) { chunk in
      while chunk == 0 && shim_load32(done) < 99 && start.duration(to: .now) < .seconds(60) { sched_yield() }
      _ = shim_add32(done, 1)
    }
    #expect(start.duration(to: .now) < .seconds(60))
  }

  @Test func manyShortRegions() {
    let pool = ThreadPool(threads: 4)
    let sum = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    sum.initialize(to: 0)
    defer { sum.deallocate() }
    for region in 0..<20_000 { pool.run(chunks: 1 + region % 5) { _ in _ = shim_add32(sum, 1) } }
    #expect(sum.pointee == 60_000)
  }

  @Test func tiersAreOrdered() {
    #expect(CPUTier.available.first == .reference)
    #expect(CPUTier.best == CPUTier.available.max())
    #expect(CPUTier.sse4 < .avx2 && .avx2 < .avxvnni && .avxvnni < .avx512vnni && .avx512vnni < .avx512bf16)
    #expect(CPUTier.neon < .dotprod && .dotprod < .i8mm)
    #expect(usableCores() >= 1)
  }

  @Test(arguments: [
    (1, 1, 5, 3, 1), (3, 3, 16, 40, 1), (3, 3, 20, 17, 1), (7, 7, 3, 64, 1), (1, 1, 700, 33, 1), (3, 3, 32, 32, 8),
    (3, 3, 72, 120, 3), (1, 1, 560, 280, 5), (3, 1, 21, 35, 7), (1, 1, 20, 40, 20),
  ])
  func panelsRoundTrip(_ height: Int, _ width: Int, _ channels: Int, _ outputs: Int, _ groups: Int) {
    let layout = ReductionLayout(
      kernelHeight: height, kernelWidth: width, channels: channels, groups: ChannelGroups(groups, outputs: outputs))
    let rowLength = height * width * channels / groups
    let rows = randomLevels(outputs * rowLength, seed: 6)
    let floats = rows.map(Float.init)
    let count = PanelLayout.panels(outputs) * layout.panelBytes
    var packed = [Int8](repeating: 1, count: count)
    var packedFloats = [Float](repeating: 1, count: count)
    layout.pack(rows, outputs: outputs, into: &packed)
    layout.pack(floats, outputs: outputs, into: &packedFloats)
    var sums = [Int32](repeating: 0, count: PanelLayout.panels(outputs) * layout.blocks * PanelLayout.width)
    layout.columnSums(rows, outputs: outputs, into: &sums)
    for n in 0..<outputs {
      var row = [Int8](repeating: 0, count: rowLength)
      var floatRow = [Float](repeating: 0, count: rowLength)
      layout.unpackRow(n, of: packed, into: &row)
      layout.unpackRow(n, of: packedFloats, into: &floatRow)
      #expect(row == Array(rows[n * rowLength..<(n + 1) * rowLength]))
      #expect(floatRow == row.map(Float.init))
      let total = (0..<layout.blocks).reduce(Int32(0)) {
        $0 + sums[(n / PanelLayout.width * layout.blocks + $1) * PanelLayout.width + n % PanelLayout.width]
      }
      #expect(total == row.reduce(Int32(0)) { $0 + Int32($1) })
    }
    #expect(packed.reduce(0) { $0 + Int($1) } == rows.reduce(0) { $0 + Int($1) })
  }
}
