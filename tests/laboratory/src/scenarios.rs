//! The programs of the laboratory, each with its story.
//!
//! A program is one function, and its text is shown beside it. What the typed form of it is, and what the run-time checker says,
//! is in the folder `typed` beside the sources, one folder a scenario.

mod at_a_distance;
mod callback;
mod condition;
mod interrupt;
mod join;
mod lost_wakeup;
mod permits;
mod priority;
mod read_again;
mod sleep_under_spin;
mod three_locks;
mod two_instances;
mod two_locks;
mod user_copy;

use crate::run::Lab;

/// A program, and what there is to say of it.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// What it is called in commands.
    pub name: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// Where the bug is from.
    pub bug: &'static str,
    /// What happens in it.
    pub story: &'static str,
    /// What the student tries to bring about.
    pub goal: &'static str,
    /// The program.
    pub program: fn(&mut Lab),
    /// Its text.
    pub text: &'static str,
    /// The typed form, and why there is none where there is none.
    pub typed: Typed,
}

/// Programs with typed locks.
#[derive(Clone, Copy, Debug)]
pub struct Typed {
    /// The same mistake, and the beginning of the compiler's message; or why the compiler lets it pass.
    pub refused: Result<(&'static str, &'static str), &'static str>,
    /// The mended program.
    pub mended: &'static str,
    /// A path that goes past the types, and the beginning of the checker's report; or why there is none.
    pub dynamic: Result<(&'static str, &'static str), &'static str>,
}

