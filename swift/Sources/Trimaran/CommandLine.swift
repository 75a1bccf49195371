/// The command line: runs, inspects and translates modules, writes to the streams of this process, and gives the status
/// that it is to end with. It is the same in every language. `http` sends the requests that `--http-allow` permits.
package func commandLine(
  program: String,
  _ arguments: [String],
  http: @escaping @Sendable (HttpRequest) throws -> HttpResponse
) -> Int32 {
  Core.commandLine(program: program, arguments: arguments, http: .callback(http))
}
