@testable import Explain
import Kernels
import Testing

@Suite struct KernelCaseTests {
  @Test func selectionsCoverEveryKernel() {
    // KernelCoverageTests sees to it that the small shapes miss no function of the table.
    let kernels = Set(KernelShape.small.map(\.kernel))
    #expect(kernels.subtracting(KernelCases.all.map(\.shape.kernel)) == [])
    #expect(kernels.subtracting(KernelCases.representative.map(\.shape.kernel)) == [])
    #expect(KernelCases.representative.count < 64)
    #expect(Set(KernelCases.all.map(\.shape)).count == KernelCases.all.count)
  }

  @Test func patternsNeedEveryWord() {
    let some = KernelCases.matching("int8 resnet50")
    #expect(!some.isEmpty && some.count < KernelCases.all.count)
    #expect(some.allSatisfy { $0.shape.kernel == "gemm-int8" && $0.networks.contains("resnet50") })
    #expect(KernelCases.matching("int8 nothing").isEmpty)
    #expect(KernelCases.matching("gemm 28x28x512->512 3x3").count == 3)
    #expect(KernelCases.matching("gemm 28x28x512->512 3x3 levels").count == 1)
  }

  /// Dense and depthwise layers of the bundled model are those of the list, no more and no fewer.
  @Test func listedShapesAreTheModels() throws {
    let model = try Model(path: Fixtures.bundledModel)
    let graph = model.description.graph
    var real = Set<String>()
    for node in graph.nodes {
      guard let input = model.shapes[node.inputs[0]], let output = model.shapes[node.name] else { continue }
      switch node.op {
      case let c as Convolution:
        real.insert("dense \(input) \(output.channels) \(c.window.kernelHeight) \(c.window.stride)")
      case let c as DepthwiseConvolution:
        real.insert("depthwise \(input) \(c.window.kernelHeight) \(c.window.stride)")
      default: break
      }
    }
    var listed = Set<String>()
    for item in KernelCases.all where item.networks.contains("efficientnet-lite0") {
      if let c = item.shape.convolution {
        listed.insert("dense \(Shape(c.height, c.width, c.channels)) \(c.outputs) \(c.kernel) \(c.stride)")
      } else if item.shape.kernel == "depthwise", let w = item.shape.window {
        listed.insert("depthwise \(Shape(w.height, w.width, w.channels)) \(w.kernel) \(w.stride)")
      }
    }
    #expect(listed == real)
  }

  /// Multiply-accumulates of the distinct dense layers, by hand: 64 * 3 * 9 at 224 x 224 and so on.
  @Test func vggHasItsNineShapes() {
    let macs = KernelCases.all.filter { $0.networks.contains("vgg16") }.compactMap { item -> Int? in
      guard let c = item.shape.convolution, !c.isFloat, c.kernel == 3, c.quantizedPadding == nil else { return nil }
      return item.shape.macs
    }
    #expect(
      macs.sorted() == [86_704_128, 462_422_016] + [Int](repeating: 924_844_032, count: 3)
        + [Int](repeating: 1_849_688_064, count: 4))
  }
}
