;; A plugin: it counts the words of a text that its host puts into memory, and tells the host of each.
(module
  (import "host" "word" (func $word (param i32 i32)))
  (import "host" "limit" (func $limit (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $count (export "count") (mut i32) (i32.const 0))
  ;; Tells of the words in `length` bytes at `start`, as long as the host wants more of them; gives their number.
  (func (export "words") (param $start i32) (param $length i32) (result i32)
    (local $end i32) (local $first i32) (local $byte i32)
    (local.set $end (i32.add (local.get $start) (local.get $length)))
    (local.set $first (local.get $start))
    (global.set $count (i32.const 0))
    (block $done (loop $next
      (local.set $byte (if (result i32) (i32.lt_u (local.get $start) (local.get $end))
        (then (i32.load8_u (local.get $start))) (else (i32.const 32))))
      (if (i32.eq (local.get $byte) (i32.const 32)) (then
        (if (i32.gt_u (local.get $start) (local.get $first)) (then
          (global.set $count (i32.add (global.get $count) (i32.const 1)))
          (call $word (local.get $first) (i32.sub (local.get $start) (local.get $first)))
          (br_if $done (i32.ge_s (global.get $count) (call $limit (global.get $count))))))
        (local.set $first (i32.add (local.get $start) (i32.const 1)))))
      (br_if $done (i32.ge_u (local.get $start) (local.get $end)))
      (local.set $start (i32.add (local.get $start) (i32.const 1)))
      (br $next)))
    (global.get $count)))
