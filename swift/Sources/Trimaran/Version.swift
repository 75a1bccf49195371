/// The version of this library: `major.minor.patch`.
public let version: String = Core.version()
