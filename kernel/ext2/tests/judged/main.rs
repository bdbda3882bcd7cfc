//! The filesystem on images that mke2fs makes and e2fsck judges: operations, cuts of the power, damaged images.

mod disk;
mod hostile;
mod operations;
mod power;
mod random;
mod tools;
