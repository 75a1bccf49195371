package dev.trimaran.internal

import dev.trimaran.Memory

/** A memory that a caller has found by its name. */
internal class FoundMemory(val name: String, val memory: Memory)
