package dev.trimaran.tests

import dev.trimaran.Engine
import dev.trimaran.Store
import dev.trimaran.component.Component
import dev.trimaran.component.Func
import dev.trimaran.component.Instance
import dev.trimaran.component.Linker

/**
 * Gives back what it is given, of a type in the text format whose flat values are a pointer and a length: a string or a
 * list.
 */
fun echo(type: String): String =
    """(component
      (core module ${'$'}m
        (memory (export "memory") 1)
        (global ${'$'}top (mut i32) (i32.const 64))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local i32)
          (local.set 4 (i32.and (i32.add (global.get ${'$'}top) (i32.const 15)) (i32.const -16)))
          (global.set ${'$'}top (i32.add (local.get 4) (local.get 3)))
          (block ${'$'}fits
            (br_if ${'$'}fits (i32.le_u (global.get ${'$'}top) (i32.mul (memory.size) (i32.const 65536))))
            (drop (memory.grow (i32.add (i32.div_u (local.get 3) (i32.const 65536)) (i32.const 1)))))
          (local.get 4))
        (func (export "reset") (param i32) (global.set ${'$'}top (i32.const 64)))
        (func (export "run") (param i32 i32) (result i32)
          (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)))
      (core instance ${'$'}i (instantiate ${'$'}m))
      (alias core export ${'$'}i "memory" (core memory ${'$'}memory))
      (alias core export ${'$'}i "realloc" (core func ${'$'}realloc))
      (alias core export ${'$'}i "reset" (core func ${'$'}reset))
      (type ${'$'}t' $type)
      (export ${'$'}t "t" (type ${'$'}t'))
      (func (export "run") (param "x" ${'$'}t) (result ${'$'}t)
        (canon lift (core func ${'$'}i "run") (memory ${'$'}memory) (realloc ${'$'}realloc) (post-return ${'$'}reset))))"""

/** Calls the host's `f`, of numbers, with a string that it is given; and `g`, which takes and gives a number. */
const val CALLS_HOST = """(component
  (import "f" (func ${'$'}f (param "x" string) (result u32)))
  (import "g" (func ${'$'}g (param "n" u32) (result u32)))
  (core module ${'$'}libc
    (memory (export "memory") 4)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
  (core instance ${'$'}libc (instantiate ${'$'}libc))
  (alias core export ${'$'}libc "memory" (core memory ${'$'}memory))
  (alias core export ${'$'}libc "realloc" (core func ${'$'}realloc))
  (core func ${'$'}f (canon lower (func ${'$'}f) (memory ${'$'}memory)))
  (core func ${'$'}g (canon lower (func ${'$'}g)))
  (core module ${'$'}m
    (import "" "f" (func ${'$'}f (param i32 i32) (result i32)))
    (import "" "g" (func ${'$'}g (param i32) (result i32)))
    (func (export "text") (param i32 i32) (result i32) (call ${'$'}f (local.get 0) (local.get 1)))
    (func (export "number") (param i32) (result i32) (call ${'$'}g (local.get 0))))
  (core instance ${'$'}m (instantiate ${'$'}m (with "" (instance
    (export "f" (func ${'$'}f)) (export "g" (func ${'$'}g))))))
  (func (export "text") (param "x" string) (result u32)
    (canon lift (core func ${'$'}m "text") (memory ${'$'}memory) (realloc ${'$'}realloc)))
  (func (export "number") (param "n" u32) (result u32) (canon lift (core func ${'$'}m "number"))))"""

/** Gives the host's `h`, which gives nothing, the number that it is given. */
const val TELLS_HOST = """(component
  (import "h" (func ${'$'}h (param "n" u32)))
  (core func ${'$'}h (canon lower (func ${'$'}h)))
  (core module ${'$'}m
    (import "" "h" (func ${'$'}h (param i32)))
    (func (export "run") (param i32) (call ${'$'}h (local.get 0))))
  (core instance ${'$'}m (instantiate ${'$'}m (with "" (instance (export "h" (func ${'$'}h))))))
  (func (export "run") (param "n" u32) (canon lift (core func ${'$'}m "run"))))"""

/** Makes resources, of which `get` gives the number, and counts in `dropped` how many were dropped. */
const val RESOURCES = """(component
  (core module ${'$'}d
    (global ${'$'}n (mut i32) (i32.const 0))
    (func (export "dtor") (param i32) (global.set ${'$'}n (i32.add (global.get ${'$'}n) (i32.const 1))))
    (func (export "dropped") (result i32) (global.get ${'$'}n)))
  (core instance ${'$'}d (instantiate ${'$'}d))
  (type ${'$'}inner (resource (rep i32) (dtor (core func ${'$'}d "dtor"))))
  (core func ${'$'}new (canon resource.new ${'$'}inner))
  (core module ${'$'}m
    (import "" "new" (func ${'$'}new (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call ${'$'}new (local.get 0)))
    (func (export "get") (param i32) (result i32) (local.get 0)))
  (core instance ${'$'}m (instantiate ${'$'}m (with "" (instance (export "new" (func ${'$'}new))))))
  (export ${'$'}r "r" (type ${'$'}inner))
  (func (export "make") (param "x" u32) (result (own ${'$'}r)) (canon lift (core func ${'$'}m "make")))
  (func (export "get") (param "r" (borrow ${'$'}r)) (result u32) (canon lift (core func ${'$'}m "get")))
  (func (export "dropped") (result u32) (canon lift (core func ${'$'}d "dropped"))))"""

/** Keeps a resource of the host's: `keep` takes it, `use` lends it to the host's `see`, and `give` gives it back. */
const val KEEPS_HOSTS = """(component
  (import "thing" (type ${'$'}h (sub resource)))
  (import "see" (func ${'$'}see (param "h" (borrow ${'$'}h))))
  (core func ${'$'}see (canon lower (func ${'$'}see)))
  (core module ${'$'}m
    (import "" "see" (func ${'$'}see (param i32)))
    (global ${'$'}h (mut i32) (i32.const 0))
    (func (export "keep") (param i32) (global.set ${'$'}h (local.get 0)))
    (func (export "use") (call ${'$'}see (global.get ${'$'}h)))
    (func (export "give") (result i32) (global.get ${'$'}h)))
  (core instance ${'$'}m (instantiate ${'$'}m (with "" (instance (export "see" (func ${'$'}see))))))
  (func (export "keep") (param "h" (own ${'$'}h)) (canon lift (core func ${'$'}m "keep")))
  (func (export "use") (canon lift (core func ${'$'}m "use")))
  (func (export "give") (result (own ${'$'}h)) (canon lift (core func ${'$'}m "give"))))"""

/** An instance of a component, from text, in a store of its own. */
class ComponentGuest(text: String, val engine: Engine = engine(), configure: Linker.() -> Unit = {}) {
    val store = Store(engine)
    val component = Component(engine, text)
    val linker = Linker(engine).apply(configure)
    val instance: Instance = linker.instantiate(store, component)

    fun func(name: String): Func = instance.func(store, name)

    fun call(name: String, vararg arguments: Any?): Any? = func(name)(store, *arguments)
}
