internal import CTrimaran
import Trimaran

/// A handle of a resource that a guest made. It belongs to one store.
///
/// One that is owned lives until it is closed, given away to a guest, or no longer referred to. One that is borrowed lives until
/// the host function returns that it was lent to; then a use of it fails with `closed`.
public final class Resource: Sendable {
  let core: Core.ComponentResource
  private let home: WeakStore

  init(_ core: consuming Core.ComponentResource, _ store: Store) {
    self.core = core
    home = WeakStore(store)
  }

  /// Whether it is owned, and not lent.
  public var isOwned: Bool { (try? core.isOwned()) ?? false }

  /// Whether it can be used still: it was neither dropped nor given away, no loan of it is over, and its store is open.
  public var isAlive: Bool { home.store != nil && ((try? core.isAlive()) ?? false) }

  /// Its type.
  public var type: ResourceType {
    get throws(WasmtimeError) { ResourceType(try core.resourceType()) }
  }

  /// Drops the handle. If it is owned, that runs the destructor of the guest. To close one that is gone does nothing.
  ///
  /// One that is not closed is dropped when nothing refers to it any more: its destructor runs when a component of the store is used
  /// the next time, and that use fails with what it fails with.
  ///
  /// It does nothing once its store is closed or a guest of that has trapped.
  ///
  /// - Throws: `trap` where the destructor traps, `busy` in a host function that the guest's instance has called: the handle
  ///   stays, and can be closed later.
  public func close() throws(WasmtimeError) {
    guard let store = home.store, !store.isClosed else { return }
    do throws(WasmtimeError) {
      try close(store)
    } catch {
      if case .poisoned = error { return }
      throw error
    }
  }

  /// Drops the handle, as ``close()`` does.
  ///
  /// - Parameter store: The resource's store.
  /// - Throws: As ``close()``, `wrongStore`, `closed` after the store was closed, and `poisoned` after a guest of it has trapped.
  public func close(_ store: Store) throws(WasmtimeError) {
    try withExtendedLifetime(store) { () throws(WasmtimeError) in try core.resourceDrop(store: store.core) }
  }
}

extension Resource: ComponentConvertible {
  /// The resource as a value.
  public var componentValue: ComponentValue { .resource(self) }

  /// The resource of a value. Fails with `type` for anything else.
  public convenience init(_ value: ComponentValue) throws(WasmtimeError) {
    guard case .resource(let resource) = value, let store = resource.home.store else { throw value.isNot("a resource") }
    self.init(Core.ComponentResource(resource.core.kept()), store)
  }
}

/// The type of a resource: of the host's own, or of one instance of a component.
public final class ResourceType: Sendable {
  let core: Core.ComponentResourceType

  init(_ core: consuming Core.ComponentResourceType) { self.core = core }

  /// Makes a new type of the host's, which is equal to no other. ``LinkerInstance/defineResource(_:_:)`` gives it a name; guests then
  /// have handles of objects of the host.
  ///
  /// - Throws: `limit` where the process has made 2^32 of them.
  public convenience init() throws(WasmtimeError) {
    self.init(try Core.ComponentResourceType.host())
  }

  /// Makes a new type of the host's, which is equal to no other, and has a closure called with each object that a guest has dropped.
  ///
  /// ```swift
  /// let files = try ResourceType { file in (file as? File)?.close() }
  /// try linker.root.defineResource("file", files)
  /// ```
  ///
  /// - Parameter drop: Takes an object that was given to a guest for good, once for each time: when a guest drops it, or when the store is
  ///   closed or nothing refers to it any more, also after a trap. An object that a guest has given back is yours again. The closure
  ///   can use the store but call none of its components: that fails with `busy`. The type keeps it, and so do a linker and a store that
  ///   have the type: take care not to capture the store.
  /// - Throws: `limit` where the process has made 2^32 types.
  public convenience init(
    drop: @escaping @Sendable (_ object: any AnyObject & Sendable) -> Void
  ) throws(WasmtimeError) {
    var made: OpaquePointer?
    var error = trimaran_bytes()
    let context = Unmanaged.passRetained(Dropped(drop)).toOpaque()
    let status = trimaran_component_resource_type_host_with(dropObject, releaseObject, context, &made, &error)
    if status != 0 { throw WasmtimeError.left(error) }
    guard let made else { preconditionFailure("a type that is not there") }
    self.init(Core.ComponentResourceType(made))
  }

  /// Whether it is a type of the host's.
  public var isHost: Bool { (try? core.isHost()) ?? false }
}

/// What is done with objects that guests have dropped. The core holds it for the type.
private final class Dropped: Sendable {
  let drop: @Sendable (any AnyObject & Sendable) -> Void

  init(_ drop: @escaping @Sendable (any AnyObject & Sendable) -> Void) { self.drop = drop }
}

private func dropObject(_ context: UnsafeMutableRawPointer?, _ object: UnsafeMutableRawPointer?) {
  guard let context, let object else { preconditionFailure("an object that is not there") }
  // The core holds both until this returns. Only what is `Sendable` went in.
  let found = Unmanaged<AnyObject>.fromOpaque(object).takeUnretainedValue()
  let given = unsafeBitCast(found, to: (any AnyObject & Sendable).self)
  Unmanaged<Dropped>.fromOpaque(context).takeUnretainedValue().drop(given)
}

extension ResourceType: Equatable {
  /// Whether both are the same type.
  public static func == (left: ResourceType, right: ResourceType) -> Bool {
    (try? left.core.same(other: right.core)) ?? false
  }
}
