;; Begins tasks that wait in the middle of their code, so that each keeps a stack, and never ends them.
(component
  (component $Waiting
    (core module $Libc (memory (export "memory") 1))
    (core instance $libc (instantiate $Libc))
    (core func $new (canon waitable-set.new))
    (core func $return (canon task.return))
    (core func $wait (canon waitable-set.wait (memory $libc "memory")))
    (core module $M
      (import "" "new" (func $new (result i32)))
      (import "" "return" (func $return))
      (import "" "wait" (func $wait (param i32 i32) (result i32)))
      (global $set (mut i32) (i32.const 0))
      (func $start (global.set $set (call $new)))
      (start $start)
      (func (export "wait") (call $return) (drop (call $wait (global.get $set) (i32.const 0)))))
    (core instance $m (instantiate $M (with "" (instance
      (export "new" (func $new)) (export "return" (func $return)) (export "wait" (func $wait))))))
    (func (export "wait") async (canon lift (core func $m "wait") async)))
  (component $Beginning
    (import "wait" (func $wait async))
    (core module $Libc (memory (export "memory") 1))
    (core instance $libc (instantiate $Libc))
    (core func $begin (canon lower (func $wait) async (memory $libc "memory")))
    (core module $M
      (import "" "begin" (func $begin (result i32)))
      (func (export "run") (param $count i32) (result i32) (local $begun i32)
        (loop $next
          (drop (call $begin))
          (local.set $begun (i32.add (local.get $begun) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $begun) (local.get $count))))
        (local.get $begun)))
    (core instance $m (instantiate $M (with "" (instance (export "begin" (func $begin))))))
    (func (export "run") async (param "count" u32) (result u32) (canon lift (core func $m "run"))))
  (instance $waiting (instantiate $Waiting))
  (instance $beginning (instantiate $Beginning (with "wait" (func $waiting "wait"))))
  (export "run" (func $beginning "run")))
