//! What `/proc` says of the whole system.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use crate::calls::{Child, pause};
use crate::running;

crate::tests! {
    memory_adds_up,
    memory_that_a_process_uses_is_not_free,
    each_cpu_has_its_part,
    time_passes,
    idling_is_counted,
    loads_are_three_numbers_and_how_many_run,
    statistics_of_cpus_add_up,
    mounts_tell_where_proc_is,
    filesystems_are_named,
    the_kernel_says_what_it_is,
    caches_are_dropped_by_root,
    what_is_told_is_not_written_to,
    processes_are_listed,
    a_listing_goes_on_where_it_was,
    the_network_is_that_of_who_asks,
}

fn read(name: &str) -> String {
    fs::read_to_string(format!("/proc/{name}")).unwrap()
}

/// A line of `meminfo`, in kibibytes.
fn memory(key: &str) -> u64 {
    let text = read("meminfo");
    let line = text.lines().find(|line| line.split(':').next() == Some(key));
    let line = line.unwrap_or_else(|| panic!("no {key}"));
    assert!(line.ends_with(" kB"), "{line}");
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn memory_adds_up() {
    let total = memory("MemTotal");
    assert!(total > 16 * 1024);
    for part in ["MemFree", "MemAvailable", "Cached", "Buffers", "Slab", "AnonPages", "PageTables", "Shmem"] {
        assert!(memory(part) <= total, "{part}");
    }
    assert!(memory("MemFree") + memory("Cached") <= total);
    assert_eq!(memory("SwapFree").min(1), memory("SwapTotal").min(1).min(memory("SwapFree")));
}

fn memory_that_a_process_uses_is_not_free() {
    let private = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let size = 32 << 20;
    let at = call!(SYS_mmap, 0, size, libc::PROT_READ | libc::PROT_WRITE, private, -1, 0).unwrap();
    // SAFETY: the mapping is this function's.
    unsafe { std::ptr::write_bytes(at as *mut u8, 1, size as usize) };
    // Of all processes: this one's is part of it, whatever others give back meanwhile.
    assert!(memory("AnonPages") > 24 * 1024);
    assert!(memory("MemFree") + memory("AnonPages") <= memory("MemTotal"));
}

fn each_cpu_has_its_part() {
    let text = read("cpuinfo");
    let count = text.lines().filter(|line| line.starts_with("processor")).count();
    assert!(count >= 1);
    assert_eq!(text.split("\n\n").filter(|part| !part.trim().is_empty()).count(), count);
    assert_eq!(text.lines().filter(|line| line.starts_with("model name")).count(), count);
    assert!(text.lines().any(|line| line.starts_with("flags") && line.contains(" sse2")));
}

/// The numbers of a line, with two digits after the point.
fn hundredths(text: &str) -> Vec<u64> {
    let number = |field: &str| {
        let (whole, rest) = field.split_once('.').unwrap();
        assert_eq!(rest.len(), 2, "{field}");
        whole.parse::<u64>().unwrap() * 100 + rest.parse::<u64>().unwrap()
    };
    text.split_whitespace().map(number).collect()
}

fn time_passes() {
    let up = || hundredths(&read("uptime"))[0];
    let before = up();
    pause(50);
    assert!((before + 4..before + 2000).contains(&up()));
}

fn idling_is_counted() {
    let idle = || hundredths(&read("uptime"))[1];
    let before = idle();
    // A machine that others use may idle for moments only.
    for _ in 0..100 {
        pause(50);
        if idle() > before {
            return;
        }
    }
    let load = hundredths(read("loadavg").split(' ').next().unwrap())[0];
    if load > 100 {
        running::pass_over("others keep every CPU busy");
    }
    panic!("no CPU has idled for five seconds");
}

fn loads_are_three_numbers_and_how_many_run() {
    let text = read("loadavg");
    let fields: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(fields.len(), 5);
    assert_eq!(hundredths(&fields[..3].join(" ")).len(), 3);
    let (ready, all) = fields[3].split_once('/').unwrap();
    let (ready, all): (u64, u64) = (ready.parse().unwrap(), all.parse().unwrap());
    assert!(ready >= 1 && ready <= all, "who asks runs");
    let child = Child::start(|| {});
    child.wait();
    let last: i32 = read("loadavg").split_whitespace().last().unwrap().parse().unwrap();
    assert!(last >= child.id);
}

fn statistics_of_cpus_add_up() {
    let text = read("stat");
    let times = |line: &str| -> Vec<u64> {
        line.split_whitespace().skip(1).map(|field| field.parse().unwrap()).collect()
    };
    let all = times(text.lines().next().unwrap());
    let each: Vec<Vec<u64>> =
        text.lines().skip(1).take_while(|line| line.starts_with("cpu")).map(times).collect();
    assert!(!each.is_empty() && all.len() >= 8);
    let idle: u64 = each.iter().map(|times| times[3]).sum();
    assert!(idle.abs_diff(all[3]) <= 100 * each.len() as u64, "{idle} {}", all[3]);
    for key in ["intr ", "ctxt ", "btime ", "processes ", "procs_running ", "procs_blocked "] {
        assert!(text.lines().any(|line| line.starts_with(key)), "{key}");
    }
}

fn mounts_tell_where_proc_is() {
    let text = read("mounts");
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
    assert!(lines.iter().all(|line| line.len() == 6));
    assert!(lines.iter().any(|line| line[1] == "/proc" && line[2] == "proc"));
    // Whose root is a directory of another one's has no mount there.
    let names_root = read("self/mountinfo").lines().any(|line| line.split(' ').nth(4) == Some("/"));
    assert_eq!(lines.iter().any(|line| line[1] == "/"), names_root);
    assert_eq!(fs::read_link("/proc/mounts").unwrap().to_str(), Some("self/mounts"));
    assert_eq!(read("self/mounts"), text);
    let device = fs::metadata("/proc").unwrap().dev();
    let wanted = format!(" {}:{} ", libc::major(device), libc::minor(device));
    assert!(read("self/mountinfo").lines().any(|line| line.contains(&wanted) && line.contains(" /proc ")));
}

fn filesystems_are_named() {
    let text = read("filesystems");
    for name in ["tmpfs", "proc", "devtmpfs", "devpts"] {
        assert!(text.lines().any(|line| line == format!("nodev\t{name}")), "{name}");
    }
}

fn the_kernel_says_what_it_is() {
    // SAFETY: zeros are a value of it.
    let mut names: libc::utsname = unsafe { std::mem::zeroed() };
    assert_eq!(call!(SYS_uname, &mut names), Ok(0));
    let text = |name: &[libc::c_char]| -> String {
        let bytes = name.iter().map(|letter| *letter as u8).take_while(|byte| *byte != 0);
        bytes.map(char::from).collect()
    };
    assert_eq!(read("sys/kernel/osrelease").trim_end(), text(&names.release));
    assert_eq!(read("sys/kernel/hostname").trim_end(), text(&names.nodename));
    assert_eq!(read("sys/kernel/ostype").trim_end(), text(&names.sysname));
    assert!(read("version").starts_with(&format!("Linux version {}", text(&names.release))));
    assert!(read("sys/kernel/pid_max").trim_end().parse::<u32>().unwrap() > 1000);
}

fn caches_are_dropped_by_root() {
    running::needs_root();
    fs::write("/proc/sys/vm/drop_caches", "1\n").unwrap();
    fs::write("/proc/sys/vm/drop_caches", "3").unwrap();
    let child = Child::start(|| {
        assert_eq!(call!(SYS_setuid, 1000), Ok(0));
        let refused = fs::write("/proc/sys/vm/drop_caches", "1").unwrap_err().raw_os_error();
        assert_eq!(refused, Some(libc::EACCES));
    });
    assert_eq!(child.status(), 0);
}

fn what_is_told_is_not_written_to() {
    for name in ["/proc/self/maps", "/proc/new", "/proc/self/fd/new"] {
        assert!(fs::write(name, "x").is_err(), "{name}");
    }
    assert!(fs::create_dir("/proc/folder").is_err());
    assert!(fs::remove_file("/proc/uptime").is_err());
}

fn processes_are_listed() {
    let child = Child::start(|| pause(10_000));
    let listed: Vec<String> = fs::read_dir("/proc")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for id in [child.id.to_string(), std::process::id().to_string(), "1".to_owned()] {
        assert!(listed.contains(&id), "{id}");
    }
    for name in ["self", "meminfo", "uptime", "sys"] {
        assert_eq!(listed.iter().filter(|listed| *listed == name).count(), 1, "{name}");
    }
    child.kill(libc::SIGKILL);
}

fn a_listing_goes_on_where_it_was() {
    let folder = fs::File::open("/proc/self").unwrap();
    let mut names = Vec::new();
    loop {
        // Room for a few entries only.
        let mut bytes = [0_u8; 100];
        let number = std::os::fd::AsRawFd::as_raw_fd(&folder);
        let length = call!(SYS_getdents64, number, bytes.as_mut_ptr(), 100).unwrap() as usize;
        if length == 0 {
            break;
        }
        let mut at = 0;
        while at < length {
            let entry = usize::from(u16::from_ne_bytes([bytes[at + 16], bytes[at + 17]]));
            let name: Vec<u8> =
                bytes[at + 19..at + entry].iter().copied().take_while(|byte| *byte != 0).collect();
            names.push(String::from_utf8(name).unwrap());
            at += entry;
        }
    }
    let mut sorted = names.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), names.len(), "none comes twice");
    for name in [".", "..", "stat", "fd", "exe", "status"] {
        assert!(sorted.iter().any(|listed| listed == name), "{name}");
    }
}

fn the_network_is_that_of_who_asks() {
    assert_eq!(fs::read_link("/proc/net").unwrap().to_str(), Some("self/net"));
    assert!(fs::metadata("/proc/self/net").unwrap().is_dir());
    assert!(fs::read_to_string("/proc/self/net/unix").unwrap().starts_with("Num "));
    assert_eq!(read("self/net/tcp").lines().next(), read("net/tcp").lines().next());
    let linked = fs::hard_link("/proc/self/net", "here").unwrap_err();
    assert_eq!(linked.raw_os_error(), Some(libc::EXDEV));
}
