//! Checking an order takes time in proportion to the number of classes.

use std::path::Path;

use tests::compile_time::{Encoding, Package, slope};

/// Linear is one; every pair would be two. This machine may be busy.
const LIMIT: f64 = 1.5;

#[test]
fn time_grows_with_the_number_of_classes() {
    let package = Package::new(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile-time"));
    // A busy moment can spoil a run, and not three of them.
    let slopes: Vec<_> = (0..3)
        .map(|_| {
            let points = [250, 500, 1000].map(|size| {
                let time = package.measure(Encoding::Ranks, size, 3).as_secs_f64();
                println!("{size} classes: {time:.3} s");
                #[allow(clippy::cast_precision_loss, reason = "a thousand")]
                (size as f64, time)
            });
            slope(&points)
        })
        .take_while(|slope| *slope > LIMIT)
        .collect();
    assert!(slopes.len() < 3, "times grow with the number of classes to the power of {slopes:?}");
}

/// What the benchmark compares with compiles too.
#[test]
fn the_pairwise_encoding_compiles() {
    let package = Package::new(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile-time-pairwise"));
    let _ = package.measure(Encoding::Pairs, 3, 1);
}

#[test]
fn a_slope_is_an_exponent() {
    let points = |exponent: i32| [2.0_f64, 4.0, 8.0].map(|size| (size, size.powi(exponent)));
    assert!((slope(&points(1)) - 1.0).abs() < 1e-9);
    assert!((slope(&points(2)) - 2.0).abs() < 1e-9);
}
