;; Takes whatever it can get.
(module
  (memory 1)
  (table 1 funcref)
  ;; How many pages there are when there is no more.
  (func (export "memory") (result i32)
    (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (memory.size))
  (func (export "table") (result i32)
    (loop $more (br_if $more (i32.ne (table.grow (ref.null func) (i32.const 1)) (i32.const -1))))
    (table.size))
  (func (export "fill")
    (memory.fill (i32.const 0) (i32.const 1) (i32.shl (memory.size) (i32.const 16)))))
