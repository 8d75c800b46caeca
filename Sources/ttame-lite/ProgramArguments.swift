import CShim
import Explain

/// What the program was called with, its own name first.
///
/// `CommandLine.arguments` is empty where there is no `/proc`, and takes other bytes than UTF-8 for damage.
let programArguments: [String] = {
  var arguments: [String] = []
  guard var next = shim_program_arguments() else { return arguments }
  while let argument = next.pointee {
    arguments.append(String(cPath: argument))
    next += 1
  }
  return arguments
}()

/// An argument as a shell takes it; bash, zsh and ksh where it holds what cannot be shown.
func shellQuoted(_ argument: String) -> String {
  let shown = argument.shownPath
  if shown != argument {
    let escaped = argument.unicodeScalars.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined().shownPath
    return "$'\(escaped)'"
  }
  let isPlain = argument.unicodeScalars.allSatisfy {
    $0.isASCII && ($0.properties.isAlphabetic || ("+"..."9").contains($0) || "_=:@%".unicodeScalars.contains($0))
  }
  return isPlain && !argument.isEmpty
    ? argument
    : "'"
      + argument.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''") + "'"
}
