;; Resources: handles of a component's own, and of another component's.

;; New, rep and drop, and a destructor.
(component
  (core module $d
    (global $last (mut i32) (i32.const 0))
    (func (export "dtor") (param i32) (global.set $last (local.get 0)))
    (func (export "last") (result i32) (global.get $last)))
  (core instance $d (instantiate $d))
  (type $r (resource (rep i32) (dtor (core func $d "dtor"))))
  (core func $new (canon resource.new $r))
  (core func $rep (canon resource.rep $r))
  (core func $drop (canon resource.drop $r))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "rep" (func $rep (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "last" (func $last (result i32)))
    ;; A handle is a small number, and names what it was made of.
    (func (export "run") (result i32)
      (local $a i32) (local $b i32)
      (local.set $a (call $new (i32.const 100)))
      (local.set $b (call $new (i32.const 200)))
      (if (i32.eq (local.get $a) (local.get $b)) (then unreachable))
      (if (i32.ne (call $rep (local.get $a)) (i32.const 100)) (then unreachable))
      (if (i32.ne (call $rep (local.get $b)) (i32.const 200)) (then unreachable))
      (call $drop (local.get $a))
      (if (i32.ne (call $last) (i32.const 100)) (then unreachable))
      ;; The number of a handle that is gone is used again.
      (if (i32.ne (call $new (i32.const 300)) (local.get $a)) (then unreachable))
      (call $drop (local.get $b))
      (call $last)))
  (core instance $i (instantiate $m (with "" (instance
    (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))
    (export "last" (func $d "last"))))))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))
(assert_return (invoke "run") (u32.const 200))

