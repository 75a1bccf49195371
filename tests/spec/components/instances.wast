;; Instances of components in components.

;; A function comes through two instances.
(component
  (component $inner
    (core module $m (func (export "f") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  (component $outer
    (import "inner" (component $inner (export "f" (func (result u32)))))
    (instance $i (instantiate $inner))
    (export "f" (func $i "f")))
  (instance $i (instantiate $outer (with "inner" (component $inner))))
  (func (export "run") (alias export $i "f")))
(assert_return (invoke "run") (u32.const 1))

;; Each instantiation is an instance of its own.
(component
  (component $counter
    (core module $m
      (global $n (mut i32) (i32.const 0))
      (func (export "next") (result i32)
        (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))
    (core instance $i (instantiate $m))
    (func (export "next") (result u32) (canon lift (core func $i "next"))))
  (instance $a (instantiate $counter))
  (instance $b (instantiate $counter))
  (func (export "a") (alias export $a "next"))
  (func (export "b") (alias export $b "next"))
  (func (export "a-again") (alias export $a "next")))
(assert_return (invoke "a") (u32.const 1))
(assert_return (invoke "a") (u32.const 2))
(assert_return (invoke "b") (u32.const 1))
(assert_return (invoke "a-again") (u32.const 3))

;; An instance made of what is there, without a component.
(component
  (core module $m
    (func (export "one") (result i32) (i32.const 1))
    (func (export "two") (result i32) (i32.const 2)))
  (core instance $i (instantiate $m))
  (func $one (result u32) (canon lift (core func $i "one")))
  (func $two (result u32) (canon lift (core func $i "two")))
  (instance $numbers (export "first" (func $one)) (export "second" (func $two)))
  (component $swap
    (import "numbers" (instance $n (export "first" (func (result u32))) (export "second" (func (result u32)))))
    (export "first" (func $n "second"))
    (export "second" (func $n "first")))
  (instance $swapped (instantiate $swap (with "numbers" (instance $numbers))))
  (func (export "first") (alias export $swapped "first"))
  (func (export "second") (alias export $swapped "second"))
  (export "numbers" (instance $numbers)))
(assert_return (invoke "first") (u32.const 2))
(assert_return (invoke "second") (u32.const 1))

;; Types and components of an outer component.
(component
  (type $t (func (result u32)))
  (component $leaf
    (core module $m (func (export "f") (result i32) (i32.const 42)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  (component $branch
    (component $twig
      (alias outer 2 $leaf (component $leaf))
      (alias outer 2 $t (type $t))
      (instance $i (instantiate $leaf))
      (export "f" (func $i "f") (func (type $t))))
    (instance $i (instantiate $twig))
    (export "f" (func $i "f")))
  (instance $i (instantiate $branch))
  (func (export "run") (alias export $i "f")))
(assert_return (invoke "run") (u32.const 42))

;; Core instances: one imports what another one exports, also its memory.
(component
  (core module $a
    (memory (export "memory") 1)
    (func (export "set") (param i32) (i32.store (i32.const 0) (local.get 0))))
  (core module $b
    (import "a" "memory" (memory 1))
    (func (export "get") (result i32) (i32.load (i32.const 0))))
  (core instance $a (instantiate $a))
  (core instance $b (instantiate $b (with "a" (instance $a))))
  (func (export "set") (param "x" u32) (canon lift (core func $a "set")))
  (func (export "get") (result u32) (canon lift (core func $b "get"))))
(invoke "set" (u32.const 77))
(assert_return (invoke "get") (u32.const 77))

;; One component calls another one, with a string, each with a memory of its own.
(component
  (component $length
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 256))
      (func (export "length") (param i32 i32) (result i32)
        ;; The last byte times a thousand, and the count of all.
        (i32.add
          (local.get 1)
          (i32.mul (i32.const 1000)
            (i32.load8_u (i32.sub (i32.add (local.get 0) (local.get 1)) (i32.const 1)))))))
    (core instance $i (instantiate $m))
    (alias core export $i "memory" (core memory $memory))
    (alias core export $i "realloc" (core func $realloc))
    (func (export "length") (param "s" string) (result u32)
      (canon lift (core func $i "length") (memory $memory) (realloc $realloc))))
  (component $caller
    (import "length" (func $length (param "s" string) (result u32)))
    (core module $libc (memory (export "memory") 1) (data (i32.const 8) "abcd"))
    (core instance $libc (instantiate $libc))
    (alias core export $libc "memory" (core memory $memory))
    (core func $length' (canon lower (func $length) (memory $memory)))
    (core module $m
      (import "" "length" (func $length (param i32 i32) (result i32)))
      (func (export "run") (result i32) (call $length (i32.const 8) (i32.const 4)))
      (func (export "outside") (result i32) (call $length (i32.const 65534) (i32.const 4))))
    (core instance $i (instantiate $m (with "" (instance (export "length" (func $length'))))))
    (func (export "run") (result u32) (canon lift (core func $i "run")))
    (func (export "outside") (result u32) (canon lift (core func $i "outside"))))
  (instance $length (instantiate $length))
  (instance $caller (instantiate $caller (with "length" (func $length "length"))))
  (func (export "run") (alias export $caller "run"))
  (func (export "outside") (alias export $caller "outside")))
(assert_return (invoke "run") (u32.const 100004))
(assert_trap (invoke "outside") "string content out-of-bounds")

;; An instance of instances of instances.
(component
  (component $a
    (core module $m (func (export "f") (result i32) (i32.const 5)))
    (core instance $i (instantiate $m))
    (func $f (result u32) (canon lift (core func $i "f")))
    (instance $x (export "f" (func $f)))
    (instance $y (export "x" (instance $x)))
    (export "y" (instance $y)))
  (instance $a (instantiate $a))
  (alias export $a "y" (instance $y))
  (alias export $y "x" (instance $x))
  (func (export "run") (alias export $x "f")))
(assert_return (invoke "run") (u32.const 5))
