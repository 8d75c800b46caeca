import CFuzzer

// libFuzzer's interface: <https://llvm.org/docs/LibFuzzer.html>. One program holds all targets; the name that it is
// started under chooses one.

/// 0: the input may join the corpus; -1: it is another target's.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  chosenTarget.run(Array(UnsafeBufferPointer(start: data, count: size))) ? 0 : -1
}

@_cdecl("LLVMFuzzerCustomMutator")
public func customMutator(
  _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ capacity: Int, _ seed: UInt32
) -> Int {
  let input = Array(UnsafeBufferPointer(start: data, count: size))
  let output = chosenTarget.mutate(input, capacity: capacity, seed: seed).prefix(capacity)
  _ = UnsafeMutableBufferPointer(start: data, count: capacity).update(fromContentsOf: output)
  return output.count
}

/// One mutation of libFuzzer's choice, to at most `capacity` bytes.
func mutated(_ bytes: [UInt8], capacity: Int) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: max(capacity, bytes.count)) { buffer, count in
    _ = buffer.update(fromContentsOf: bytes)
    count = LLVMFuzzerMutate(buffer.baseAddress, bytes.count, capacity)
  }
}
