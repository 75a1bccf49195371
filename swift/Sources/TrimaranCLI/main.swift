import Trimaran

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

exit(commandLine(program: "trimaran", Array(CommandLine.arguments.dropFirst()), http: Client.send))
