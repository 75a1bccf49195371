;; Imports and exports: who may import what from whom.

(assert_unlinkable (component (import "f" (func))) "was not found")
(assert_unlinkable (component (import "a:b/c@1.0.0" (instance (export "f" (func))))) "was not found")
(assert_unlinkable (component (import "m" (core module))) "was not found")

;; A type that is equal to another one has to be given by nobody.
(component (type $byte u8) (import "t" (type $t (eq $byte))) (export "u" (type $t)))

;; Functions of another instance.
(component $math
  (core module $m
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "fail") unreachable))
  (core instance $i (instantiate $m))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
  (func (export "fail") (canon lift (core func $i "fail")))
  (core module (export "doubling")
    (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))))
(register "math" $math)

(component $user
  (import "math" (instance $math
    (export "add" (func (param "a" u32) (param "b" u32) (result u32)))
    (export "fail" (func))
    (export "doubling" (core module (export "double" (func (param i32) (result i32)))))))
  (alias export $math "add" (func $add))
  (alias export $math "fail" (func $fail))
  (alias export $math "doubling" (core module $doubling))
  (core instance $d (instantiate $doubling))
  (core func $add' (canon lower (func $add)))
  (core func $fail' (canon lower (func $fail)))
  (core module $m
    (import "math" "add" (func $add (param i32 i32) (result i32)))
    (import "math" "fail" (func $fail))
    (import "math" "double" (func $double (param i32) (result i32)))
    (func (export "run") (param i32) (result i32) (call $add (call $double (local.get 0)) (i32.const 1)))
    (func (export "fail") (call $fail)))
  (core instance $i (instantiate $m
    (with "math" (instance
      (export "add" (func $add')) (export "fail" (func $fail')) (export "double" (func $d "double"))))))
  (func (export "run") (param "x" u32) (result u32) (canon lift (core func $i "run")))
  (func (export "fail") (canon lift (core func $i "fail"))))
(assert_return (invoke $user "run" (u32.const 20)) (u32.const 41))
(assert_return (invoke $math "add" (u32.const 4294967295) (u32.const 2)) (u32.const 1))
(assert_trap (invoke $user "fail") "unreachable")

;; What is there under that name is of another type.
(assert_unlinkable (component (import "math" (instance (export "add" (core module))))) "expected a module, found a function")
(assert_unlinkable (component (import "math" (instance (export "other" (func))))) "was not found")
(assert_unlinkable (component (import "math" (func))) "expected a function, found an instance")
(assert_unlinkable
  (component (import "math" (instance (export "doubling" (core module (export "half" (func)))))))
  "module export `half` not defined")

;; A subtype serves: an instance may export more than is asked for.
(component (import "math" (instance (export "add" (func (param "a" u32) (param "b" u32) (result u32))))))

;; A start function that traps.
(assert_trap
  (component
    (core module $m (func $f unreachable) (start $f))
    (core instance (instantiate $m)))
  "unreachable")
(assert_trap
  (component
    (core module $m (memory 1) (data (i32.const 65536) "x"))
    (core instance (instantiate $m)))
  "out of bounds memory access")

;; A component that is only defined runs nothing.
(component definition $stops
  (core module $m (func $f unreachable) (start $f))
  (core instance (instantiate $m)))

;; Two instances of one definition share nothing.
(component definition $counter
  (core module $m
    (global $n (mut i32) (i32.const 0))
    (func (export "next") (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))
  (core instance $i (instantiate $m))
  (func (export "next") (result u32) (canon lift (core func $i "next"))))
(component instance $one $counter)
(component instance $two $counter)
(assert_return (invoke $one "next") (u32.const 1))
(assert_return (invoke $one "next") (u32.const 2))
(assert_return (invoke $two "next") (u32.const 1))
(assert_return (invoke "next") (u32.const 2))

;; A module of the same file is an instance of modules, and says nothing about components.
(module $core (func (export "seven") (result i32) (i32.const 7)))
(assert_return (invoke $core "seven") (i32.const 7))
(assert_return (invoke $one "next") (u32.const 3))

;; Functions are there by other types: other parameters or results, or others' names.
(assert_unlinkable (component (import "math" (instance (export "add" (func))))) "type mismatch")
(assert_unlinkable
  (component (import "math" (instance (export "add" (func (param "a" u32) (param "b" u64) (result u32))))))
  "type mismatch")
(assert_unlinkable
  (component (import "math" (instance (export "add" (func (param "a" u32) (param "b" u32) (result (option u32)))))))
  "type mismatch")
(assert_unlinkable
  (component (import "math" (instance (export "add" (func (param "a" u32) (param "c" u32) (result u32))))))
  "type mismatch")
(assert_unlinkable
  (component
    (import "math" (instance
      (export "add" (func (param "a" u32) (param "b" u32) (result u32)))
      (export "fail" (func (result string))))))
  "type mismatch")
