// The kernels of one ARM tier against their reference, as a program small enough for Embedded Swift: no test library, no
// Foundation. It is compiled into one module with the tier, once for each.

import CShim
import Glibc

@main struct KernelCheck {
  static func main() {
    var features = "features:"
    if shim_cpu_has_neon() { features += " neon" }
    if shim_cpu_has_dotprod() { features += " dotprod" }
    if shim_cpu_has_i8mm() { features += " i8mm" }
    print(features)

    // With an argument the program runs one matrix product, to be counted.
    if let reduction = firstArgument() { return countedProduct(reduction) }
    let kernels = KernelTable(tier: .neon, functions: kernelFunctions())
    let tier = ExecutionContext(kernels: kernels, threads: 1)
    let reference = ExecutionContext(kernels: .reference(kernels.activationFormat), threads: 1)
    var failures = 0
    for shape in KernelShape.small {
      let memory = GuardedMemory()
      let (found, expected) = (result(shape, tier, memory), result(shape, reference, GuardedMemory()))
      if let (index, expected, found) = shape.difference(found, expected) {
        print("wrong: \(shape.kernel) \(shape.description): result \(index) is \(found), not \(expected)")
        failures += 1
      } else if !memory.isIntact {
        print("wrong: \(shape.kernel) \(shape.description) writes outside its operands")
        failures += 1
      }
    }
    print("\(KernelShape.small.count) checks, \(failures) failures")
    exit(failures == 0 && !KernelShape.small.isEmpty ? 0 : 1)
  }

  private static func result(
    _ shape: KernelShape, _ context: ExecutionContext, _ memory: GuardedMemory
  ) -> KernelResult {
    let run = shape.makeRun(KernelOperands(context, memory: memory))
    context.withFlushedDenormals(run.run)
    return run.result()
  }

  /// The first argument as a number.
  private static func firstArgument() -> Int? {
    guard let arguments = shim_program_arguments(), let first = arguments[0].flatMap({ _ in arguments[1] }) else {
      return nil
    }
    return Int(atol(first))
  }
}

extension KernelTable {
  /// The program has one tier, and asks for it by itself.
  static let tierFunctions: [CPUTier: @Sendable () -> kernel_functions] = [:]
}

/// All checks run on one thread.
func usableCores() -> Int { 1 }
