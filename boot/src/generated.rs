//! The generated parts of pages: what a command has measured stands between two marks.

use std::fs;
use std::io;
use std::path::Path;

/// Puts `text` into the page at `path`, in place of what the part has between its marks. `command` is what writes the part, as
/// the first mark says it.
///
/// # Errors
///
/// The page cannot be read or written, or its marks are gone.
pub fn publish(path: &Path, part: &str, command: &str, text: &str) -> io::Result<()> {
    let page = fs::read_to_string(path)?;
    let begin = format!("<!-- {part}:begin (generated; `{command}` writes it) -->");
    let end = format!("<!-- {part}:end -->");
    let parts = page.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let Some((before, after)) = parts else {
        let restore = format!("restore the file with: git checkout {}", path.display());
        return Err(io::Error::other(format!("the marks of the generated part are gone; {restore}")));
    };
    fs::write(path, format!("{before}{begin}\n\n{text}\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::publish;

    #[test]
    fn a_part_is_replaced_and_the_rest_stays() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let page =
            |text| format!("a\n<!-- p:begin (generated; `c` writes it) -->\n\n{text}\n<!-- p:end -->\nz\n");
        fs::write(file.path(), page("old")).unwrap();
        publish(file.path(), "p", "c", "new").unwrap();
        assert_eq!(fs::read_to_string(file.path()).unwrap(), page("new"));
        let error = publish(file.path(), "q", "c", "new").unwrap_err();
        assert!(error.to_string().contains("the marks of the generated part are gone; restore"), "{error}");
        assert_eq!(fs::read_to_string(file.path()).unwrap(), page("new"), "a page without marks was written");
    }
}