/// All programs, the simplest first.
pub const ALL: &[Scenario] = &[
    Scenario {
        name: "two_locks",
        title: "Two locks in two orders",
        bug: "After bug 1 of docs/lock-bugs.md: asterinas #1588",
        story: "A terminal has settings and a buffer. A reader takes the settings, then the buffer. Whoever changes the settings empties the buffer first.",
        goal: "Have each thread hold one lock and want the other one.",
        program: two_locks::program,
        text: include_str!("scenarios/two_locks.rs"),
        typed: Typed {
            refused: Ok((
                include_str!("../typed/two_locks/refused.rs"),
                "lock order violation: cannot acquire `Settings` while holding `Buffer`",
            )),
            mended: include_str!("../typed/two_locks/mended.rs"),
            dynamic: Ok((
                include_str!("../typed/two_locks/dynamic.rs"),
                "lock order violation: acquiring `Settings` while holding `Buffer`",
            )),
        },
    },
    Scenario {
        name: "three_locks",
        title: "A circle of three",
        bug: "After bugs 3 and 4 of docs/lock-bugs.md: asterinas a14ac1ccb, tgoskits #1009",
        story: "A driver takes the card, then the interface. The interface polls its sockets. A socket that closes asks the card.",
        goal: "Have all three hold one lock each. No two of them form a circle.",
        program: three_locks::program,
        text: include_str!("scenarios/three_locks.rs"),
        typed: Typed {
            refused: Ok((
                include_str!("../typed/three_locks/refused.rs"),
                "lock order violation: cannot acquire `Card` while holding `Sockets`",
            )),
            mended: include_str!("../typed/three_locks/mended.rs"),
            dynamic: Ok((
                include_str!("../typed/three_locks/dynamic.rs"),
                "lock order violation: acquiring `Card` while holding `Sockets`",
            )),
        },
    },
    Scenario {
        name: "two_instances",
        title: "Two locks of one class",
        bug: "After bug 47 of docs/lock-bugs.md: asterinas 68aebe417",
        story: "A rename locks two inodes as it meets them: the old place, then the new one. Another rename goes the other way.",
        goal: "Rename in both directions at once.",
        program: two_instances::program,
        text: include_str!("scenarios/two_instances.rs"),
        typed: Typed {
            refused: Ok((
                include_str!("../typed/two_instances/refused.rs"),
                "lock order violation: cannot acquire `Inode` while holding `Inode`",
            )),
            mended: include_str!("../typed/two_instances/mended.rs"),
            dynamic: Ok((
                include_str!("../typed/two_instances/dynamic.rs"),
                "two locks of class `Inode` against the order of the class",
            )),
        },
    },
    Scenario {
        name: "callback",
        title: "A callback under a lock",
        bug: "After bug 28 of docs/lock-bugs.md: asterinas d8dc153be",
        story: "A table of handlers stays locked while one of them runs, and that one registers another.",
        goal: "Watch it: there is one thread, and it waits for itself.",
        program: callback::program,
        text: include_str!("scenarios/callback.rs"),
        typed: Typed {
            refused: Ok((
                include_str!("../typed/callback/refused.rs"),
                "lock order violation: cannot acquire `Handlers` while holding `Handlers`",
            )),
            mended: include_str!("../typed/callback/mended.rs"),
            dynamic: Ok((
                include_str!("../typed/callback/dynamic.rs"),
                "recursion: this thread holds this very lock, a `Handlers`",
            )),
        },
    },
    Scenario {
        name: "interrupt",
        title: "Interrupt against thread",
        bug: "After bug 12 of docs/lock-bugs.md: asterinas #263",
        story: "A thread allocates. A handler of the same CPU allocates too. The heap has a plain spin lock.",
        goal: "Let the interrupt come while the thread holds the heap.",
        program: interrupt::program,
        text: include_str!("scenarios/interrupt.rs"),
        typed: Typed {
            refused: Ok((
                include_str!("../typed/interrupt/refused.rs"),
                "lock kind violation: a `Spinning` lock cannot be acquired in `HardIrq` context",
            )),
            mended: include_str!("../typed/interrupt/mended.rs"),
            dynamic: Err(
                "the context of a token stays a type on every dynamic path, so a handler that takes a plain spin lock is refused there too; the checker of the booted kernel tells it of a lock that goes past the library",
            ),
        },
    },
    Scenario {
        name: "at_a_distance",
        title: "Interrupts at a distance",
        bug: "After bug 14 of docs/lock-bugs.md: asterinas #1257",
        story: "A waker holds the run queue, interrupts off, and wants the list of sleepers. A sleeper on another CPU holds that list, plainly, when the tick comes there and wants the run queue.",
        goal: "Freeze both CPUs, although the handler takes an interrupt-safe lock only.",
        program: at_a_distance::program,
        text: include_str!("scenarios/at_a_distance.rs"),
        typed: Typed {
            refused: Ok((
                include_str!("../typed/at_a_distance/refused.rs"),
                "lock kind violation: a `Spinning` lock cannot be acquired in `IrqOff` context",
            )),
            mended: include_str!("../typed/at_a_distance/mended.rs"),
            dynamic: Ok((
                include_str!("../typed/at_a_distance/dynamic.rs"),
                "wait violation: `Sleepers` may not be waited for here",
            )),
        },
    },
    Scenario {
        name: "sleep_under_spin",
        title: "Sleep under a spin lock",
        bug: "After bug 45 of docs/lock-bugs.md: asterinas #351",
        story: "A sender holds a network interface, with preemption off, and sleeps for a while, until the card has room. Another thread of the same CPU wants the interface, and spins.",
        goal: "Let the sender sleep with the spin lock held, and the other thread have the CPU then.",
        program: sleep_under_spin::program,
        text: include_str!("scenarios/sleep_under_spin.rs"),
        typed: Typed {
            refused: Ok((
                include_str!("../typed/sleep_under_spin/refused.rs"),
                "lock kind violation: a `Sleeping` lock cannot be acquired in `Atomic` context",
            )),
            mended: include_str!("../typed/sleep_under_spin/mended.rs"),
            dynamic: Ok((
                include_str!("../typed/sleep_under_spin/dynamic.rs"),
                "wait violation: `Room` may not be waited for here",
            )),
        },
    },
    Scenario {
        name: "user_copy",
        title: "A user copy under a lock",
        bug: "After bug 42 of docs/lock-bugs.md: asterinas #3257",
        story: "A reader locks a page and copies it to user memory. The copy faults, and the fault takes the address space. Another thread holds the address space and brings a page in.",
        goal: "Let the reader fault with the page locked, while the other thread maps.",
        program: user_copy::program,
        text: include_str!("scenarios/user_copy.rs"),
        typed: Typed {
            refused: Ok((
                include_str!("../typed/user_copy/refused.rs"),
                "lock order violation: cannot acquire `AddressSpace` while holding `Page`",
            )),
            mended: include_str!("../typed/user_copy/mended.rs"),
            dynamic: Ok((
                include_str!("../typed/user_copy/dynamic.rs"),
                "lock order violation: acquiring `AddressSpace` while holding `Page`",
            )),
        },
    },
    Scenario {
        name: "lost_wakeup",
        title: "The lost wake-up",
        bug: "After bug 9 of docs/lock-bugs.md: tgoskits #2145",
        story: "A consumer looks whether there is a request, and goes to sleep where there is none. A producer puts one there, and wakes.",
        goal: "Have the wake-up come between the look and the sleep.",
        program: lost_wakeup::program,
        text: include_str!("scenarios/lost_wakeup.rs"),
        typed: Typed {
            refused: Ok((include_str!("../typed/lost_wakeup/refused.rs"), "mismatched types")),
            mended: include_str!("../typed/lost_wakeup/mended.rs"),
            dynamic: Err(
                "no lock is held while the consumer sleeps, so there is no order to check; the kernel's watchdog tells a wait that lasts too long",
            ),
        },
    },
    Scenario {
        name: "join",
        title: "Join under a lock",
        bug: "After bug 21 of docs/lock-bugs.md: redox b7665018",
        story: "A CPU is started with the mapper held, and waited for. The other CPU needs the mapper to start.",
        goal: "Let the starter hold the mapper before the other CPU has it.",
        program: join::program,
        text: include_str!("scenarios/join.rs"),
        typed: Typed {
            refused: Ok((
                include_str!("../typed/join/refused.rs"),
                "`Mapper` may be held here, but this call waits for another thread and needs nothing held",
            )),
            mended: include_str!("../typed/join/mended.rs"),
            dynamic: Ok((
                include_str!("../typed/join/dynamic.rs"),
                "wait violation: this thread waits for another one with `Mapper` held",
            )),
        },
    },
    Scenario {
        name: "condition",
        title: "A condition under an outer lock",
        bug: "After bug 22 of docs/lock-bugs.md: redox 7d42e8d9",
        story: "A shoot-down holds the address space and waits until the other CPU has answered: its answers have a lock of their own, which is released while it waits. The other CPU answers when it has the address space.",
        goal: "Let the waiter sleep before the other thread has the outer lock.",
        program: condition::program,
        text: include_str!("scenarios/condition.rs"),
        typed: Typed {
            refused: Ok((
                include_str!("../typed/condition/refused.rs"),
                "`AddressSpace` may be held here, but this call waits for another thread and needs nothing held",
            )),
            mended: include_str!("../typed/condition/mended.rs"),
            dynamic: Ok((
                include_str!("../typed/condition/dynamic.rs"),
                "wait violation: this thread waits for another one with `AddressSpace` held",
            )),
        },
    },
    Scenario {
        name: "read_again",
        title: "Reading twice",
        bug: "After bug 53 of docs/lock-bugs.md: hermit d067df5c",
        story: "A reader reads a counter, and reads it again in a function that it calls. A writer that waits keeps new readers out.",
        goal: "Let the writer begin to wait between the two reads.",
        program: read_again::program,
        text: include_str!("scenarios/read_again.rs"),
        typed: Typed {
            refused: Ok((
                include_str!("../typed/read_again/refused.rs"),
                "lock order violation: cannot acquire `Counter` while holding `Counter`",
            )),
            mended: include_str!("../typed/read_again/mended.rs"),
            dynamic: Ok((
                include_str!("../typed/read_again/dynamic.rs"),
                "recursion: this thread holds this very lock, a `Counter`",
            )),
        },
    },
    Scenario {
        name: "permits",
        title: "A permit that is waited for",
        bug: "After bug 6 of docs/lock-bugs.md: awkernel #162",
        story: "A sender takes a place in the ring, and then the card. Another one takes the card first, and waits for a place.",
        goal: "Have the one place in the ring taken, and the card held by the one who wants it.",
        program: permits::program,
        text: include_str!("scenarios/permits.rs"),
        typed: Typed {
            refused: Ok((
                include_str!("../typed/permits/refused.rs"),
                "lock order violation: cannot acquire `Places` while holding `Card`",
            )),
            mended: include_str!("../typed/permits/mended.rs"),
            dynamic: Ok((
                include_str!("../typed/permits/dynamic.rs"),
                "lock order violation: acquiring `Places` while holding `Card`",
            )),
        },
    },
    Scenario {
        name: "priority",
        title: "Priority inversion",
        bug: "After Mars Pathfinder, 1997: a bus that a thread of low priority held",
        story: "Three threads of one CPU. The low one holds the bus; the high one wants it; the middle one works, and stops when the high one is done.",
        goal: "Let the middle thread work while the low one holds what the high one wants.",
        program: priority::program,
        text: include_str!("scenarios/priority.rs"),
        typed: Typed {
            refused: Err(
                "a priority is no type: the order of the locks is right, and the compiler lets it pass; the kernel's sleep locks lend the priority of who waits to who holds",
            ),
            mended: include_str!("../typed/priority/mended.rs"),
            dynamic: Err(
                "the order is right, so the checker is silent; the kernel's watchdog tells a wait that lasts too long",
            ),
        },
    },
];

/// The program of a name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Scenario> {
    ALL.iter().find(|scenario| scenario.name == name)
}
