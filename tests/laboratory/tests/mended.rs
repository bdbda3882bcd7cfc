//! The machine freezes for the reason that is told, and for no other: each program, with what is wrong in it mended and nothing else, never
//! freezes in any interleaving; and with one rule of the machine out of play, a program that rests on it does not freeze either.

use laboratory::explore::Graph;
use laboratory::run::{Here, Lab, Lock};
use laboratory::scenarios::ALL;

/// One order.
fn two_locks(lab: &mut Lab) {
    let (settings, buffer) = (lab.spin_lock("Settings"), lab.spin_lock("Buffer"));
    for (cpu, name) in ["reader", "changer"].into_iter().enumerate() {
        lab.thread(name, cpu, move |here| {
            let settings = here.lock(settings);
            let buffer = here.lock(buffer);
            buffer.set(settings.get());
        });
    }
}

/// The closer releases before it goes outside.
fn three_locks(lab: &mut Lab) {
    let (card, interface) = (lab.spin_lock("Card"), lab.spin_lock("Interface"));
    let sockets = lab.spin_lock("Sockets");
    let both = |here: &Here, outer: Lock, inner: Lock| {
        let _outer = here.lock(outer);
        let _inner = here.lock(inner);
    };
    lab.thread("driver", 0, move |here| both(here, card, interface));
    lab.thread("poller", 1, move |here| both(here, interface, sockets));
    lab.thread("closer", 2, move |here| {
        drop(here.lock(sockets));
        drop(here.lock(card));
    });
}

/// Sorted.
fn two_instances(lab: &mut Lab) {
    let (one, two) = (lab.mutex("Inode 1"), lab.mutex("Inode 2"));
    for (cpu, name) in ["there", "back"].into_iter().enumerate() {
        lab.thread(name, cpu, move |here| {
            let one = here.lock(one);
            let two = here.lock(two);
            two.set(one.get());
        });
    }
}

/// Called with nothing locked.
fn callback(lab: &mut Lab) {
    let handlers = lab.mutex("Handlers");
    lab.thread("commit", 0, move |here| {
        drop(here.lock(handlers));
        drop(here.lock(handlers));
    });
}

/// An interrupt-safe lock.
fn interrupt(lab: &mut Lab) {
    let heap = lab.irq_lock("Heap");
    lab.thread("thread", 0, move |here| drop(here.lock(heap)));
    lab.handler("handler", 0, move |here| drop(here.lock(heap)));
}

/// The sleepers are taken out with interrupts on.
fn at_a_distance(lab: &mut Lab) {
    let (run_queue, sleepers) = (lab.irq_lock("RunQueue"), lab.spin_lock("Sleepers"));
    lab.thread("waker", 0, move |here| {
        drop(here.lock(sleepers));
        drop(here.lock(run_queue));
    });
    lab.thread("sleeper", 1, move |here| drop(here.lock(sleepers)));
    lab.handler("tick", 1, move |here| drop(here.lock(run_queue)));
}

/// The lock sleeps, so its waiter gives the CPU away.
fn sleep_under_spin(lab: &mut Lab) {
    let interface = lab.mutex("Interface");
    lab.thread("sender", 0, move |here| {
        let _interface = here.lock(interface);
        here.nap();
    });
    lab.thread("other", 0, move |here| drop(here.lock(interface)));
}

/// Copied out first.
fn user_copy(lab: &mut Lab) {
    let (page, space) = (lab.mutex("Page"), lab.mutex("AddressSpace"));
    lab.thread("reader", 0, move |here| {
        drop(here.lock(page));
        here.step_of_its_own("copies to the user, and faults");
        drop(here.lock(space));
    });
    lab.thread("mapper", 1, move |here| {
        let _space = here.lock(space);
        drop(here.lock(page));
    });
}

/// The look and the sleep are under one lock, which is released as the thread goes to sleep.
fn lost_wakeup(lab: &mut Lab) {
    let (requests, came) = (lab.mutex("Requests"), lab.queue("a request has come"));
    lab.thread("consumer", 0, move |here| {
        let mut requests = here.lock(requests);
        while requests.get() == 0 {
            requests = here.wait(came, requests);
        }
        requests.set(0);
    });
    lab.thread("producer", 1, move |here| {
        here.lock(requests).set(1);
        here.wake(came);
    });
}

/// Released before the join.
fn join(lab: &mut Lab) {
    let mapper = lab.mutex("Mapper");
    let other = lab.thread("other CPU", 1, move |here| drop(here.lock(mapper)));
    lab.thread("starter", 0, move |here| {
        drop(here.lock(mapper));
        here.join(other);
    });
}

/// No outer lock while it waits.
fn condition(lab: &mut Lab) {
    let (space, answers) = (lab.mutex("AddressSpace"), lab.mutex("Answers"));
    let answered = lab.queue("it is answered");
    lab.thread("waiter", 0, move |here| {
        drop(here.lock(space));
        let mut answers = here.lock(answers);
        while answers.get() == 0 {
            answers = here.wait(answered, answers);
        }
    });
    lab.thread("answerer", 1, move |here| {
        let _space = here.lock(space);
        here.lock(answers).set(1);
        here.wake(answered);
    });
}

