//! Shows the book's pages to a browser on this machine, and makes them again when a source changes.
//!
//! It answers `GET` for files below one folder, one connection at a time, and listens on the loopback interface only. A browser that
//! sends nothing is given up after a second.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::failure::Failure;
use crate::{interrupt, report};

/// Where to listen, if it is free.
const PORT: u16 = 3000;
/// How long a browser may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often is looked for connections.
const POLL: Duration = Duration::from_millis(50);
/// How many looks there are between two at the sources.
const LOOKS: u32 = 20;

/// The newest change below a folder.
fn newest(folder: &Path) -> Option<SystemTime> {
    let mut newest = None;
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                folders.push(entry.path());
            }
            newest = newest.max(metadata.modified().ok());
        }
    }
    newest
}

/// The file that a request's target names; `None` for what lies outside of the folder.
fn file(pages: &Path, target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
    let relative = Path::new(path);
    let below = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let file = pages.join(relative);
    let file = if file.is_dir() { file.join("index.html") } else { file };
    (below && file.is_file()).then_some(file)
}

/// What a browser is told that a file is.
fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// Answers one request.
fn answer(mut stream: TcpStream, pages: &Path) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    // A line longer than this is none of a browser's.
    BufReader::new(io::Read::take(&stream, 8192)).read_line(&mut line)?;
    let target = line.strip_prefix("GET ").and_then(|rest| rest.split(' ').next());
    let found = target.and_then(|target| file(pages, target));
    let (status, kind, body) = match found {
        Some(file) => ("200 OK", kind(&file), fs::read(&file)?),
        None => ("404 Not Found", "text/plain", b"there is no such page\n".to_vec()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}

/// Shows the pages until this program is interrupted; `make` makes them again after `sources` have changed.
pub(super) fn pages(
    pages: &Path,
    sources: &Path,
    make: impl Fn() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed = |error| Failure::File(PathBuf::from("127.0.0.1"), error);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, PORT))
        .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    report::progress(&format!("the book is at http://localhost:{port}; control-C ends this"));
    let (mut seen, mut looks) = (newest(sources), 0);
    while !interrupt::requested() {
        match listener.accept() {
            // A browser that goes away is no failure.
            Ok((stream, _)) => drop(answer(stream, pages)),
            Err(_) => thread::sleep(POLL),
        }
        looks = (looks + 1) % LOOKS;
        let now = if looks == 0 { newest(sources) } else { seen };
        if now != seen {
            seen = now;
            // Half a sentence may not be a page; the next change makes it again.
            match make() {
                Ok(()) => report::progress("the pages are made again"),
                Err(failure) => report::failure(&failure.to_string()),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use super::{answer, file};

    #[test]
    fn nothing_outside_of_the_folder_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let pages = folder.path().join("pages");
        fs::create_dir(&pages).unwrap();
        fs::write(folder.path().join("secret"), "no").unwrap();
        fs::write(pages.join("index.html"), "yes").unwrap();
        assert_eq!(file(&pages, "/"), Some(pages.join("index.html")));
        assert_eq!(file(&pages, "/index.html?x"), Some(pages.join("index.html")));
        for target in ["/../secret", "//etc/passwd", "/./../secret", "/missing"] {
            assert_eq!(file(&pages, target), None, "{target}");
        }
    }

    #[test]
    fn a_browser_gets_a_page() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("index.html"), "<p>hello").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let browser = thread::spawn(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
            let mut said = String::new();
            // What was not read of the request may end the connection early; what came is enough.
            let _ = stream.read_to_string(&mut said);
            said
        });
        answer(listener.accept().unwrap().0, folder.path()).unwrap();
        let said = browser.join().unwrap();
        assert!(said.starts_with("HTTP/1.1 200 OK") && said.ends_with("<p>hello"), "{said}");
    }
}
