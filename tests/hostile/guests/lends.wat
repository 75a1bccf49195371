;; Lends a resource to a function of the host, which may come back meanwhile, or keep it.
(component
  (import "r" (type $r (sub resource)))
  (import "make" (func $make (result (own $r))))
  (import "use" (func $use (param "r" (borrow $r)) (result u32)))
  (core func $make (canon lower (func $make)))
  (core func $use (canon lower (func $use)))
  (core func $drop (canon resource.drop $r))
  (core module $m
    (import "" "make" (func $make (result i32)))
    (import "" "use" (func $use (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "run") (param i32) (result i32) (local $h i32) (local $n i32)
      (local.set $h (call $make))
      (local.set $n (call $use (local.get $h)))
      (call $drop (local.get $h))
      (local.get $n))
    (func (export "forever") (loop $l (drop (call $make)) (br $l)))
    (func (export "plain") (param i32) (result i32) (local.get 0)))
  (core instance $i (instantiate $m (with "" (instance
    (export "make" (func $make)) (export "use" (func $use)) (export "drop" (func $drop))))))
  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $i "run")))
  (func (export "forever") (canon lift (core func $i "forever")))
  (func (export "plain") (param "n" u32) (result u32) (canon lift (core func $i "plain"))))
