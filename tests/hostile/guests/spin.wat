;; Never ends.
(module
  (import "" "host" (func $host (param i32) (result i32)))
  (memory (export "memory") 1024)
  (func (export "loop") (loop $again (br $again)))
  (func $grow (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
      (then (i32.const 1))
      (else (i32.add (call $grow (i32.sub (local.get 0) (i32.const 1))) (call $grow (i32.sub (local.get 0) (i32.const 2)))))))
  ;; Recursion that is never deep.
  (func (export "recurse") (result i32) (call $grow (i32.const 90)))
  (func $tail (export "tail") (return_call $tail))
  ;; Bulk operations of 64 MiB.
  (func (export "fill")
    (loop $again (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x4000000)) (br $again)))
  (func (export "copy")
    (loop $again (memory.copy (i32.const 0) (i32.const 1) (i32.const 0x3ffffff)) (br $again)))
  ;; Calls the host without end.
  (func (export "ask") (loop $again (drop (call $host (i32.const 1))) (br $again)))
  (func (export "enter") (param i32) (result i32) (call $host (local.get 0)))
  (func (export "plain") (param i32) (result i32) (local.get 0)))
