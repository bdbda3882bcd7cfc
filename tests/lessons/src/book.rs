//! The book's sources: chapters, what stands in their code blocks, what they link to.
//!
//! A block's first line says what the block claims of itself:
//!
//! | first line | claim |
//! |---|---|
//! | `rust` | it compiles without a warning, runs, and ends well |
//! | `rust,no_run` | it compiles without a warning |
//! | `rust,checker` | as `rust`, with the run-time checker in the library |
//! | `rust,rejected=E0277` | it does not compile, and every error has this code |
//! | `rust,kernel` | it is a crate of the kernel, and compiles without a warning; with `rejected=` it does not |
//! | `rust,ignore` | none: a part of a file of this repository, which the test looks for there |
//! | `text,said` | every line of it is a line that the compiler said of the rejected block before it, or that the program printed |
//!
//! A line that begins with `# ` is part of the program and hidden from the reader, as in documentation.

mod reference;

use std::fs;
use std::path::{Path, PathBuf};

use ui_tests::Expectation;

pub use reference::page as reference_page;

use crate::compiler::kernel;
use crate::compiler::{Ended, Library, RUNNING, root, run};

/// Where the chapters are.
#[must_use]
pub fn sources() -> PathBuf {
    root().join("docs/book/src")
}

/// A code block of a chapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The line of the chapter that opens it, from 1.
    pub line: usize,
    /// What stands behind the fence.
    pub claim: String,
    /// What is in it.
    pub text: String,
}

