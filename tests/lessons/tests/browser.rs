//! The laboratory's pages in a real browser: Debian's Chromium without a window, among the private tools.
//!
//! It is fetched when it is not there, some 100 MB, so the test is for who asks: `cargo test -p lessons --test browser -- --ignored`.
//! Screenshots are in the target's `tmp/pages`, to be looked at.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;

use boot::{private_tools, toolchain};
use laboratory::explore::Graph;
use laboratory::scenarios::{ALL, Scenario, named};
use lessons::lab::page;

/// The program, and its package.
const NAME: &str = "chromium";

/// Where pages and screenshots go.
fn place() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages")
}

/// The browser: the system's, or ours.
fn browser() -> PathBuf {
    toolchain::on_path(&[NAME]).unwrap_or_else(|| {
        private_tools::provide(&[NAME]).expect("the browser can be fetched");
        private_tools::file("usr/lib/chromium/chromium", &[NAME]).expect("it is there")
    })
}

/// Has the browser open a page, and gives what it prints.
fn open(url: &str, words: &[String]) -> String {
    let output = private_tools::command(&browser())
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"])
        .args(["--virtual-time-budget=2000", "--window-size=1200,1000"])
        .arg(format!(
            "--user-data-dir={}",
            place().join(format!("profile-{:?}", thread::current().id())).display()
        ))
        .args(words)
        .arg(url)
        .stdin(Stdio::null())
        .output()
        .expect("the browser runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Without the page's program, which has the same words in it.
    let page = String::from_utf8_lossy(&output.stdout);
    page.split("<script>").next().unwrap_or_default().to_owned()
}

/// A scenario's page as a file, and its address.
fn written(scenario: &Scenario, graph: &Graph) -> String {
    fs::create_dir_all(place()).expect("writable");
    let file = place().join(format!("{}.html", scenario.name));
    fs::write(&file, page(scenario, graph, None)).expect("writable");
    format!("file://{}", file.display())
}

#[test]
#[ignore = "fetches a browser"]
fn a_page_is_played_by_its_keys() {
    let scenario = named("two_locks").expect("it is there");
    let graph = Graph::of(scenario.program);
    let status = |keys: &str| {
        // Whoever types: each key goes through the page's own listener.
        let typing = format!(
            "<script>for (const key of \"{keys}\") document.dispatchEvent(new KeyboardEvent(\"keydown\", {{ key }}));</script></body>"
        );
        let text = page(scenario, &graph, None).replace("</body>", &typing);
        fs::create_dir_all(place()).expect("writable");
        let file = place().join("keys.html");
        fs::write(&file, text).expect("writable");
        let shown = open(&format!("file://{}", file.display()), &["--dump-dom".to_owned()]);
        let (_, rest) = shown.split_once("id=\"state\"").expect("the page says how it stands");
        rest.split('<')
            .next()
            .unwrap_or_default()
            .split_once('>')
            .map_or_else(String::new, |(_, text)| text.to_owned())
    };
    assert!(status("12").contains("Frozen. reader waits for Buffer, held by changer."), "{}", status("12"));
    assert_eq!(status("12u"), "One step back");
    assert_eq!(status("12r"), "From the beginning");
    assert_eq!(status("1h"), "Move changer, key 2");
    assert_eq!(status("112"), "changer cannot move: it waits for Buffer, held by reader");
    assert!(status("11112222").contains("All threads have ended: this interleaving does not freeze."));
    assert!(status("111h").contains("From here no interleaving freezes: take a step back"));
}

#[test]
#[ignore = "fetches a browser"]
fn pages_freeze_in_a_browser() {
    for scenario in ALL {
        let graph = Graph::of(scenario.program);
        let address = written(scenario, &graph);
        let begun = open(&address, &["--dump-dom".to_owned()]);
        let first = &graph.nodes[0];
        let counts =
            format!("{} of {} interleavings freeze. From here: {0} of {1}.", first.freezing, first.ways);
        assert!(begun.contains(&counts), "{}: {counts}\n{begun}", scenario.name);
        assert!(!begun.contains("Frozen."), "{}", scenario.name);
        assert_eq!(begun.matches("class=\"move\"").count(), first.machine.threads.len(), "{}", scenario.name);

        let path = graph.shortest_freeze().expect("it freezes");
        let moves: Vec<_> = path.iter().map(|thread| (thread + 1).to_string()).collect();
        let address = format!("{address}#{}", moves.join(","));
        let frozen = open(&address, &["--dump-dom".to_owned()]);
        assert!(frozen.contains("Frozen."), "{}: {frozen}", scenario.name);
        assert_eq!(frozen.matches("class=\"who\"").count(), {
            let machine = &graph.nodes[0].machine;
            machine.threads.len() - frozen.matches("has ended</button>").count()
        });
        for (name, scheme) in [("light", 1), ("dark", 0)] {
            let shot = place().join(format!("{}-{name}.png", scenario.name));
            open(
                &address,
                &[
                    format!("--screenshot={}", shot.display()),
                    format!("--blink-settings=preferredColorScheme={scheme}"),
                ],
            );
            assert!(shot.metadata().is_ok_and(|metadata| metadata.len() > 10_000), "{}", shot.display());
        }
    }
    println!("screenshots are in {}", place().display());
}
