;; What no component may say.

;; Indices.
(assert_invalid (component (export "f" (func 0))) "unknown function 0")
(assert_invalid (component (alias outer 1 0 (type))) "invalid outer alias count")
(assert_invalid (component (instance (instantiate 0))) "unknown component 0")
(assert_invalid (component (core instance (instantiate 0))) "unknown module 0")
(assert_invalid (component (type (list 7))) "unknown type 7")
(assert_invalid (component (core module $m) (core instance $i (instantiate $m)) (func (canon lift (core func $i "f")))) "core instance")

;; Names: kebab case, once, and of the right form.
(assert_invalid (component (import "not_kebab" (func))) "not in kebab case")
(assert_invalid (component (import "1a" (func))) "not in kebab case")
(assert_invalid (component (import "" (func))) "cannot be empty")
(assert_invalid (component (import "a" (func)) (import "a" (func))) "conflicts with previous name")
(assert_invalid (component (import "a" (func)) (import "A" (func))) "conflicts with previous name")
(assert_invalid (component (import "a:b" (func))) "is not a valid extern name")
(assert_invalid (component (import "a:b/c@one" (instance))) "not a valid semver")
(assert_invalid (component (import "[method]a.b" (func))) "must have a first parameter")
(assert_invalid (component (import "[constructor]a" (func))) "should return one value")
(component definition (import "a1-b2" (func)) (import "ABC-def" (func)) (import "a:b/c@1.2.3-rc.1" (instance)))

;; Types: records and tuples have fields, variants cases, each of a name of its own.
(assert_invalid (component (type (record))) "record type must have at least one field")
(assert_invalid (component (type (tuple))) "tuple type must have at least one type")
(assert_invalid (component (type (variant))) "variant type must have at least one case")
(assert_invalid (component (type (enum))) "enum type must have at least one variant")
(assert_invalid (component (type (flags))) "flags must have at least one entry")
(assert_invalid (component (type (record (field "a" u8) (field "a" u8)))) "conflicts with previous name")
(assert_invalid (component (type (record (field "a-b" u8) (field "A-B" u8)))) "conflicts with previous name")
(assert_invalid (component (type (variant (case "a") (case "a")))) "conflicts with previous name")
(assert_invalid (component (type (enum "a" "a"))) "conflicts with previous name")
(assert_invalid (component (type (flags "a" "a"))) "conflicts with previous name")
(assert_invalid
  (component (type (flags
    "f0" "f1" "f2" "f3" "f4" "f5" "f6" "f7" "f8" "f9" "f10" "f11" "f12" "f13" "f14" "f15" "f16" "f17" "f18" "f19" "f20"
    "f21" "f22" "f23" "f24" "f25" "f26" "f27" "f28" "f29" "f30" "f31" "f32")))
  "cannot have more than 32 flags")
(assert_invalid (component (type $f (func)) (type (list $f))) "not a defined type")

;; Lifting and lowering: the core function has the flat type, and what it takes to read and write memory.
(assert_invalid
  (component
    (core module $m (func (export "f") (param i64)))
    (core instance $i (instantiate $m))
    (func (param "x" u32) (canon lift (core func $i "f"))))
  "lowered parameter types")
(assert_invalid
  (component
    (core module $m (func (export "f") (param i32 i32)))
    (core instance $i (instantiate $m))
    (func (param "x" string) (canon lift (core func $i "f"))))
  "canonical option `memory` is required")
(assert_invalid
  (component
    (core module $m (memory (export "m") 1) (func (export "f") (param i32 i32)))
    (core instance $i (instantiate $m))
    (alias core export $i "m" (core memory $memory))
    (func (param "x" string) (canon lift (core func $i "f") (memory $memory))))
  "canonical option `realloc` is required")
(assert_invalid
  (component
    (core module $m
      (memory (export "m") 1) (func (export "f") (param i32 i32)) (func (export "r") (param i32) (result i32) unreachable))
    (core instance $i (instantiate $m))
    (alias core export $i "m" (core memory $memory))
    (alias core export $i "r" (core func $realloc))
    (func (param "x" string) (canon lift (core func $i "f") (memory $memory) (realloc $realloc))))
  "canonical option `realloc` uses a core function with an incorrect signature")
(assert_invalid
  (component (import "f" (func $f)) (core func (canon lower (func $f) string-encoding=utf8 string-encoding=utf16)))
  "canonical encoding option `utf8` conflicts with option `utf16`")

;; A function is exported under a type that is exported as well.
(assert_invalid
  (component
    (type $r (record (field "a" u8)))
    (core module $m (func (export "f") (param i32)))
    (core instance $i (instantiate $m))
    (func (export "f") (param "x" $r) (canon lift (core func $i "f"))))
  "func not valid to be used as export")

;; Instantiation: what is imported has to be given, and be of that type.
(assert_invalid
  (component (component $c (import "f" (func))) (instance (instantiate $c)))
  "missing import named `f`")
(assert_invalid
  (component
    (component $c (import "f" (func)))
    (import "g" (func $g (param "x" u8)))
    (instance (instantiate $c (with "f" (func $g)))))
  "type mismatch for import `f`")
(assert_invalid
  (component (core module $m (import "a" "b" (func))) (core instance (instantiate $m)))
  "missing module instantiation argument named `a`")
;; A module inside is validated too.
(assert_invalid (component (core module (func (result i32)))) "type mismatch")

;; The text format has its own mistakes.
(assert_invalid (component (export "f" (func $nothing))) "unknown func")
(assert_invalid (component (import "a" (func $f)) (import "b" (func $f))) "duplicate func identifier")
