import CShim

/// What the program was called with, its own name first.
///
/// `CommandLine.arguments` is empty where there is no `/proc`.
let programArguments: [String] = {
  var arguments: [String] = []
  guard var next = shim_program_arguments() else { return arguments }
  while let argument = next.pointee {
    arguments.append(String(cString: argument))
    next += 1
  }
  return arguments
}()
