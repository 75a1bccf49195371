;;! component_model_async = true

;; Functions that are async by their type: lifted with a callback, lowered by another component, and streams between two.

(component
  (core func $return (canon task.return (result u32)))
  (core module $m
    (import "" "return" (func $return (param i32)))
    (global $times (mut i32) (i32.const 0))
    ;; Done at once: 0 is `exit`.
    (func (export "now") (param i32) (result i32) (call $return (local.get 0)) (i32.const 0))
    ;; Lets others go on twice: 1 is `yield`.
    (func (export "later") (result i32) (i32.const 1))
    (func (export "went-on") (param i32 i32 i32) (result i32)
      (global.set $times (i32.add (global.get $times) (i32.const 1)))
      (if (i32.lt_u (global.get $times) (i32.const 2)) (then (return (i32.const 1))))
      (call $return (global.get $times))
      (i32.const 0))
    (func (export "nothing") (result i32) (i32.const 0)))
  (core instance $m (instantiate $m (with "" (instance (export "return" (func $return))))))
  (func (export "now") async (param "n" u32) (result u32)
    (canon lift (core func $m "now") async (callback (func $m "went-on"))))
  (func (export "later") async (result u32)
    (canon lift (core func $m "later") async (callback (func $m "went-on"))))
  (func (export "nothing") async (result u32)
    (canon lift (core func $m "nothing") async (callback (func $m "went-on")))))

(assert_return (invoke "now" (u32.const 7)) (u32.const 7))
(assert_return (invoke "later") (u32.const 2))
(assert_return (invoke "now" (u32.const 8)) (u32.const 8))
(assert_trap (invoke "nothing") "async-lifted export failed to produce a result")

;; A component calls another one's function without waiting for it, and finds the result.
(component
  (component $inner
    (core module $m (func (export "double") (param i32) (result i32) (i32.mul (i32.const 2) (local.get 0))))
    (core instance $m (instantiate $m))
    (func (export "double") async (param "n" u32) (result u32) (canon lift (core func $m "double"))))
  (component $outer
    (import "double" (func $double async (param "n" u32) (result u32)))
    (core module $libc (memory (export "memory") 1))
    (core instance $libc (instantiate $libc))
    (core func $double (canon lower (func $double) async (memory $libc "memory")))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "memory" (memory 1))
      (import "" "double" (func $double (param i32 i32) (result i32)))
      (import "" "return" (func $return (param i32)))
      (func (export "run") (param i32) (result i32)
        ;; 2 is `returned`.
        (if (i32.ne (call $double (local.get 0) (i32.const 16)) (i32.const 2)) (then unreachable))
        (call $return (i32.load (i32.const 16)))
        (i32.const 0))
      (func (export "ran") (param i32 i32 i32) (result i32) unreachable))
    (core instance $m (instantiate $m (with "" (instance
      (export "memory" (memory $libc "memory")) (export "double" (func $double)) (export "return" (func $return))))))
    (func (export "run") async (param "n" u32) (result u32)
      (canon lift (core func $m "run") async (callback (func $m "ran")))))
  (instance $inner (instantiate $inner))
  (instance $outer (instantiate $outer (with "double" (func $inner "double"))))
  (func (export "run") (alias export $outer "run")))

(assert_return (invoke "run" (u32.const 21)) (u32.const 42))

;; One writes four bytes to a stream, and the other one reads them.
(component
  (component $writer
    (type $s (stream u8))
    (core module $libc (memory (export "memory") 1) (data (i32.const 0) "\01\02\03\04"))
    (core instance $libc (instantiate $libc))
    (core func $new (canon stream.new $s))
    (core func $write (canon stream.write $s async (memory $libc "memory")))
    (core module $m
      (import "" "new" (func $new (result i64)))
      (import "" "write" (func $write (param i32 i32 i32) (result i32)))
      (func (export "make") (result i32) (local $ends i64) (local $written i32)
        (local.set $ends (call $new))
        (local.set $written
          (call $write (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))) (i32.const 0) (i32.const 4)))
        ;; Nobody has read them yet.
        (if (i32.ne (local.get $written) (i32.const -1)) (then unreachable))
        (i32.wrap_i64 (local.get $ends))))
    (core instance $m (instantiate $m (with "" (instance (export "new" (func $new)) (export "write" (func $write))))))
    (func (export "make") (result $s) (canon lift (core func $m "make"))))
  (component $reader
    (type $s (stream u8))
    (import "make" (func $make (result $s)))
    (core module $libc (memory (export "memory") 1))
    (core instance $libc (instantiate $libc))
    (core func $make (canon lower (func $make)))
    (core func $read (canon stream.read $s async (memory $libc "memory")))
    (core module $m
      (import "" "memory" (memory 1))
      (import "" "make" (func $make (result i32)))
      (import "" "read" (func $read (param i32 i32 i32) (result i32)))
      (func (export "run") (result i32)
        ;; Four, and `completed`.
        (if (i32.ne (call $read (call $make) (i32.const 8) (i32.const 16)) (i32.const 64)) (then unreachable))
        (i32.load (i32.const 8))))
    (core instance $m (instantiate $m (with "" (instance
      (export "memory" (memory $libc "memory")) (export "make" (func $make)) (export "read" (func $read))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $writer (instantiate $writer))
  (instance $reader (instantiate $reader (with "make" (func $writer "make"))))
  (func (export "run") (alias export $reader "run")))

(assert_return (invoke "run") (u32.const 0x04030201))

(assert_invalid
  (component
    (core module $m (func (export "run") (result i32) (i32.const 0)) (func (export "ran") (param i32) (result i32) (i32.const 0)))
    (core instance $m (instantiate $m))
    (func (export "run") async (canon lift (core func $m "run") async (callback (func $m "ran")))))
  "invalid core function signature")
(assert_invalid
  (component
    (core module $m (func (export "run")) (func (export "ran") (param i32 i32 i32) (result i32) (i32.const 0)))
    (core instance $m (instantiate $m))
    (func (export "run") async (canon lift (core func $m "run") (callback (func $m "ran")))))
  "cannot specify callback without async")
