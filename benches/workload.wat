;; What every benchmark calls, in every language.
(module
  (memory (export "memory") 257)
  (global (export "counter") (mut i32) (i32.const 0))
  (table (export "table") 4 funcref)
  (elem (i32.const 0) $add)
  (func (export "nop"))
  (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "sum") (param f64 f64 f64 f64) (result f64)
    (f64.add (f64.add (local.get 0) (local.get 1)) (f64.add (local.get 2) (local.get 3))))
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add
        (call $fib (i32.sub (local.get 0) (i32.const 1)))
        (call $fib (i32.sub (local.get 0) (i32.const 2))))))))
