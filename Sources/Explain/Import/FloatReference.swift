/// The same import in Float, to compare an int8 model with: a model whose file is gone as soon as it is mapped.
///
/// - Parameters:
///   - weights: path of what was imported.
///   - options: of the import.
///   - folder: has room for the file, some four times the size of the int8 model.
public func floatReference(
  of weights: String, options: ImportOptions, in folder: String
) throws(ImportError) -> Model {
  var options = options
  options.precision = .float32
  let temporary: TemporaryFolder
  do { temporary = try TemporaryFolder(in: folder) } catch { throw .output(path: folder, error) }
  defer { withExtendedLifetime(temporary) {} }
  let path = temporary.path.appending("float32.safetensors")
  _ = try importModel(from: weights, to: path, options: options)
  do { return try Model(path: path) } catch { throw .reference(error) }
}
