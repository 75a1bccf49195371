;; A module whose machine code people look at: what is exported, what is not, and a name that means harm.
(module
  (import "env" "log" (func $log (param i32)))
  (memory (export "memory") 1)
  (func $add (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "sum") (param $at i32) (result i32)
    (local $sum i32)
    (loop $more
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
      (br_if $more (local.tee $at (i32.sub (local.get $at) (i32.const 4)))))
    (call $add (local.get $sum) (i32.const 1)))
  (func $"</script><b>\1b"
    (call $log (i32.const 7))))