;; Handles that there are not.
(component definition $wrong
  (type $r (resource (rep i32)))
  (core func $new (canon resource.new $r))
  (core func $rep (canon resource.rep $r))
  (core func $drop (canon resource.drop $r))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "rep" (func $rep (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "rep") (param i32) (drop (call $rep (local.get 0))))
    (func (export "drop") (param i32) (call $drop (local.get 0)))
    (func (export "twice") (local $h i32)
      (local.set $h (call $new (i32.const 1))) (call $drop (local.get $h)) (call $drop (local.get $h)))
    (func (export "after") (local $h i32)
      (local.set $h (call $new (i32.const 1))) (call $drop (local.get $h)) (drop (call $rep (local.get $h)))))
  (core instance $i (instantiate $m (with "" (instance
    (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
  (func (export "rep") (param "h" u32) (canon lift (core func $i "rep")))
  (func (export "drop") (param "h" u32) (canon lift (core func $i "drop")))
  (func (export "twice") (canon lift (core func $i "twice")))
  (func (export "after") (canon lift (core func $i "after"))))
(component instance $a $wrong)
(assert_trap (invoke $a "rep" (u32.const 0)) "unknown handle index 0")
(component instance $b $wrong)
(assert_trap (invoke $b "drop" (u32.const 1)) "unknown handle index 1")
(component instance $c $wrong)
(assert_trap (invoke $c "drop" (u32.const 4294967295)) "unknown handle index 4294967295")
(component instance $d $wrong)
(assert_trap (invoke $d "twice") "unknown handle index 1")
(component instance $e $wrong)
(assert_trap (invoke $e "after") "unknown handle index 1")

;; One component makes them, and another one uses them: borrowed, given away, given back.
(component
  (component $maker
    (core module $d
      (global $dropped (mut i32) (i32.const 0))
      (func (export "dtor") (param i32) (global.set $dropped (i32.add (global.get $dropped) (i32.const 1))))
      (func (export "dropped") (result i32) (global.get $dropped)))
    (core instance $d (instantiate $d))
    (type $r' (resource (rep i32) (dtor (core func $d "dtor"))))
    (export $r "r" (type $r'))
    (core func $new (canon resource.new $r))
    (core func $rep (canon resource.rep $r))
    (core func $drop (canon resource.drop $r))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "rep" (func $rep (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "new") (param i32) (result i32) (call $new (local.get 0)))
      ;; A borrow of one's own resource is its representation.
      (func (export "get") (param i32) (result i32) (local.get 0))
      (func (export "take") (param i32) (result i32) (local $n i32)
        (local.set $n (call $rep (local.get 0))) (call $drop (local.get 0)) (local.get $n))
      (func (export "pass") (param i32) (result i32) (local.get 0)))
    (core instance $i (instantiate $m (with "" (instance
      (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
    (func (export "[constructor]r") (param "n" u32) (result (own $r)) (canon lift (core func $i "new")))
    (func (export "[method]r.get") (param "self" (borrow $r)) (result u32) (canon lift (core func $i "get")))
    (func (export "[static]r.take") (param "r" (own $r)) (result u32) (canon lift (core func $i "take")))
    (func (export "[static]r.pass") (param "r" (own $r)) (result (own $r)) (canon lift (core func $i "pass")))
    (func (export "dropped") (result u32) (canon lift (core func $d "dropped"))))
  (component $user
    (import "maker" (instance $maker
      (export "r" (type $r (sub resource)))
      (export "[constructor]r" (func (param "n" u32) (result (own $r))))
      (export "[method]r.get" (func (param "self" (borrow $r)) (result u32)))
      (export "[static]r.take" (func (param "r" (own $r)) (result u32)))
      (export "[static]r.pass" (func (param "r" (own $r)) (result (own $r))))
      (export "dropped" (func (result u32)))))
    (alias export $maker "r" (type $r))
    (core func $new (canon lower (func $maker "[constructor]r")))
    (core func $get (canon lower (func $maker "[method]r.get")))
    (core func $take (canon lower (func $maker "[static]r.take")))
    (core func $pass (canon lower (func $maker "[static]r.pass")))
    (core func $dropped (canon lower (func $maker "dropped")))
    (core func $drop (canon resource.drop $r))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "get" (func $get (param i32) (result i32)))
      (import "" "take" (func $take (param i32) (result i32)))
      (import "" "pass" (func $pass (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "dropped" (func $dropped (result i32)))
      (func (export "run") (result i32) (local $a i32) (local $b i32)
        (local.set $a (call $new (i32.const 7)))
        (if (i32.ne (call $get (local.get $a)) (i32.const 7)) (then unreachable))
        (if (i32.ne (call $get (local.get $a)) (i32.const 7)) (then unreachable))
        (local.set $b (call $pass (local.get $a)))
        (if (i32.ne (call $get (local.get $b)) (i32.const 7)) (then unreachable))
        (if (i32.ne (call $dropped) (i32.const 0)) (then unreachable))
        (call $drop (local.get $b))
        (if (i32.ne (call $dropped) (i32.const 1)) (then unreachable))
        (if (i32.ne (call $take (call $new (i32.const 8))) (i32.const 8)) (then unreachable))
        (call $dropped))
      (func (export "given-away") (local $a i32)
        (local.set $a (call $new (i32.const 7)))
        (drop (call $take (local.get $a)))
        (drop (call $get (local.get $a)))))
    (core instance $i (instantiate $m (with "" (instance
      (export "new" (func $new)) (export "get" (func $get)) (export "take" (func $take)) (export "pass" (func $pass))
      (export "drop" (func $drop)) (export "dropped" (func $dropped))))))
    (func (export "run") (result u32) (canon lift (core func $i "run")))
    (func (export "given-away") (canon lift (core func $i "given-away"))))
  (instance $maker (instantiate $maker))
  (instance $user (instantiate $user (with "maker" (instance $maker))))
  (func (export "run") (alias export $user "run"))
  (func (export "given-away") (alias export $user "given-away")))
(assert_return (invoke "run") (u32.const 2))
(assert_trap (invoke "given-away") "unknown handle index 1")

;; Two types of resources are two, also where they look alike.
(assert_invalid
  (component
    (type $a (resource (rep i32)))
    (type $b (resource (rep i32)))
    (core func $new (canon resource.new $a))
    (core module $m (import "" "new" (func (param i32) (result i32))) (func (export "f") (param i32)))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func $f (param "x" (own $b)) (canon lift (core func $i "f")))
    (component $c
      (import "t" (type $t (sub resource)))
      (import "f" (func (param "x" (own $t)))))
    (instance (instantiate $c (with "t" (type $a)) (with "f" (func $f)))))
  "type mismatch for import `f`")
;; Only who has defined it makes it, and sees what it is.
(assert_invalid
  (component (import "t" (type $t (sub resource))) (core func (canon resource.new $t)))
  "not a local resource")
(assert_invalid
  (component (import "t" (type $t (sub resource))) (core func (canon resource.rep $t)))
  "not a local resource")
(assert_invalid (component (type $t u8) (core func (canon resource.drop $t))) "not a resource type")
(assert_invalid (component (type (resource (rep i64)))) "resources can only be represented by `i32`")
(assert_invalid
  (component (type $r (resource (rep i32))) (type (func (result (borrow $r)))))
  "function result cannot contain a `borrow` type")
