;; Makes resources, drops them, and has destructors that do harm.
(component
  (core module $d
    (func (export "dtor") (param i32)
      (if (i32.eq (local.get 0) (i32.const 1)) (then (loop $l (br $l))))
      (if (i32.eq (local.get 0) (i32.const 2)) (then unreachable))))
  (core instance $d (instantiate $d))
  (type $r' (resource (rep i32) (dtor (core func $d "dtor"))))
  (export $r "r" (type $r'))
  (core func $new (canon resource.new $r))
  (core func $drop (canon resource.drop $r))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "forever") (loop $l (drop (call $new (i32.const 0))) (br $l)))
    (func (export "churn") (param i32)
      (loop $l
        (call $drop (call $new (i32.const 0)))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if $l (local.get 0)))))
  (core instance $i (instantiate $m (with "" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
  (func (export "make") (param "n" u32) (result (own $r)) (canon lift (core func $i "make")))
  (func (export "forever") (canon lift (core func $i "forever")))
  (func (export "churn") (param "n" u32) (canon lift (core func $i "churn"))))
