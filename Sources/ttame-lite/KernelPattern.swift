import ArgumentParser

/// What `--kernels` chooses kernels by.
struct KernelPattern: ExpressibleByArgument, CustomStringConvertible {
  /// Chooses a representative selection.
  static let representative = KernelPattern(argument: "default")
  let text: String

  init(argument: String) { text = argument }

  /// Nothing: the help says in words what the option means without a pattern.
  var description: String { "" }
}
