//! Being told to stop.
//!
//! Interrupt (control-C) and terminate only set a flag, which every wait of this program looks at; so the
//! guest is killed and files are removed in the ordinary way. Asking twice ends the program at once, and the
//! guest with it (see [`process`](crate::process)).

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::failure::INTERRUPTED;

/// Set once it has been asked for.
static REQUESTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Takes the signals over. The program does this; the tests that use the library keep theirs.
///
/// # Errors
///
/// The system refuses.
pub(crate) fn watch() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first looks at what the second has set the time before.
        flag::register_conditional_shutdown(signal, i32::from(INTERRUPTED), Arc::clone(&REQUESTED))?;
        flag::register(signal, Arc::clone(&REQUESTED))?;
    }
    Ok(())
}

/// Asks this program to stop, as control-C does.
pub(crate) fn request() {
    REQUESTED.store(true, Ordering::Relaxed);
}

/// Whether this program has been asked to stop.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}
