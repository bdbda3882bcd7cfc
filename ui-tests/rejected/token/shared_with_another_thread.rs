//! A reference to a token is given to another thread. Source: ordered-locks hole o5.
//!
//! error[E0277]: `(dyn TokensAndGuardsStayOnTheirThread + 'static)` cannot be shared between threads safely
//! fix: keep the token on its thread

use lockorder::with_root;

fn main() {
    with_root(|mut held| {
        let token = &held.reborrow();
        std::thread::scope(|scope| {
            scope.spawn(move || println!("{}", format!("{token:?}")));
        });
        println!("{token:?}");
    });
}
