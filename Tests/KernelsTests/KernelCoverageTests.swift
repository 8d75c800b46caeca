import CShim
import Kernels
import Testing

/// Every function of the kernel table has a case that calls it, and a comparison that notices when it does nothing.
///
/// The functions are walked as they lie in the C struct, so that nobody has to remember to list a new one.
@Suite(.serialized) struct KernelCoverageTests {
  private struct Function: CustomStringConvertible {
    var description: String
    var offset: Int
  }

  /// The table's functions in its order.
  private static let functions: [Function] = Mirror(reflecting: KernelTable.table(for: .reference).functions).children
    .enumerated().compactMap { index, field in
      field.value is Int ? nil : Function(description: field.label ?? "", offset: index * MemoryLayout<Int>.size)
    }

  /// Loops that show what the machine can do: what they return depends on the tile, and every case is timed beside them.
  private static let yardsticks = ["peakInt8", "peakFloat", "readMemory"]

  /// Those that the best tier has.
  private static var kernels: [Function] {
    let table = KernelTable.table(for: .best).functions
    return functions.filter { function in
      let address = withUnsafeBytes(of: table) { $0.load(fromByteOffset: function.offset, as: UInt.self) }
      return address != 0 && !yardsticks.contains(function.description)
    }
  }

  /// Functions of C capture nothing.
  nonisolated(unsafe) private static var calls = 0

  /// The best tier with one function that does nothing but count its calls.
  private func context(without function: Function) -> ExecutionContext {
    var table = KernelTable.table(for: .best)
    let nothing: @convention(c) () -> Void = { KernelCoverageTests.calls += 1 }
    withUnsafeMutableBytes(of: &table.functions) {
      $0.storeBytes(of: nothing, toByteOffset: function.offset, as: (@convention(c) () -> Void).self)
    }
    return ExecutionContext(kernels: table, threads: 1)
  }

  private func shapes(_ shapes: [KernelShape], thatCall function: Function) -> [KernelShape] {
    let context = context(without: function)
    return shapes.filter { shape in
      Self.calls = 0
      shape.makeRun(KernelOperands(context)).run()
      return Self.calls > 0
    }
  }

  private func kernelsWithoutCase(_ cases: [KernelShape]) -> [String] {
    Self.kernels.filter { shapes(cases, thatCall: $0).isEmpty }.map(\.description)
  }

  @Test func theTableIsWalkedAsAWhole() {
    #expect(Self.functions.count == MemoryLayout<kernel_functions>.size / MemoryLayout<Int>.size - 3)
    #expect(Self.functions.first?.description == "gemmInt8" && Self.functions.last?.description == "readMemory")
    #expect(Self.yardsticks.allSatisfy { name in Self.functions.contains { $0.description == name } })
  }

  @Test func everyKernelHasACase() {
    #expect(kernelsWithoutCase(KernelShape.small) == [])
  }

  @Test(arguments: [("activation", "activate"), ("gemm-int8", "gemmInt8"), ("moments", "moments")])
  func aKernelWithoutACaseIsNamed(_ kernel: String, _ function: String) {
    #expect(kernelsWithoutCase(KernelShape.small.filter { $0.kernel != kernel }) == [function])
  }

  /// A kernel that does nothing must be noticed by at least one comparison.
  @Test func everyKernelIsCompared() {
    let unnoticed = Self.kernels.filter { function in
      let benchmark = KernelBenchmark(contexts: [context(without: function)], rounds: 1)
      return !shapes(KernelShape.small, thatCall: function).contains { shape in
        (try? benchmark.measure([KernelCase(shape, networks: [])])) == nil
      }
    }
    #expect(unnoticed.map(\.description) == [])
  }

  @Test func yardsticksAreTimedBesideEveryCase() throws {
    for function in Self.functions where Self.yardsticks.contains(function.description) {
      Self.calls = 0
      let benchmark = KernelBenchmark(contexts: [context(without: function)], rounds: 1)
      // Of the two peaks, one counts for levels and one for Floats.
      let shapes: [KernelShape] = [
        .convolution(ConvolutionShape(height: 1, width: 1, channels: 16, outputs: 16)), .add(count: 16),
      ]
      _ = try benchmark.measure(shapes.map { KernelCase($0, networks: []) })
      #expect(Self.calls > 0, "\(function)")
    }
  }
}
