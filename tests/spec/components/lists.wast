;;! component_model_fixed_length_lists = true
;;! component_model_map = true

;; Lists of a fixed length, whose elements are flat, and maps, which are lists of pairs.

(component
  (type $pair (list u32 2))
  (core module $m (func (export "sum") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
  (core instance $m (instantiate $m))
  (func (export "sum") (param "pair" $pair) (result u32) (canon lift (core func $m "sum"))))

(assert_return (invoke "sum" (list.const (u32.const 3) (u32.const 4))) (u32.const 7))

(component
  (core module $m (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "count") (param i32 i32) (result i32) (local.get 1)))
  (core instance $m (instantiate $m))
  (func (export "count") (param "map" (map u8 u8)) (result u32)
    (canon lift (core func $m "count") (memory $m "memory") (realloc (func $m "realloc")))))

(assert_invalid (component (type (list u32 0))) "fixed size list must have more than zero elements")
