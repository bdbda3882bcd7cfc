//! `doctor`: what this machine has and lacks, for people and, with `--json`, for programs.
//!
//! `docs/doctor.md` says what the second form has in it.

mod json;

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

use json::Json;

use crate::private_tools;
use crate::provision::{self, Need};

/// How `doctor` answers.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Doctor {
    /// Answer in JSON; docs/doctor.md describes it
    #[arg(long)]
    json: bool,
}

/// What needs it, what that is, and what was found of it.
struct Item {
    command: &'static str,
    need: Need,
    found: Option<String>,
}

/// The folder for tools.
struct Tools {
    folder: PathBuf,
    bytes: u64,
    removal: Option<String>,
}

/// What was found on this machine.
struct Findings {
    items: Vec<Item>,
    tools: Option<Tools>,
}

/// Commands that need more than a usual run, as they are typed.
const RUN: &str = "run";
const UEFI: &str = "run --boot uefi";
const PROOF: &str = "proof";
const COMPARISON: &str = "bench linux";
const DISK: &str = "disk";
const SUITES: &str = "suites";

impl Findings {
    fn of_this_machine() -> Self {
        let needs = Need::KERNEL.map(|need| (RUN, need)).into_iter();
        let needs = needs.chain(Need::GUEST.map(|need| (RUN, need)));
        let needs = needs.chain(Need::UEFI.map(|need| (UEFI, need)));
        let needs = needs.chain(Need::PROOF.map(|need| (PROOF, need)));
        let needs = needs.chain(Need::COMPARISON.map(|need| (COMPARISON, need)));
        let needs = needs.chain(Need::DISK.map(|need| (DISK, need)));
        let needs = needs.chain(Need::SUITES.map(|need| (SUITES, need)));
        let items = needs.map(|(command, need)| Item { command, need, found: need.found() }).collect();
        let tools = private_tools::folder().map(|folder| Tools {
            folder,
            bytes: private_tools::bytes(),
            removal: private_tools::removal(),
        });
        Self { items, tools }
    }

    /// What is missing of what a usual run needs.
    fn missing(&self) -> Vec<Need> {
        let missing = self.items.iter().filter(|item| item.command == RUN && item.found.is_none());
        missing.map(|item| item.need).collect()
    }

    fn json(&self) -> Json {
        let text = |text: Option<String>| text.map_or(Json::Null, Json::Text);
        let missing = self.missing();
        let needs = self.items.iter().map(|item| {
            let install = item.found.is_none().then(|| provision::instructions(&[item.need]));
            Json::Object(vec![
                ("key", Json::Text(item.need.key().to_owned())),
                ("name", Json::Text(item.need.name().to_owned())),
                ("command", Json::Text(item.command.to_owned())),
                ("found", text(item.found.clone())),
                ("install", text(install)),
            ])
        });
        let tools = self.tools.as_ref().map_or(Json::Null, |tools| {
            Json::Object(vec![
                ("folder", Json::Text(tools.folder.display().to_string())),
                ("bytes", Json::Number(tools.bytes)),
                ("removal", text(tools.removal.clone())),
            ])
        });
        let install = (!missing.is_empty()).then(|| provision::instructions(&missing));
        Json::Object(vec![
            ("version", Json::Number(1)),
            ("complete", Json::Truth(missing.is_empty())),
            ("fetches", Json::Truth(!missing.is_empty() && provision::fetches(&missing))),
            ("install", text(install)),
            ("needs", Json::List(needs.collect())),
            ("tools", tools),
        ])
    }
}

impl Display for Findings {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for Item { command, need, found } in &self.items {
            let name = need.name();
            let install = || provision::instructions(&[*need]);
            match found {
                Some(found) => writeln!(formatter, "found    {name}: {found}")?,
                None if *command == RUN => {
                    writeln!(formatter, "missing  {name}; install it with: {}", install())?;
                }
                None => {
                    writeln!(formatter, "optional {name}, for `{command}`; install it with: {}", install())?;
                }
            }
        }
        let missing = self.missing();
        if missing.len() > 1 {
            writeln!(
                formatter,
                "all      install what is missing with: {}",
                provision::instructions(&missing)
            )?;
        }
        let Some(Tools { folder, bytes, removal }) = &self.tools else { return Ok(()) };
        let folder = folder.display();
        if !missing.is_empty() && provision::fetches(&missing) {
            writeln!(formatter, "fetched  by `cargo run` if nobody installs it, into {folder}")?;
        }
        match removal {
            Some(removal) => writeln!(
                formatter,
                "private  {folder}: tools that this program has fetched, {} MB; remove them with: {removal}",
                bytes / 1_000_000
            ),
            None => writeln!(formatter, "private  {folder}: nothing has been fetched"),
        }
    }
}

/// Prints what is there and what is missing; says whether all is there that a usual run needs.
pub(crate) fn examine(options: Doctor) -> bool {
    let findings = Findings::of_this_machine();
    if options.json {
        println!("{}", findings.json());
    } else {
        print!("{findings}");
    }
    findings.missing().is_empty()
}
