;; Calls the host, which may call it again.
(module
  (import "" "host" (func $host (param i32) (result i32)))
  (memory (export "memory") 1 10)
  (global (export "number") (mut i32) (i32.const 7))
  (table (export "table") 1 funcref)
  (func (export "enter") (param i32) (result i32)
    (i32.add (i32.const 1) (call $host (local.get 0))))
  (func (export "plain") (param i32) (result i32) (local.get 0))
  (func (export "trap") (result i32) unreachable))
