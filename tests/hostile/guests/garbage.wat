;; Makes objects.
(module
  (type $node (struct (field (ref null $node)) (field i64)))
  (type $bytes (array (mut i8)))
  (global $kept (mut (ref null $node)) (ref.null $node))
  (func (export "lose") (param i32)
    (loop $more
      (drop (struct.new $node (ref.null $node) (i64.const 1)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $more (local.get 0))))
  (func (export "keep")
    (loop $more
      (global.set $kept (struct.new $node (global.get $kept) (i64.const 1)))
      (br $more)))
  (func (export "large")
    (drop (array.new_default $bytes (i32.const 0x7fffffff)))))
