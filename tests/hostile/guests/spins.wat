;; Runs for ever, waits for ever at a host function, or does what it is asked and returns.
(component
  (import "host" (func $host (param "n" u32) (result u32)))
  (core func $host (canon lower (func $host)))
  (core module $m
    (import "" "host" (func $host (param i32) (result i32)))
    (func (export "spin") (loop $l (br $l)))
    (func (export "recurse") (param i32) (result i32) (i32.add (call 2 (local.get 0)) (i32.const 1)))
    (func (export "calls") (loop $l (drop (call $host (i32.const 1))) (br $l)))
    (func (export "plain") (param i32) (result i32) (local.get 0))
    (func (export "ask") (param i32) (result i32) (call $host (local.get 0))))
  (core instance $i (instantiate $m (with "" (instance (export "host" (func $host))))))
  (func (export "spin") (canon lift (core func $i "spin")))
  (func (export "recurse") (param "n" u32) (result u32) (canon lift (core func $i "recurse")))
  (func (export "calls") (canon lift (core func $i "calls")))
  (func (export "plain") (param "n" u32) (result u32) (canon lift (core func $i "plain")))
  (func (export "ask") (param "n" u32) (result u32) (canon lift (core func $i "ask"))))
