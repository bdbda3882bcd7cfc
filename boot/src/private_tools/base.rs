//! What of this system's packages is taken as given: its base, that is, what every installation has.
//!
//! Everything else that a tool depends on is fetched with it, although the system may have it: in another version that does not
//! fit, or in one that stands in the way. (QEMU of the release cannot be installed beside newer utilities of QEMU, for
//! example.)

use std::collections::{HashMap, HashSet};

/// One package of `dpkg`'s status file.
struct Package<'a> {
    /// Its paragraph.
    text: &'a str,
    required: bool,
    depends: Vec<&'a str>,
}

/// The value of a field of a paragraph.
fn field<'a>(paragraph: &'a str, name: &str) -> Option<&'a str> {
    paragraph.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// The names in a list of dependencies; of alternatives all.
fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', '|'])
        .filter_map(|one| one.trim().split([' ', ':', '(']).next())
        .filter(|name| !name.is_empty())
}

/// The status file's paragraphs of the base: what is required, and all that it depends on.
pub(super) fn of(status: &str) -> String {
    let mut packages = HashMap::new();
    for paragraph in status.split("\n\n") {
        let installed = field(paragraph, "Status").is_some_and(|status| status.ends_with(" installed"));
        let (Some(name), true) = (field(paragraph, "Package"), installed) else { continue };
        let required = field(paragraph, "Essential") == Some("yes")
            || field(paragraph, "Priority").is_some_and(|priority| priority == "required");
        let lists = ["Pre-Depends", "Depends"].into_iter().filter_map(|list| field(paragraph, list));
        let depends = lists.flat_map(names).collect();
        packages.insert(name, Package { text: paragraph.trim_matches('\n'), required, depends });
    }
    let mut base = HashSet::new();
    let mut next: Vec<&str> =
        packages.iter().filter(|(_, package)| package.required).map(|(name, _)| *name).collect();
    while let Some(name) = next.pop() {
        if let Some(package) = packages.get(name)
            && base.insert(name)
        {
            next.extend(&package.depends);
        }
    }
    let mut base: Vec<_> = base.into_iter().collect();
    base.sort_unstable();
    let paragraphs: Vec<_> = base.iter().map(|name| packages[name].text).collect();
    paragraphs.join("\n\n") + "\n\n"
}

#[cfg(test)]
mod tests {
    use super::of;

    const STATUS: &str = "Package: libc6\nStatus: install ok installed\nPriority: optional\nVersion: 2\n\n\
        Package: dpkg\nEssential: yes\nStatus: install ok installed\nPre-Depends: libc6 (>= 2.15), tar (>= 1) | star\n\n\
        Package: tar\nStatus: install ok installed\nPriority: required\n\n\
        Package: qemu-utils\nStatus: install ok installed\nPriority: optional\nVersion: 1:10.0.2\nDepends: libc6\n\n\
        Package: star\nStatus: deinstall ok config-files\nPriority: optional\n\n";

    #[test]
    fn what_stands_in_the_way_is_not_seen() {
        let base = of(STATUS);
        let names: Vec<_> = base.lines().filter_map(|line| line.strip_prefix("Package: ")).collect();
        assert_eq!(names, ["dpkg", "libc6", "tar"]);
    }
}
