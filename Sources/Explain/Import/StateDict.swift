/// The weights of a trained network under torchvision's names, whatever the file calls them.
struct StateDict: Sendable {
  /// Stands before every name in the file, such as `module.`.
  private let prefix: String
  let scheme: NamingScheme
  /// The tensors of the file that make up each tensor, one behind the other.
  private var parts: [String: [Part]]
  /// Tensors of the file that claim a place that another one has, by their full names.
  let clashes: [String]

  private struct Part {
    var fullName: String
    /// Nil if the file lacks it.
    var tensor: (any WeightTensor)?
  }

  /// What training frameworks put before the names of a network that they hold.
  private static let wrappers = ["module.", "model.", "backbone."]

  /// The weights of a classifier. Wrappers that all names have are taken off.
  init(_ files: WeightFiles) {
    var prefix = ""
    while let wrapper = Self.wrappers.first(where: { wrapper in
      !files.tensors.isEmpty && files.tensors.keys.allSatisfy { $0.hasPrefix(prefix + wrapper) }
    }) {
      prefix += wrapper
    }
    self.init(files, prefix: prefix, scheme: NamingScheme.find { files.tensors[prefix + $0] != nil })
  }

  /// The tensors whose names start with `prefix`.
  init(_ files: WeightFiles, prefix: String, scheme: NamingScheme) {
    self.prefix = prefix
    self.scheme = scheme
    var parts: [String: [Part]] = [:]
    var clashes: [String] = []
    for (fullName, tensor) in files.tensors.sorted(by: { $0.key < $1.key }) where fullName.hasPrefix(prefix) {
      let place = scheme.place(of: String(fullName.dropFirst(prefix.count)))
      var found = parts[place.name] ?? place.names.map { Part(fullName: prefix + $0, tensor: nil) }
      if found.indices.contains(place.part), found[place.part].fullName == fullName {
        found[place.part].tensor = tensor
        parts[place.name] = found
      } else {
        clashes.append(fullName)
      }
    }
    self.parts = parts
    self.clashes = clashes
  }

  /// Tensors that are in no file.
  init(_ tensors: [String: any WeightTensor]) {
    (prefix, scheme, clashes) = ("", .head, [])
    parts = tensors.mapValues { [Part(fullName: "", tensor: $0)] }
    for name in tensors.keys { parts[name]?[0].fullName = name }
  }

  /// Adds a tensor.
  mutating func insert(_ tensor: any WeightTensor, as name: String) {
    parts[name] = [Part(fullName: prefix + name, tensor: tensor)]
  }

  /// Torchvision's names, sorted.
  var names: [String] { parts.keys.sorted() }

  func contains(_ name: String) -> Bool { tensors(name) != nil }

  /// The shape; tensors that are stacked add up in their first dimension, and must agree in the others.
  func shape(_ name: String) -> [Int]? {
    guard let tensors = tensors(name), var shape = tensors.first?.shape else { return nil }
    for tensor in tensors.dropFirst() {
      guard let rows = tensor.shape.first, !shape.isEmpty, tensor.shape.dropFirst() == shape.dropFirst()
      else { return tensor.shape }
      shape[0] += rows
    }
    return shape
  }

  /// The type; the first that is not floating, if there are several.
  func dtype(_ name: String) -> DType? {
    guard let tensors = tensors(name) else { return nil }
    return (tensors.first { !$0.dtype.widensToFloat } ?? tensors.first)?.dtype
  }

  /// How the file calls the tensor, or would call it.
  func fullName(_ name: String) -> String { fullNames(name).joined(separator: ", ") }

  /// What the file lacks of the tensor, in its own names.
  func missing(_ name: String) -> [String] {
    guard let found = parts[name] else { return fullNames(name) }
    return found.compactMap { $0.tensor == nil ? $0.fullName : nil }
  }

  private func fullNames(_ name: String) -> [String] {
    parts[name]?.map(\.fullName) ?? scheme.fileNames(name).map { prefix + $0 }
  }

  /// All elements, widened.
  func floats(_ name: String) throws(ImportError) -> [Float] {
    var values: [Float] = []
    for tensor in tensors(name) ?? [] {
      guard tensor.dtype.widensToFloat else { throw .notFloating(tensor: fullName(name), dtype: tensor.dtype) }
      values += [Float](unsafeUninitializedCapacity: tensor.count) { buffer, count in
        if let target = buffer.baseAddress { tensor.read(0..<tensor.count, into: target) }
        count = tensor.count
      }
    }
    return values
  }

  /// Widens a stretch of a floating tensor, in elements.
  ///
  /// - Precondition: the tensor exists, is floating and holds the range.
  func read(_ name: String, _ range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    guard let tensors = tensors(name) else { preconditionFailure("no tensor \(name)") }
    forEachPart(tensors, range) { tensor, part, offset in tensor.read(part, into: target + offset) }
  }

  /// Reads the codes of a stretch of a tensor; nil where it is not stored as codes with one scale.
  func codes(_ name: String, _ range: Range<Int>, into target: UnsafeMutablePointer<Int8>) -> Float? {
    var scale: Float?
    forEachPart(tensors(name) ?? [], range) { tensor, part, _ in
      if part.count == range.count { scale = tensor.codes(part, into: target) }
    }
    return scale
  }

  /// Lets go of the memory that holds a stretch of a tensor; it is read from the file again when it is needed.
  func release(_ name: String, _ range: Range<Int>) {
    forEachPart(tensors(name) ?? [], range) { tensor, part, _ in tensor.release(part) }
  }

  /// Elements of an I32 or I64 tensor, nil for any other.
  func integers(_ name: String) -> [Int]? { tensors(name)?.first?.integers }

  /// The tensor's parts, if all are there.
  private func tensors(_ name: String) -> [any WeightTensor]? {
    guard let found = parts[name] else { return nil }
    let tensors = found.compactMap(\.tensor)
    return tensors.count == found.count ? tensors : nil
  }

  /// Calls `body` with each part of `range`, counted from the start of its tensor and of the range.
  private func forEachPart(
    _ tensors: [any WeightTensor], _ range: Range<Int>,
    _ body: (_ tensor: any WeightTensor, _ part: Range<Int>, _ offset: Int) -> Void
  ) {
    var start = 0
    for tensor in tensors {
      let part = range.clamped(to: start..<start + tensor.count)
      if !part.isEmpty {
        body(tensor, part.lowerBound - start..<part.upperBound - start, part.lowerBound - range.lowerBound)
      }
      start += tensor.count
    }
  }
}
