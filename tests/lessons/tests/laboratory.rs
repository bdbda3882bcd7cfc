//! Every scenario is what it says in all its lights: refused typed, accepted mended, reported past the types; and it can be played, in a
//! terminal and in a page.

use std::fs;
use std::path::Path;
use std::process::Command;

use laboratory::explore::Graph;
use laboratory::scenarios::{ALL, Scenario, named};
use lessons::compiler::{Checker, Library};
use lessons::lab::{freeze, light, page, play};

/// The least scenarios, and the least that shine in all lights.
const LEAST: usize = 10;

fn libraries() -> (Library, Library) {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("laboratory");
    let library = |checker| Library::compile(&place, checker).expect("the library builds");
    (library(Checker::Off), library(Checker::On))
}

#[test]
fn every_scenario_is_refused_typed_and_reported_past_the_types() {
    let (plain, checked) = libraries();
    let mut in_all_lights = 0;
    for scenario in ALL {
        let lights = light(&plain, &checked, scenario).unwrap_or_else(|why| panic!("{why}"));
        in_all_lights += usize::from(lights.refused.is_some() && lights.report.is_some());
        for why in [scenario.typed.refused.err(), scenario.typed.dynamic.err()].into_iter().flatten() {
            assert!(why.len() > 40, "{}: a light that is missing has its reason", scenario.name);
        }
    }
    assert!(
        ALL.len() >= LEAST && in_all_lights >= LEAST,
        "{in_all_lights} of {} shine in all lights",
        ALL.len()
    );
    let scenario = Scenario {
        typed: laboratory::scenarios::Typed { refused: Ok((ALL[0].typed.mended, "x")), ..ALL[0].typed },
        ..ALL[0]
    };
    let wrong = light(&plain, &checked, &scenario).expect_err("it compiles");
    assert!(wrong.contains("it is not refused as it should be"), "{wrong}");
}

/// What is said to somebody who types these lines.
fn played(scenario: &Scenario, graph: &Graph, lines: &str) -> String {
    let mut out = Vec::new();
    play(scenario, graph, lines.as_bytes(), &mut out, false).expect("memory takes everything");
    String::from_utf8(out).expect("it is text")
}

#[test]
fn every_scenario_can_be_played_until_it_freezes() {
    for scenario in ALL {
        let graph = Graph::of(scenario.program);
        let (steps, _) = freeze(scenario, &graph).unwrap_or_else(|why| panic!("{why}"));
        let lines: Vec<_> = steps.iter().map(|step| format!("h\n{}\n", step.thread + 1)).collect();
        let said = played(scenario, &graph, &lines.concat());
        assert!(said.contains("\nFrozen.\n"), "{}: {said}", scenario.name);
        assert_eq!(said.matches("Move ").count(), steps.len(), "{}: a hint before each step", scenario.name);
    }
}

#[test]
fn a_step_back_and_a_wrong_step_are_answered() {
    let scenario = named("two_locks").expect("it is there");
    let graph = Graph::of(scenario.program);
    let said = played(scenario, &graph, "1\n1\n2\nu\nu\nu\nx\n7\nr\nq\n1\n");
    assert!(said.contains("2 of 6 interleavings freeze."), "{said}");
    assert!(said.contains("It cannot move: it waits for Buffer, held by reader."), "{said}");
    assert_eq!(
        said.matches("a number moves that thread").count(),
        3,
        "the beginning, a letter, a number: {said}"
    );
    let said = played(scenario, &graph, "1\n1\n1\n1\n2\n2\n2\n2\nh\n");
    assert!(said.contains("All have ended: this interleaving does not freeze."), "{said}");
    assert!(said.contains("From here no interleaving freezes: take a step back."), "{said}");
}

