;; A trap of each kind: by a guard page, an illegal instruction, a division, the stack.
(module
  (memory (export "memory") 1)
  (table 2 funcref)
  (type $nothing (func))
  (func (export "outside") (drop (i32.load (i32.const 0x7fff0000))))
  (func (export "unreachable") unreachable)
  (func (export "divide") (result i32) (i32.div_s (i32.const 1) (i32.const 0)))
  (func (export "overflow") (result i32) (i32.div_s (i32.const 0x80000000) (i32.const -1)))
  (func $deep (export "deep") (result i32) (i32.add (i32.const 1) (call $deep)))
  (func (export "indirect") (call_indirect (type $nothing) (i32.const 1)))
  (func (export "plain") (param i32) (result i32) (local.get 0)))
