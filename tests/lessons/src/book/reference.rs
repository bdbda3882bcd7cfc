//! The reference of error messages, made from the corpus of rejected programs.
//!
//! Messages that differ in names only are one entry. Each has the mistakes of the table of mistakes that give it, or else the smallest
//! program: what the bug is, its source, and the fix, which are the words of the program's header.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use ui_tests::{Expectation, MISTAKES, Mistake, Program};

/// What gives an entry its place in the page.
const FAMILIES: [(&str, &str); 5] = [
    ("Order, kinds and waiting", "The library's own words, at the acquisition that is wrong."),
    ("Tokens and guards", "The borrow checker's words: a token or a guard is used where it cannot be."),
    ("Privacy and safety", "What only `unsafe` code, or the library itself, may do."),
    ("Types that do not fit", "The compiler's words; no library can change them."),
    (
        "Declarations",
        "The macros' words, at the offending word, and what is found when a constant is evaluated.",
    ),
];

/// The family of a code.
fn family(code: Option<&str>, message: &str) -> usize {
    match code {
        Some("E0277") if message.contains("sent between threads") || message.contains("shared between") => 1,
        Some("E0277") if !message.contains("trait bound") => 0,
        Some(
            "E0499" | "E0505" | "E0506" | "E0382" | "E0521" | "E0597" | "E0515" | "E0501" | "E0500" | "E0596",
        ) => 1,
        Some("E0133" | "E0200" | "E0603" | "E0616" | "E0624" | "E0451" | "E0119" | "E0117") => 2,
        Some("E0080") => 4,
        Some(_) => 3,
        None if message.starts_with("lifetime") || message.contains("sent between threads") => 1,
        None => 4,
    }
}

/// A message without the names in it.
fn form(message: &str) -> String {
    // What stands between back ticks is a name of the program, but in the messages of macros it is what to write.
    let mut parts = message.split('`');
    let mut form = parts.next().unwrap_or_default().to_owned();
    let rest: Vec<&str> = parts.collect();
    for (number, part) in rest.iter().enumerate() {
        form += if number % 2 == 0 { "`…`" } else { part };
    }
    form
}

/// What an entry is called.
fn heading(expectation: &Expectation) -> String {
    let message = match expectation.code.as_deref() {
        // The names are the program's own: any others give the same message.
        Some(_) => form(&expectation.headline),
        // What a macro says has the words in it that are to be written.
        None => expectation.headline.clone(),
    };
    let code = expectation.code.as_ref().map_or_else(String::new, |code| format!("[{code}]"));
    format!("error{code}: {message}")
}

/// The page.
#[must_use]
pub fn page(programs: &[Program]) -> String {
    let mut entries: BTreeMap<(usize, std::cmp::Reverse<usize>, String), Vec<&Program>> = BTreeMap::new();
    let mut gathered: BTreeMap<(usize, String), Vec<&Program>> = BTreeMap::new();
    for program in programs {
        for error in &program.errors {
            let place = family(error.code.as_deref(), &error.headline);
            let same = gathered.entry((place, heading(error))).or_default();
            if same.last().is_none_or(|last| last.name != program.name) {
                same.push(program);
            }
        }
    }
    for ((place, message), programs) in gathered {
        entries.insert((place, std::cmp::Reverse(programs.len()), message), programs);
    }
    let mut page = format!(
        "# Every error message\n\n\
         {} programs that must not compile, by what the compiler says of them: {} messages. Names in a message are written `…`. Under each: \
         what is done, and what to do instead. [What goes wrong at first](mistakes.md) has the {} commonest.\n\n\
         This page is generated from `ui-tests`: `BLESS=1 cargo test -p lessons --test book`.\n",
        programs.len(),
        entries.len(),
        MISTAKES.len()
    );
    let mut last = None;
    for ((place, _, message), programs) in &entries {
        if last != Some(place) {
            last = Some(place);
            let (title, words) = FAMILIES[*place];
            write!(page, "\n## {title}\n\n{words}\n").expect("a string takes everything");
        }
        let more = match programs.len() {
            1 => "One program gives it".to_owned(),
            number => format!("{number} programs give it"),
        };
        let known = MISTAKES.iter().filter(|mistake| programs.iter().any(|program| is_of(program, mistake)));
        let mut causes: Vec<_> =
            known.map(|mistake| (mistake.what.to_owned(), mistake.fix.to_owned())).collect();
        let smallest = programs.iter().min_by_key(|program| (program.rejected.len(), &program.name));
        let Some(smallest) = smallest else { continue };
        if causes.is_empty() {
            let cause = format!("{} (source: {})", smallest.bug.trim_end_matches('.'), smallest.source);
            causes.push((cause, smallest.fix.clone()));
        }
        write!(page, "\n**`` {message} ``**\n\n").expect("a string takes everything");
        for (cause, fix) in causes {
            writeln!(page, "- *Cause:* {}. *Fix:* {}.", escaped(&cause), escaped(fix.trim_end_matches('.')))
                .expect("a string takes everything");
        }
        writeln!(page, "\n{more}; the smallest is `{}`.", smallest.name).expect("a string takes everything");
    }
    page
}

/// Whether a mistake is this program.
fn is_of(program: &Program, mistake: &Mistake) -> bool {
    program.path().with_extension("") == Path::new(mistake.program)
}

/// Text that is no HTML where it is not code.
fn escaped(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(number, part)| {
        if number % 2 == 0 { part.replace('<', "&lt;").replace("](", "] (") } else { part.to_owned() }
    });
    parts.collect::<Vec<_>>().join("`")
}
