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

/// The paragraphs of a status file.
fn paragraphs(status: &str) -> impl Iterator<Item = &str> {
    status
        .split("\n\n")
        .map(|paragraph| paragraph.trim_matches('\n'))
        .filter(|paragraph| !paragraph.is_empty())
}

/// The value of a field of a paragraph.
fn field<'a>(paragraph: &'a str, name: &str) -> Option<&'a str> {
    paragraph.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// The names in a list of packages; of alternatives all.
fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', '|'])
        .filter_map(|one| one.trim().split([' ', ':', '(']).next())
        .filter(|name| !name.is_empty())
}

/// A status file of these paragraphs.
fn file<'a>(paragraphs: impl Iterator<Item = &'a str>) -> String {
    paragraphs.flat_map(|paragraph| [paragraph, "\n\n"]).collect()
}

/// A status file without the packages that another one has.
pub(super) fn without(status: &str, other: &str) -> String {
    let others: HashSet<_> = paragraphs(other).filter_map(|paragraph| field(paragraph, "Package")).collect();
    file(
        paragraphs(status)
            .filter(|paragraph| !field(paragraph, "Package").is_some_and(|name| others.contains(name))),
    )
}

/// The status file's paragraphs of the base: what is required, and all that it depends on, of `architecture`; without the
/// packages that `other` has.
pub(super) fn of(status: &str, architecture: &str, other: &str) -> String {
    let mut packages = HashMap::new();
    let mut providers: HashMap<&str, Vec<&str>> = HashMap::new();
    for paragraph in paragraphs(status) {
        let installed = field(paragraph, "Status").is_some_and(|status| status.ends_with(" installed"));
        let (Some(name), true) = (field(paragraph, "Package"), installed) else { continue };
        // A foreign package has the name of one of this machine's own.
        if !field(paragraph, "Architecture").is_none_or(|of| [architecture, "all"].contains(&of)) {
            continue;
        }
        let required = field(paragraph, "Essential") == Some("yes")
            || field(paragraph, "Priority").is_some_and(|priority| priority == "required");
        let lists = ["Pre-Depends", "Depends"].into_iter().filter_map(|list| field(paragraph, list));
        let depends = lists.flat_map(names).collect();
        packages.insert(name, Package { text: paragraph, required, depends });
        for provided in field(paragraph, "Provides").into_iter().flat_map(names) {
            providers.entry(provided).or_default().push(name);
        }
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
        // What depends on a name that nobody has is content with whoever provides it.
        next.extend(providers.get(name).into_iter().flatten().filter(|provider| !base.contains(*provider)));
    }
    let mut base: Vec<_> = base.into_iter().collect();
    base.sort_unstable();
    without(&file(base.iter().map(|name| packages[name].text)), other)
}

#[cfg(test)]
mod tests {
    use super::{of, without};

    const STATUS: &str = "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2\n\n\
        Package: libc6\nStatus: install ok installed\nArchitecture: i386\nVersion: 2\n\n\
        Package: dpkg\nEssential: yes\nStatus: install ok installed\nPre-Depends: libc6 (>= 2.15), tar (>= 1) | star, awk\n\n\
        Package: tar\nStatus: install ok installed\nPriority: required\nArchitecture: amd64\n\n\
        Package: gawk\nStatus: install ok installed\nPriority: optional\nProvides: awk\nDepends: libmpfr6\n\n\
        Package: libmpfr6\nStatus: install ok installed\nArchitecture: amd64\n\n\
        Package: qemu-utils\nStatus: install ok installed\nPriority: optional\nVersion: 1:10.0.2\nDepends: libc6\n\n\
        Package: star\nStatus: deinstall ok config-files\nPriority: optional\n\n";

    fn packages(status: &str) -> Vec<&str> {
        status.lines().filter_map(|line| line.strip_prefix("Package: ")).collect()
    }

    #[test]
    fn what_stands_in_the_way_is_not_seen() {
        assert_eq!(packages(&of(STATUS, "amd64", "")), ["dpkg", "gawk", "libc6", "libmpfr6", "tar"]);
    }

    #[test]
    fn a_foreign_package_does_not_hide_this_machines_own() {
        let base = of(STATUS, "amd64", "");
        assert!(base.contains("Architecture: amd64") && !base.contains("i386"), "{base}");
    }

    #[test]
    fn no_package_is_there_twice() {
        let newer = "Package: tar\nStatus: install ok installed\nVersion: 9\n\n";
        assert_eq!(packages(&of(STATUS, "amd64", newer)), ["dpkg", "gawk", "libc6", "libmpfr6"]);
        assert_eq!(without(newer, newer), "");
    }
}
