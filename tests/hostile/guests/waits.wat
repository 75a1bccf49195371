;; Waits for a notification that never comes, for ever or for an hour.
(module
  (memory (export "memory") 1 1 shared)
  (func (export "wait32") (result i32)
    (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
  (func (export "wait64") (result i32)
    (memory.atomic.wait64 (i32.const 8) (i64.const 0) (i64.const -1)))
  (func (export "hour") (result i32)
    (memory.atomic.wait32 (i32.const 16) (i32.const 0) (i64.const 3600000000000)))
  ;; In turns with others, each of which is short.
  (func (export "again")
    (loop $again (drop (memory.atomic.wait32 (i32.const 24) (i32.const 0) (i64.const 1000000))) (br $again)))
  (func (export "moment") (result i32)
    (memory.atomic.wait32 (i32.const 32) (i32.const 0) (i64.const 50000000)))
  (func (export "plain") (param i32) (result i32) (local.get 0)))
