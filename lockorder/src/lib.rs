//! Lock ordering checked by the compiler.
#![no_std]