/// Once is enough.
fn read_again(lab: &mut Lab) {
    let counter = lab.rw_lock("Counter");
    lab.thread("reader", 0, move |here| drop(here.read(counter)));
    lab.thread("writer", 1, move |here| drop(here.lock(counter)));
}

/// A permit first.
fn permits(lab: &mut Lab) {
    let (places, card) = (lab.semaphore("Places", 1), lab.mutex("Card"));
    for (cpu, name) in ["sender", "resender"].into_iter().enumerate() {
        lab.thread(name, cpu, move |here| {
            let _place = here.lock(places);
            drop(here.lock(card));
        });
    }
}

/// A mended program, by the name of the one that freezes.
type Mended = (&'static str, fn(&mut Lab));

#[test]
fn mended_programs_never_freeze() {
    let mended: [Mended; 13] = [
        ("two_locks", two_locks),
        ("three_locks", three_locks),
        ("two_instances", two_instances),
        ("callback", callback),
        ("interrupt", interrupt),
        ("at_a_distance", at_a_distance),
        ("sleep_under_spin", sleep_under_spin),
        ("user_copy", user_copy),
        ("lost_wakeup", lost_wakeup),
        ("join", join),
        ("condition", condition),
        ("read_again", read_again),
        ("permits", permits),
    ];
    for (name, program) in mended {
        let graph = Graph::of(program);
        assert_eq!((graph.nodes[0].freezing, graph.shortest_freeze()), (0, None), "{name}, mended");
    }
    let left: Vec<_> = ALL
        .iter()
        .map(|scenario| scenario.name)
        .filter(|name| !mended.iter().any(|(other, _)| other == name))
        .collect();
    assert_eq!(left, ["priority"], "every program but one, whose mending is not the program's, is mended");
}

#[test]
fn a_freeze_rests_on_the_rule_that_is_told() {
    // The handler's CPU is another one: nobody is interrupted.
    let elsewhere: fn(&mut Lab) = |lab| {
        let heap = lab.spin_lock("Heap");
        lab.thread("thread", 0, move |here| drop(here.lock(heap)));
        lab.handler("handler", 1, move |here| drop(here.lock(heap)));
    };
    // The waiter has a CPU of its own to spin on.
    let beside: fn(&mut Lab) = |lab| {
        let interface = lab.spin_lock("Interface");
        lab.thread("sender", 0, move |here| {
            let _interface = here.lock(interface);
            here.nap();
        });
        lab.thread("other", 1, move |here| drop(here.lock(interface)));
    };
    // All three are of one priority: the low one gets on.
    let equal: fn(&mut Lab) = |lab| {
        let (bus, asked) = (lab.mutex("Bus"), lab.queue("it is asked for"));
        let high = lab.thread("high", 0, move |here| drop(here.lock(bus)));
        lab.thread("middle", 0, move |here| here.work_until_the_end_of(high));
        lab.thread("low", 0, move |here| {
            let _bus = here.lock(bus);
            here.wake(asked);
        });
    };
    // Interrupts are on again where the lock is released, so the handler comes.
    let on_again: fn(&mut Lab) = |lab| {
        let heap = lab.irq_lock("Heap");
        let handler = lab.handler("handler", 0, move |here| drop(here.lock(heap)));
        lab.thread("thread", 0, move |here| {
            drop(here.lock(heap));
            here.work_until_the_end_of(handler);
        });
    };
    // Two permits are enough for two.
    let enough: fn(&mut Lab) = |lab| {
        let (places, card) = (lab.semaphore("Places", 2), lab.mutex("Card"));
        lab.thread("sender", 0, move |here| {
            let _place = here.lock(places);
            drop(here.lock(card));
        });
        lab.thread("resender", 1, move |here| {
            let _card = here.lock(card);
            drop(here.lock(places));
        });
    };
    // Two readers, and no writer between them.
    let readers: fn(&mut Lab) = |lab| {
        let counter = lab.rw_lock("Counter");
        for (cpu, name) in ["one", "other"].into_iter().enumerate() {
            lab.thread(name, cpu, move |here| {
                let _first = here.read(counter);
                drop(here.read(counter));
            });
        }
    };
    for (number, program) in [elsewhere, beside, equal, on_again, enough, readers].into_iter().enumerate() {
        assert_eq!(Graph::of(program).nodes[0].freezing, 0, "program {number}");
    }
}

#[test]
fn states_that_were_reached_with_another_look_are_apart() {
    // After both have moved the word is 1, whether the looker has seen that or not.
    let program: fn(&mut Lab) = |lab| {
        let (word, never) = (lab.word("Word"), lab.queue("never"));
        lab.thread("looker", 0, move |here| {
            let seen = here.look(word);
            here.step_of_its_own("thinks");
            if seen == 0 {
                here.sleep(never);
            }
        });
        lab.thread("writer", 1, move |here| here.put(word, 1));
    };
    let graph = Graph::of(program);
    // The write comes after the look, after the thought or after the sleep; or first.
    assert_eq!((graph.nodes[0].freezing, graph.nodes[0].ways), (3, 4));
}
