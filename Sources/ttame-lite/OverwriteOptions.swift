import ArgumentParser

/// What happens to files that are there already.
struct OverwriteOptions: ParsableArguments {
  @Flag(help: "Replace files that ttame-lite did not write. Inputs are never replaced.")
  var force = false

  var claims: FileClaims { FileClaims(force: force) }
}
