//! This program once more, as the program that a test executes: `behaviour --again WHAT...` says by its status what it finds.

use std::ffi::{CStr, CString};
use std::process::ExitCode;

/// Becomes this program, with arguments.
pub(crate) fn become_self(arguments: &[&str]) -> ! {
    become_copy(c"/proc/self/exe", arguments)
}

/// Becomes a copy of this program, with arguments.
pub(crate) fn become_copy(path: &CStr, arguments: &[&str]) -> ! {
    let all = ["behaviour", "--again"].iter().chain(arguments);
    let strings: Vec<CString> = all.map(|text| CString::new(*text).unwrap_or_default()).collect();
    let mut pointers: Vec<*const libc::c_char> = strings.iter().map(|string| string.as_ptr()).collect();
    pointers.push(std::ptr::null());
    let environment = [c"MARK=here".as_ptr(), std::ptr::null()];
    let _ = call!(SYS_execve, path.as_ptr(), pointers.as_ptr(), environment.as_ptr());
    panic!("it does not become another program: {}", std::io::Error::last_os_error());
}

/// What the program that was executed finds.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let is_right = match *arguments.as_slice() {
        ["signals", mask] => crate::signals::after_exec(mask),
        ["process", parent, id] => crate::processes::after_exec(parent, id),
        ["told", id] => crate::processes::has_a_child(id),
        ["count", ref rest @ ..] => crate::hardships::counted(rest),
        ["stack", start] => crate::hardships::has_other_stack(start),
        ["timer", number] => crate::hardships::has_no_timer(number),
        ["users"] => crate::identity::after_exec(),
        ["rights", ref ids @ ..] => crate::identity::has_rights(ids),
        ["alarm"] => crate::timers::after_exec(),
        ["memory"] => crate::limits::after_exec(),
        ["sleep"] => {
            crate::calls::pause(10_000);
            false
        }
        _ => false,
    };
    if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