/// The blocks of a chapter.
///
/// # Errors
///
/// A block is not closed.
pub fn blocks(chapter: &str) -> Result<Vec<Block>, String> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in chapter.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(claim)) => {
                open = Some(Block { line: number + 1, claim: claim.to_owned(), text: String::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.text.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    match open {
        None => Ok(blocks),
        Some(block) => Err(format!("the block of line {} is not closed", block.line)),
    }
}

/// The program of a block: with its hidden lines.
#[must_use]
pub fn program(text: &str) -> String {
    let shown = |line: &str| match line.strip_prefix("# ") {
        Some(hidden) => hidden.to_owned(),
        None if line == "#" => String::new(),
        None => line.to_owned(),
    };
    text.lines().map(|line| shown(line) + "\n").collect()
}

/// The chapters, by their paths below the sources, sorted.
///
/// # Errors
///
/// A folder cannot be read.
pub fn chapters() -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut folders = vec![sources()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))? {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                found.extend(path.strip_prefix(sources()).map(Path::to_path_buf));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What a page links to: the targets of `[…](target)` outside of code.
#[must_use]
pub fn links(page: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        inside ^= line.starts_with("```");
        if inside {
            continue;
        }
        // Code in a line has no links.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("x");
        for part in prose.split("](").skip(1) {
            links.extend(part.split_once(')').map(|(target, _)| target.to_owned()));
        }
    }
    links
}

/// The anchors of a page: its headings, as mdBook names them.
#[must_use]
pub fn anchors(page: &str) -> Vec<String> {
    let mut inside = false;
    let headings = page.lines().filter(|line| {
        inside ^= line.starts_with("```");
        !inside && line.starts_with('#')
    });
    headings
        .map(|line| {
            let text = line.trim_start_matches('#').trim().to_lowercase();
            let kept = text.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
            kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
        })
        .collect()
}

/// The libraries that programs of the book are compiled with.
#[derive(Debug)]
pub struct Libraries {
    /// Without the checker.
    pub plain: Library,
    /// With it.
    pub checked: Library,
}

/// Judges a block of Rust, and gives what it said: the compiler's words where it is refused, else what it printed.
fn judge(libraries: &Libraries, name: &str, block: &Block) -> Result<String, String> {
    let words: Vec<&str> = block.claim.split(',').skip(1).collect();
    let library = if words.contains(&"checker") { &libraries.checked } else { &libraries.plain };
    let rejected = words.iter().find_map(|word| word.strip_prefix("rejected="));
    let unknown = words
        .iter()
        .find(|word| !["no_run", "checker", "kernel"].contains(word) && !word.starts_with("rejected="));
    if let Some(word) = unknown {
        return Err(format!("`{word}` is no claim"));
    }
    let in_kernel = words.contains(&"kernel");
    let runs = rejected.is_none() && !words.contains(&"no_run");
    let text = program(&block.text);
    let compiled = if in_kernel {
        kernel::check(&library.beside(), name, &text)?
    } else {
        library.program(name, "main.rs", &text, runs)?
    };
    if let Some(code) = rejected {
        let expected = Expectation { code: Some(code.to_owned()), headline: String::new() };
        ui_tests::judge_rejected(&[expected], &compiled.said)?;
        return Ok(compiled.shown);
    }
    ui_tests::judge_accepted(Some(&compiled.said), ui_tests::pinned_compiler())?;
    let Some(program) = compiled.program else { return Ok(String::new()) };
    let ran = run(&program, RUNNING)?;
    if ran.ended != Ended::Well {
        return Err(format!("the program ends as {:?}: {}{}", ran.ended, ran.output, ran.errors));
    }
    Ok(ran.output + &ran.errors)
}

/// Judges all blocks of a chapter, and gives how many were judged.
///
/// # Errors
///
/// Everything that is wrong, each with the line of its block.
pub fn judge_chapter(libraries: &Libraries, path: &Path) -> Result<usize, Vec<String>> {
    let text = fs::read_to_string(sources().join(path)).map_err(|error| vec![error.to_string()])?;
    judge_text(libraries, path, &text)
}

/// The same of a text that stands for the chapter at `path`.
///
/// # Errors
///
/// As [`judge_chapter`].
pub fn judge_text(libraries: &Libraries, path: &Path, text: &str) -> Result<usize, Vec<String>> {
    let name = path.with_extension("").display().to_string().replace(['/', '-'], "_");
    let mut wrong = Vec::new();
    let (mut judged, mut said) = (0, None);
    for block in blocks(text).map_err(|why| vec![format!("{}: {why}", path.display())])? {
        let place = format!("docs/book/src/{}:{}", path.display(), block.line);
        match block.claim.split(',').next().unwrap_or_default() {
            "rust" if block.claim.contains("ignore") => {
                judged += 1;
                if let Err(why) = is_quoted(&block.text) {
                    wrong.push(format!("{place}: {why}"));
                }
            }
            "rust" => {
                judged += 1;
                match judge(libraries, &format!("{name}_{}", block.line), &block) {
                    Ok(words) => said = Some(words),
                    Err(why) => wrong.push(format!("{place}: {why}")),
                }
            }
            "text" if block.claim == "text,said" => {
                let words = said.as_deref().unwrap_or_default();
                let missing = block.text.lines().find(|line| {
                    !line.trim().is_empty() && !words.lines().any(|said| said.trim() == line.trim())
                });
                // The words of another compiler may be others.
                if let Some(line) = missing.filter(|_| ui_tests::pinned_compiler()) {
                    wrong.push(format!("{place}: nobody says {line:?}; said is:\n{words}"));
                }
            }
            "text" | "console" | "toml" => {}
            other => wrong.push(format!("{place}: `{other}` is not the language of a block of this book")),
        }
    }
    if wrong.is_empty() { Ok(judged) } else { Err(wrong) }
}

/// Whether a part of a file, whose path is its first line (`// path`), stands in that file, line by line.
fn is_quoted(text: &str) -> Result<(), String> {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let path = first.strip_prefix("// ").ok_or("the first line does not say which file it is of")?;
    let file = fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))?;
    let mut lines = file.lines().map(str::trim);
    for line in rest.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "// …") {
        if !lines.any(|there| there == line) {
            return Err(format!("{path} has no line {line:?}, or not in this place"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{anchors, blocks, is_quoted, links, program};

    #[test]
    fn blocks_are_read_with_their_hidden_lines() {
        let read = blocks("a\n```rust,no_run\n# use x;\n#\nfn main() {}\n#[test]\n```\n").unwrap();
        assert_eq!((read[0].line, read[0].claim.as_str()), (2, "rust,no_run"));
        assert_eq!(program(&read[0].text), "use x;\n\nfn main() {}\n#[test]\n");
        assert!(blocks("```rust\n").is_err());
    }

    #[test]
    fn links_and_anchors_are_read_outside_of_code() {
        let page = "# The `first` one\n\n[a](b.md#c) `[x](y)` [d](e)\n```text\n# no\n[f](g)\n```\n";
        assert_eq!(links(page), ["b.md#c", "e"]);
        assert_eq!(anchors(page), ["the-first-one"]);
    }

    #[test]
    fn a_quotation_that_is_none_is_told() {
        let path = "// tests/lessons/src/book.rs\n";
        assert_eq!(is_quoted(&format!("{path}mod reference;\n// …\nuse std::fs;\n")), Ok(()));
        assert!(is_quoted(&format!("{path}use std::fs;\nmod reference;\n")).is_err(), "the order counts");
        assert!(is_quoted("mod reference;\n").is_err());
    }
}
