import Kernels
import Testing

/// The benchmark's own machinery: that it measures something, and that it notices wrong kernels.
@Suite struct BenchmarkTests {
  private static let tiers = CPUTier.available.filter { $0 != .reference }

  @Test(arguments: KernelShape.small) func everyTierIsCheckedAndTimed(_ shape: KernelShape) throws {
    for threads in [1, 2] {
      let benchmark = KernelBenchmark(
        contexts: Self.tiers.map { ExecutionContext(tier: $0, threads: threads) }, rounds: 2)
      let times = try benchmark.measure([KernelCase(shape, networks: ["none"])])
      #expect(times.map(\.tier) == Self.tiers.map(\.rawValue))
      for time in times {
        #expect(time.kernel == shape.kernel && time.shape == shape.description && time.threads == threads)
        #expect(time.milliseconds > 0 && time.milliseconds.isFinite && time.bytes > 0 && time.macs == shape.macs)
        #expect(
          time.rounds == 2 && time.share > 0 && time.share.isFinite && time.peakGigaMACs > 0 && time.readGigaBytes > 0)
      }
    }
  }

  /// The sound kernels that planted errors build on: functions of C capture nothing.
  nonisolated(unsafe) private static var sound = KernelTable.table(for: .reference).functions

  @Test(.serialized, arguments: tiers) func aWrongResultIsNoticed(_ tier: CPUTier) throws {
    var kernels = KernelTable.table(for: tier)
    Self.sound = kernels.functions
    kernels.functions.gemmInt8 = { task in
      BenchmarkTests.sound.gemmInt8(task)
      // One value of the last row, by one level of a weight at the least scale.
      task.pointee.row_data[task.pointee.rows - 1].output[task.pointee.first_column] += 0.001
    }
    kernels.functions.activate = { function, input, output, count in
      BenchmarkTests.sound.activate(function, input, output, count)
      output[count / 2] = .nan
    }
    let benchmark = KernelBenchmark(contexts: [ExecutionContext(kernels: kernels, threads: 1)], rounds: 1)
    let shape = ConvolutionShape(height: 3, width: 3, channels: 16, outputs: 16)
    let mismatch = #expect(throws: KernelMismatch.self) {
      try benchmark.measure([KernelCase(.convolution(shape), networks: [])])
    }
    #expect(mismatch?.tier == tier.rawValue && mismatch?.kernel == "gemm-int8" && mismatch?.index == 8 * 16)
    let missing = #expect(throws: KernelMismatch.self) {
      try benchmark.measure([KernelCase(.activation(.gelu, rows: 1, channels: 100), networks: [])])
    }
    #expect(missing?.index == 50 && missing?.found.isNaN == true)
    // What was not spoiled still passes.
    #expect(throws: Never.self) { try benchmark.measure([KernelCase(.add(count: 100), networks: [])]) }
    // Where the sums are quantized at once, the error shows in the levels.
    kernels.functions.gemmInt8 = { task in
      BenchmarkTests.sound.gemmInt8(task)
      task.pointee.row_data[0].output[task.pointee.first_column] += 1
    }
    let quantizing = KernelBenchmark(contexts: [ExecutionContext(kernels: kernels, threads: 1)], rounds: 1)
    let padded = ConvolutionShape(height: 9, width: 9, channels: 16, outputs: 16, quantizedPadding: 1)
    #expect(throws: KernelMismatch.self) { try quantizing.measure([KernelCase(.convolution(padded), networks: [])]) }
  }

  @Test func fewLevelsMayBeNeighbours() {
    let expected = KernelResult(values: [], levels: [Int32](repeating: 5, count: 2000))
    func wrongLevel(_ changes: [Int: Int32], permitsNeighbours: Bool) -> Int? {
      var found = expected
      for (index, change) in changes { found.levels[index] += change }
      return found.wrongLevel(expected, permitsNeighbours: permitsNeighbours)
    }
    #expect(wrongLevel([:], permitsNeighbours: false) == nil)
    #expect(wrongLevel([7: 1], permitsNeighbours: false) == 7)
    #expect(wrongLevel([7: 1, 8: -1, 1999: 1], permitsNeighbours: true) == nil)
    #expect(wrongLevel([7: 1, 8: -1, 9: 1, 1999: 1], permitsNeighbours: true) == 1999)
    #expect(wrongLevel([7: 1, 8: 2], permitsNeighbours: true) == 8)
  }

  @Test(arguments: CPUTier.available) func readsTouchEveryByte(_ tier: CPUTier) {
    let read = KernelTable.table(for: tier).functions.readMemory
    let step = 512
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 3 * step, alignment: 64)
    defer { memory.deallocate() }
    for byte in stride(from: 0, to: 3 * step, by: 4) {
      memory.initializeMemory(as: UInt8.self, repeating: 0, count: 3 * step)
      #expect(read(memory, 3 * step) == 0)
      memory.storeBytes(of: 1 << 20, toByteOffset: byte, as: Int32.self)
      #expect(read(memory, 3 * step) == 1 << 20)
      // Nothing beyond the end.
      #expect(read(memory, step) == (byte < step ? 1 << 20 : 0))
    }
  }

  @Test func theRooflineCoversAllWorkingSets() {
    let roofline = ExecutionContext(threads: 1).roofline(rounds: 3)
    #expect(roofline.reads.map(\.bytes) == Roofline.workingSets)
    #expect(roofline.peakInt8 > 0 && roofline.peakFloat > 0)
    let (first, last) = (roofline.reads[0], roofline.reads[Roofline.workingSets.count - 1])
    #expect(roofline.reads.allSatisfy { $0.gigaBytes > 0 })
    #expect(roofline.bandwidth(ofWorkingSet: 1) == first.gigaBytes * 1e9)
    #expect(roofline.bandwidth(ofWorkingSet: 1 << 40) == last.gigaBytes * 1e9)
    let (a, b) = (roofline.reads[3], roofline.reads[4])
    let between = roofline.bandwidth(ofWorkingSet: (a.bytes + b.bytes) / 2)
    #expect(abs(between - (a.gigaBytes + b.gigaBytes) / 2 * 1e9) < 1e6)
  }

  @Test func medianAndSpread() {
    let measurement = Measurement(times: [5, 1, 4, 2, 3])
    #expect(measurement.median == 3 && measurement.fastest == 1 && measurement.spread == (4 - 2) / 2.0 / 3)
  }
}
