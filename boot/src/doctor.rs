//! `doctor`: what this machine has and lacks.

use crate::private_tools;
use crate::provision::Need;

/// Prints what is there and what is missing; says whether all is there.
pub(crate) fn examine() -> bool {
    let mut complete = true;
    for need in Need::ALL {
        if let Some(found) = need.found() {
            println!("found    {}: {found}", need.name());
        } else {
            complete = false;
            println!("missing  {}; install it with: {}", need.name(), need.command());
        }
    }
    for need in Need::UEFI {
        match need.found() {
            Some(found) => println!("found    {}: {found}", need.name()),
            None => {
                println!("optional {}, for `--boot uefi`; install it with: {}", need.name(), need.command());
            }
        }
    }
    for need in Need::PROOF {
        match need.found() {
            Some(found) => println!("found    {}: {found}", need.name()),
            None => println!("optional {}, for `proof`; install it with: {}", need.name(), need.command()),
        }
    }
    if let (Some(folder), Some(removal)) = (private_tools::folder(), private_tools::removal()) {
        println!(
            "private  {}: tools that this program has fetched; remove them with: {removal}",
            folder.display()
        );
    }
    complete
}
