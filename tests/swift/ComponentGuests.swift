/// Components in the text format.
enum Components {
  /// A component whose `run` gives what it takes: a type in the text format, and how many core values it has.
  static func echo(_ type: String, _ params: String, _ body: String, result: String = "i32") -> String {
    """
    (component
      (type $t' \(type))
      (import "t" (type $t (eq $t')))
      (core module $m
        (memory (export "memory") 1)
        (global $n (mut i32) (i32.const 1024))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
          (local.set $at (i32.and (i32.add (global.get $n) (i32.const 7)) (i32.const -8)))
          (global.set $n (i32.add (local.get $at) (local.get 3)))
          (if (i32.gt_u (global.get $n) (i32.mul (memory.size) (i32.const 65536)))
            (then (drop (memory.grow (i32.const 64)))))
          (local.get $at))
        (func (export "run") (param \(params)) (result \(result)) \(body))
        (func (export "done") (param \(result)) (global.set $n (i32.const 1024))))
      (core instance $m (instantiate $m))
      (alias core export $m "memory" (core memory $memory))
      (alias core export $m "realloc" (core func $realloc))
      (alias core export $m "done" (core func $done))
      (func (export "run") (param "x" $t) (result $t)
        (canon lift (core func $m "run") (memory $memory) (realloc $realloc) (post-return $done))))
    """
  }

  /// The same of something that has a pointer and a length.
  static func echo(list type: String) -> String {
    echo(
      type,
      "i32 i32",
      "(i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)"
    )
  }

  /// What calls the host: `run` calls `f` with a number, and gives what that gives; `trap` traps.
  static let calls = """
    (component
      (import "f" (func $f (param "n" u32) (result u32)))
      (core func $f (canon lower (func $f)))
      (core module $m
        (import "" "f" (func $f (param i32) (result i32)))
        (func (export "run") (param i32) (result i32) (call $f (local.get 0)))
        (func (export "trap") unreachable))
      (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
      (func (export "run") (param "n" u32) (result u32) (canon lift (core func $m "run")))
      (func (export "trap") (canon lift (core func $m "trap"))))
    """

  /// What imports `f` alone, which takes and gives a type in the text format.
  static func imports(_ type: String) -> String {
    """
    (component
      (type $t' \(type))
      (import "t" (type $t (eq $t')))
      (import "f" (func (param "x" $t) (result $t))))
    """
  }

  /// A resource of a guest, whose destructor counts.
  static let guests = """
    (component
      (core module $d
        (global $n (mut i32) (i32.const 0))
        (func (export "dtor") (param i32) (global.set $n (i32.add (global.get $n) (i32.const 1))))
        (func (export "dropped") (result i32) (global.get $n)))
      (core instance $d (instantiate $d))
      (type $inner (resource (rep i32) (dtor (core func $d "dtor"))))
      (core func $new (canon resource.new $inner))
      (core module $m
        (import "" "new" (func $new (param i32) (result i32)))
        (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
        (func (export "get") (param i32) (result i32) (local.get 0))
        (func (export "take") (param i32)))
      (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
      (export $r "r" (type $inner))
      (func (export "make") (param "x" u32) (result (own $r)) (canon lift (core func $m "make")))
      (func (export "get") (param "r" (borrow $r)) (result u32) (canon lift (core func $m "get")))
      (func (export "take") (param "r" (own $r)) (canon lift (core func $m "take")))
      (func (export "dropped") (result u32) (canon lift (core func $d "dropped"))))
    """

  /// The host's resource `h`: `run` makes one and drops it; `keep` makes one and keeps it; `pass` gives back what it gets.
  static let hosts = """
    (component
      (import "h" (type $h (sub resource)))
      (import "make" (func $make (param "n" u32) (result (own $h))))
      (import "use" (func $use (param "h" (borrow $h)) (result u32)))
      (core func $make (canon lower (func $make)))
      (core func $use (canon lower (func $use)))
      (core func $drop (canon resource.drop $h))
      (core module $m
        (import "" "make" (func $make (param i32) (result i32)))
        (import "" "use" (func $use (param i32) (result i32)))
        (import "" "drop" (func $drop (param i32)))
        (func (export "run") (param i32) (result i32) (local $h i32) (local $n i32)
          (local.set $h (call $make (local.get 0)))
          (local.set $n (call $use (local.get $h)))
          (call $drop (local.get $h))
          (local.get $n))
        (func (export "keep") (param i32) (drop (call $make (local.get 0))))
        (func (export "pass") (param i32) (result i32) (local.get 0)))
      (core instance $m (instantiate $m (with "" (instance
        (export "make" (func $make)) (export "use" (func $use)) (export "drop" (func $drop))))))
      (func (export "run") (param "n" u32) (result u32) (canon lift (core func $m "run")))
      (func (export "keep") (param "n" u32) (canon lift (core func $m "keep")))
      (func (export "pass") (param "h" (own $h)) (result (own $h)) (canon lift (core func $m "pass"))))
    """
}