#[test]
fn a_page_has_the_whole_graph_and_loads_nothing() {
    for scenario in ALL {
        let graph = Graph::of(scenario.program);
        let page = page(scenario, &graph, None);
        for foreign in ["http:", "https:", "src=", "<link", "@import", "url(", "{{"] {
            assert!(!page.contains(foreign), "{}: the page has {foreign}", scenario.name);
        }
        for part in ["aria-live=\"polite\"", "prefers-color-scheme: dark", "lang=\"en\"", "<main>", "keydown"]
        {
            assert!(page.contains(part), "{}: the page has no {part}", scenario.name);
        }
        let (_, rest) = page.split_once("const graph = ").expect("the page has its graph");
        let (data, _) = rest.split_once(";\nlet path").expect("the graph ends");
        let data: serde_json::Value = serde_json::from_str(data).expect("the graph is JSON");
        let nodes = data["nodes"].as_array().expect("a list");
        assert_eq!(nodes.len(), graph.nodes.len());
        // The way that the page's hint goes leads to a frozen state.
        let mut at = 0;
        while nodes[at]["frozen"] != true {
            let moves = nodes[at]["moves"].as_array().expect("a list");
            let next = moves.iter().filter_map(|step| usize::try_from(step[1].as_u64()?).ok());
            let next = next.into_iter().find(|next| nodes[*next]["freezing"].as_u64() > Some(0));
            at = next.unwrap_or_else(|| panic!("{}: the hint leads nowhere", scenario.name));
        }
        let waits = nodes[at]["threads"]
            .as_array()
            .expect("a list")
            .iter()
            .filter(|thread| thread["waits"].is_string());
        assert!(waits.count() > 0, "{}: somebody waits", scenario.name);
        for thread in nodes[0]["threads"].as_array().expect("a list") {
            let line = format!("id=\"line-{}\"", thread["line"]);
            assert!(page.contains(&line), "{}: the page shows no {line}", scenario.name);
        }
    }
}

#[test]
fn the_command_shows_a_bug_in_four_lights() {
    let lab = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_lessons"))
            .arg("lab")
            .args(words)
            .env("CARGO_TARGET_DIR", env!("CARGO_TARGET_TMPDIR"))
            .output()
            .expect("it runs");
        let text = [&output.stdout[..], &output.stderr[..]].concat();
        (String::from_utf8_lossy(&text).into_owned(), output.status.success())
    };
    let (text, well) = lab(&["two_locks"]);
    for part in [
        "2 of its 6 interleavings freeze",
        "holds Settings, line 9",
        "wants Settings, line 15",
        "reader --[Buffer]--> changer --[Settings]--> reader",
        "error[E0277]: lock order violation: cannot acquire `Settings` while holding `Buffer`",
        "lock order violation: acquiring `Settings` while holding `Buffer`",
        "   end  waits for Buffer",
    ] {
        assert!(text.contains(part), "{text}\nhas not {part}");
    }
    assert!(well);
    let (text, well) = lab(&["list"]);
    assert!(well && ALL.iter().all(|scenario| text.contains(scenario.title)), "{text}");
    let (text, well) = lab(&["interrupt", "--soak", "20"]);
    assert!(well && text.contains("interrupt: frozen 20 of 20 times"), "{text}");
    let (text, well) = lab(&["nothing"]);
    assert!(
        !well && text.contains("there is no scenario nothing; see them with: cargo run -- lab list"),
        "{text}"
    );
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("join.html");
    let (text, well) = lab(&["join", "--out", &file.display().to_string()]);
    assert!(well && text.contains("can be opened in a browser"), "{text}");
    let page = fs::read_to_string(&file).expect("the page is written");
    for part in
        ["`Mapper` may be held here, but this call waits", "wait violation: this thread waits", "<summary>"]
    {
        assert!(page.contains(part), "the page has no {part}");
    }
}

#[test]
fn what_help_and_readme_say_to_type_is_there() {
    let read = |path: &str| fs::read_to_string(lessons::compiler::root().join(path)).expect("it is there");
    let exercises = lessons::exercise::all().expect("the exercises are well-formed");
    let mut named_ones = 0;
    for text in [read("boot/src/command_line/help.rs"), read("README.md")] {
        for part in text.split("cargo run -- lab ").skip(1) {
            let name = part.split_whitespace().next().unwrap_or_default();
            assert!(name == "list" || named(name).is_some(), "there is no scenario {name}");
            named_ones += 1;
        }
        for part in text.split("learn reset ").skip(1) {
            let name = part.split_whitespace().next().unwrap_or_default();
            let fits = exercises.iter().filter(|exercise| exercise.name.contains(name)).count();
            assert_eq!(fits, 1, "there is not one exercise {name}");
            named_ones += 1;
        }
    }
    assert!(named_ones >= 6, "{named_ones} are read");
}
