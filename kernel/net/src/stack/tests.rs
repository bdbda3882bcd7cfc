//! The stack as its sockets see it, with a clock that stands still until a test moves it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::vec::Vec;

use abi::Errno;
use fs::Readiness;
use smoltcp::time::{Duration, Instant};
use socket::Kind;

use super::{SlotId, Stack, Step, Transport, longest};
use crate::shared::Shared;

/// Numbers that look random, the same in each run (xorshift, Marsaglia 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

/// A socket of a test.
#[derive(Clone)]
struct End {
    id: SlotId,
    shared: Arc<Shared>,
}

impl End {
    fn is(&self, readiness: Readiness) -> bool {
        self.shared.readiness().contains(readiness)
    }

    fn error(&self) -> Option<Errno> {
        self.shared.common.take_error()
    }
}

/// A stack, and its time.
struct World {
    stack: Stack,
    now: Instant,
    /// Moves a few packets after each operation, where there is one; all otherwise.
    lazy: Option<Random>,
}

fn v4(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

impl World {
    fn new() -> Self {
        let now = Instant::from_secs(1);
        Self { stack: Stack::new(7, now, 4096).unwrap(), now, lazy: None }
    }

    fn settle(&mut self) {
        if let Some(random) = &mut self.lazy {
            let most = random.below(5);
            self.stack.pump(self.now, most);
            return;
        }
        for _ in 0..100_000 {
            if !self.stack.pump(self.now, 1) {
                return;
            }
        }
        panic!("packets move for ever");
    }

    /// Lets time pass, from deadline to deadline.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        for _ in 0..10_000 {
            match self.stack.deadline() {
                Some(at) if at <= until => self.now = self.now.max(at),
                _ => {
                    self.now = until;
                    return;
                }
            }
            self.stack.run_deadlines(self.now);
            self.settle();
        }
        panic!("deadlines come for ever");
    }

    fn open(&mut self, transport: Transport, is_v6: bool) -> End {
        let shared = Arc::new(Shared::new(if is_v6 { 10 } else { 2 }, Kind::Stream, 0));
        let id = self.stack.open(Arc::clone(&shared), transport).unwrap();
        End { id, shared }
    }

    fn stream(&mut self) -> End {
        self.open(Transport::Stream, false)
    }

    fn bound(&mut self, name: SocketAddr) -> Result<End, Errno> {
        let end = self.open(Transport::Stream, name.is_ipv6());
        match self.stack.bind(self.now, end.id, name, 0) {
            Ok(()) => Ok(end),
            Err(error) => {
                self.close(&end);
                Err(error)
            }
        }
    }

    fn listener(&mut self, name: SocketAddr, backlog: usize) -> End {
        let end = self.bound(name).unwrap();
        self.stack.listen(self.now, end.id, backlog, 0).unwrap();
        end
    }

    fn connect(&mut self, end: &End, to: SocketAddr) {
        self.stack.connect(self.now, end.id, to, 77).unwrap();
        self.settle();
    }

    fn accept(&mut self, listener: &End) -> Option<(End, SocketAddr)> {
        let shared = Arc::new(Shared::new(2, Kind::Stream, 0));
        match self.stack.accept(listener.id, &shared).unwrap() {
            Step::Done((id, from)) => Some((End { id, shared }, from)),
            Step::Wait => None,
        }
    }

    /// Two that are connected with each other.
    fn pair(&mut self) -> (End, End) {
        let listener = self.listener(v4(0), 4);
        let name = self.stack.names(listener.id).unwrap().0.unwrap();
        let first = self.stream();
        self.connect(&first, name);
        let (second, from) = self.accept(&listener).unwrap();
        assert_eq!(self.stack.names(first.id).unwrap(), (Some(from), Some(name)));
        assert_eq!(self.stack.names(second.id).unwrap(), (Some(name), Some(from)));
        self.close(&listener);
        (first, second)
    }

    fn send(&mut self, end: &End, bytes: &[u8]) -> Result<Step<usize>, Errno> {
        let sent = self.stack.send(end.id, bytes);
        self.settle();
        sent
    }

    /// Receives up to so many bytes; none where there is nothing yet.
    fn receive(&mut self, end: &End, most: usize) -> Result<Option<Vec<u8>>, Errno> {
        let mut received = Vec::new();
        let step = self.stack.receive(self.now, end.id, |bytes| {
            let count = most.min(bytes.len());
            received.extend_from_slice(&bytes[..count]);
            Ok(count)
        });
        self.settle();
        Ok(match step? {
            Step::Done(count) => {
                assert_eq!(count, received.len());
                Some(received)
            }
            Step::Wait => None,
        })
    }

    fn all(&mut self, end: &End) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            match self.receive(end, 10_000).unwrap() {
                Some(more) if more.is_empty() => return all,
                Some(more) => all.extend(more),
                None => panic!("it does not end"),
            }
        }
    }

    fn shut(&mut self, end: &End, reads: bool, writes: bool) {
        self.stack.shut(self.now, end.id, reads, writes).unwrap();
        self.settle();
    }

    fn close(&mut self, end: &End) {
        self.stack.close(self.now, end.id, false);
        self.settle();
    }

    fn is_empty(&self) -> bool {
        self.stack.count() == (0, 0)
    }
}

#[test]
fn what_is_sent_arrives_in_both_directions() {
    let mut world = World::new();
    let (first, second) = world.pair();
    assert!(first.is(Readiness::WRITE) && !first.is(Readiness::READ));
    assert_eq!(world.send(&first, b"there"), Ok(Step::Done(5)));
    assert!(second.is(Readiness::READ));
    assert_eq!(world.send(&second, b"back"), Ok(Step::Done(4)));
    assert_eq!(world.receive(&second, 2).unwrap().unwrap(), b"th");
    assert_eq!(world.receive(&second, 9).unwrap().unwrap(), b"ere");
    assert_eq!(world.receive(&second, 9).unwrap(), None);
    assert!(!second.is(Readiness::READ));
    assert_eq!(world.receive(&first, 9).unwrap().unwrap(), b"back");
    world.pass(Duration::from_secs(2));
    assert_eq!(world.stack.deadline(), None, "nothing ticks");
}

#[test]
fn where_nobody_listens_a_connection_is_refused_and_may_be_tried_again() {
    let mut world = World::new();
    let end = world.stream();
    world.connect(&end, v4(9));
    assert_eq!(end.error(), Some(Errno::ECONNREFUSED));
    assert!(!end.shared.is_connecting());
    let listener = world.listener(v4(9), 0);
    world.connect(&end, v4(9));
    assert_eq!(end.error(), None);
    assert!(world.accept(&listener).is_some());
}

#[test]
fn as_many_wait_as_a_listener_says_and_the_next_is_taken_later() {
    let mut world = World::new();
    let listener = world.listener(v4(9), 1);
    let clients: Vec<End> = (0..3).map(|_| world.stream()).collect();
    for client in &clients {
        world.connect(client, v4(9));
    }
    let made = |clients: &[End]| clients.iter().filter(|end| !end.shared.is_connecting()).count();
    assert_eq!(made(&clients), 2);
    world.pass(Duration::from_secs(10));
    assert_eq!(made(&clients), 2);
    let first = world.accept(&listener).unwrap();
    world.pass(Duration::from_secs(20));
    assert_eq!(made(&clients), 3);
    for client in &clients {
        world.close(client);
    }
    world.close(&first.0);
    world.close(&listener);
    assert!(world.is_empty());
}

#[test]
fn what_was_sent_is_delivered_after_the_close() {
    let mut world = World::new();
    let (first, second) = world.pair();
    let bytes: Vec<u8> = (0..120_000_u32).map(|number| u8::try_from(number % 251).unwrap()).collect();
    let mut sent = 0;
    while let Ok(Step::Done(count)) = world.send(&first, &bytes[sent..]) {
        sent += count;
        if sent == bytes.len() {
            break;
        }
    }
    world.close(&first);
    assert!(!world.is_empty());
    assert_eq!(world.all(&second), bytes[..sent]);
    assert!(sent > 100_000);
    world.close(&second);
    assert!(world.is_empty());
}

#[test]
fn one_half_ends_and_the_other_goes_on() {
    let mut world = World::new();
    let (first, second) = world.pair();
    world.shut(&first, false, true);
    assert_eq!(world.send(&first, b"x"), Err(Errno::EPIPE));
    assert_eq!(world.receive(&second, 9).unwrap().unwrap(), b"");
    assert!(!second.is(Readiness::HANG_UP));
    assert_eq!(world.send(&second, b"late"), Ok(Step::Done(4)));
    world.close(&second);
    assert_eq!(world.all(&first), b"late");
    assert!(first.is(Readiness::HANG_UP));
    assert_eq!(first.error(), None);
    world.close(&first);
    assert!(world.is_empty());
}

#[test]
fn who_closes_without_reading_resets() {
    let mut world = World::new();
    let (first, second) = world.pair();
    world.send(&first, b"unread").unwrap();
    world.close(&second);
    assert_eq!(first.error(), Some(Errno::ECONNRESET));
    assert_eq!(world.receive(&first, 9).unwrap().unwrap(), b"");
    assert_eq!(world.send(&first, b"x"), Err(Errno::EPIPE));
    world.close(&first);
    assert!(world.is_empty());
}

#[test]
fn who_sends_to_one_that_has_gone_is_told() {
    let mut world = World::new();
    let (first, second) = world.pair();
    world.close(&second);
    assert!(first.is(Readiness::READ));
    assert_eq!(world.send(&first, b"x"), Ok(Step::Done(1)));
    assert_eq!(first.error(), Some(Errno::EPIPE));
    assert_eq!(world.send(&first, b"x"), Err(Errno::EPIPE));
    world.close(&first);
    assert!(world.is_empty());
}

#[test]
fn what_has_arrived_before_a_reset_is_read() {
    let mut world = World::new();
    let (first, second) = world.pair();
    world.send(&second, b"last words").unwrap();
    world.send(&first, b"unread").unwrap();
    world.close(&second);
    assert_eq!(world.receive(&first, 99).unwrap().unwrap(), b"last words");
    assert_eq!(first.error(), Some(Errno::ECONNRESET));
}

#[test]
fn an_orphan_whose_other_side_stays_goes_after_a_while() {
    let mut world = World::new();
    let (first, second) = world.pair();
    world.close(&first);
    world.pass(Duration::from_secs(59));
    assert_eq!(world.stack.count().0, 2);
    world.pass(Duration::from_secs(2));
    assert_eq!(world.stack.count().0, 1);
    world.close(&second);
    world.pass(Duration::from_secs(200));
    assert!(world.is_empty());
}

#[test]
fn a_listener_that_closes_resets_who_waits_there() {
    let mut world = World::new();
    let listener = world.listener(v4(9), 5);
    let clients: Vec<End> = (0..3).map(|_| world.stream()).collect();
    for client in &clients {
        world.connect(client, v4(9));
    }
    world.close(&listener);
    for client in &clients {
        assert_eq!(client.error(), Some(Errno::ECONNRESET));
        world.close(client);
    }
    assert!(world.is_empty());
}

#[test]
fn a_name_is_ones_own_unless_both_say_otherwise() {
    let mut world = World::new();
    let first = world.bound(v4(9)).unwrap();
    assert_eq!(world.bound(v4(9)).err(), Some(Errno::EADDRINUSE));
    assert_eq!(world.bound(SocketAddr::from(([0; 4], 9))).err(), Some(Errno::EADDRINUSE));
    // One of version 6 without an address is of both.
    assert_eq!(world.bound(SocketAddr::from(([0; 16], 9))).err(), Some(Errno::EADDRINUSE));
    assert!(world.bound(SocketAddr::from(([127, 0, 0, 2], 9))).is_ok());
    assert_eq!(world.bound(SocketAddr::from(([10, 0, 0, 1], 9))).err(), Some(Errno::EADDRNOTAVAIL));
    assert_eq!(world.stack.bind(world.now, first.id, v4(10), 0), Err(Errno::EINVAL));
}

#[test]
fn ports_for_who_asks_for_none_are_all_different() {
    let mut world = World::new();
    let ends: Vec<End> = (0..300).map(|_| world.bound(v4(0)).unwrap()).collect();
    let mut ports: Vec<u16> =
        ends.iter().map(|end| world.stack.names(end.id).unwrap().0.unwrap().port()).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 300);
    assert!(ports.iter().all(|port| (32768..61000).contains(port)));
}

#[test]
fn a_connection_that_this_side_has_ended_keeps_its_name_for_a_while() {
    let mut world = World::new();
    let listener = world.listener(v4(9), 5);
    let client = world.stream();
    world.connect(&client, v4(9));
    let (server, _) = world.accept(&listener).unwrap();
    world.close(&listener);
    world.close(&server);
    world.close(&client);
    assert!(world.is_empty());
    assert_eq!(world.bound(v4(9)).err(), Some(Errno::EADDRINUSE));
    world.pass(Duration::from_secs(61));
    assert!(world.bound(v4(9)).is_ok());
}

#[test]
fn version_6_has_streams_too() {
    let mut world = World::new();
    let name = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1_u16], 9));
    let listener = world.listener(SocketAddr::from(([0_u16; 8], 9)), 5);
    let client = world.open(Transport::Stream, true);
    world.connect(&client, name);
    let (server, from) = world.accept(&listener).unwrap();
    assert!(from.is_ipv6());
    world.send(&client, b"six").unwrap();
    assert_eq!(world.receive(&server, 9).unwrap().unwrap(), b"six");
    let old = world.stream();
    world.connect(&old, v4(9));
    assert!(world.accept(&listener).unwrap().1.is_ipv4());
}

#[test]
fn datagrams_keep_their_lengths_and_say_who_sends_them() {
    let mut world = World::new();
    let (first, second) = (world.open(Transport::Datagram, false), world.open(Transport::Datagram, false));
    world.stack.bind(world.now, second.id, v4(9), 0).unwrap();
    let big = std::vec![7; longest(v4(9).ip())];
    for bytes in [&b"one"[..], b"", b"three", &big] {
        let sent = world.stack.send_datagram(world.now, first.id, Some(v4(9)), bytes, 5);
        assert_eq!(sent, Ok(Step::Done(bytes.len())));
        world.settle();
    }
    let too_long = std::vec![7; big.len() + 1];
    let sent = world.stack.send_datagram(world.now, first.id, Some(v4(9)), &too_long, 5);
    assert_eq!(sent, Err(Errno::EMSGSIZE));
    let from = world.stack.names(first.id).unwrap().0.unwrap().port();
    for length in [3, 0, 5, big.len()] {
        assert_eq!(world.stack.next_datagram(second.id), Ok(Some(length)));
        let received = world.stack.receive_datagram(second.id, false, |bytes, sender| {
            assert_eq!(sender, v4(from));
            Ok(bytes.len())
        });
        assert_eq!(received, Ok(Step::Done(length)));
    }
    assert!(!second.is(Readiness::READ));
}

#[test]
fn datagrams_that_have_no_room_are_dropped() {
    let mut world = World::new();
    let (first, second) = (world.open(Transport::Datagram, false), world.open(Transport::Datagram, false));
    world.stack.bind(world.now, second.id, v4(9), 0).unwrap();
    for _ in 0..1000 {
        world.stack.send_datagram(world.now, first.id, Some(v4(9)), &[1; 1000], 5).unwrap();
        world.settle();
    }
    let mut count = 0;
    while let Ok(Step::Done(length)) =
        world.stack.receive_datagram(second.id, false, |bytes, _| Ok(bytes.len()))
    {
        assert_eq!(length, 1000);
        count += 1;
    }
    assert!((64..1000).contains(&count), "{count}");
}

#[test]
fn a_datagram_to_nobody_is_refused_to_who_sends_to_nobody_else() {
    let mut world = World::new();
    let end = world.open(Transport::Datagram, false);
    world.stack.send_datagram(world.now, end.id, Some(v4(9)), b"x", 5).unwrap();
    world.settle();
    assert_eq!(end.error(), None);
    world.stack.associate(world.now, end.id, Some(v4(9)), 5).unwrap();
    world.stack.send_datagram(world.now, end.id, None, b"x", 5).unwrap();
    world.settle();
    assert_eq!(end.error(), Some(Errno::ECONNREFUSED));
}

/// One direction of a stream, as it ought to be.
#[derive(Default)]
struct Direction {
    /// Bytes that were sent and not received.
    under_way: VecDeque<u8>,
    has_ended: bool,
}

/// Streams in a world: ends by pairs, each with what it sends.
struct Streams {
    world: World,
    ends: Vec<Option<End>>,
    directions: Vec<Direction>,
    /// Whether a pair was reset, by whom it may be.
    torn: Vec<bool>,
    next: u8,
}

impl Streams {
    fn new(pairs: usize) -> Self {
        let mut world = World::new();
        let mut ends = Vec::new();
        for _ in 0..pairs {
            let (first, second) = world.pair();
            ends.extend([Some(first), Some(second)]);
        }
        let directions = (0..pairs * 2).map(|_| Direction::default()).collect();
        Self { world, ends, directions, torn: std::vec![false; pairs], next: 0 }
    }

    fn send(&mut self, at: usize, length: usize) {
        let Some(end) = self.ends[at].clone() else { return };
        let first = self.next;
        let bytes: Vec<u8> =
            (0..length).map(|place| first.wrapping_add(u8::try_from(place % 256).unwrap())).collect();
        match self.world.send(&end, &bytes) {
            Ok(Step::Done(count)) => {
                assert!(!self.directions[at].has_ended);
                self.directions[at].under_way.extend(&bytes[..count]);
                self.next = self.next.wrapping_add(bytes[0]).wrapping_add(31);
            }
            Ok(Step::Wait) => assert!(!self.directions[at].has_ended),
            Err(error) => {
                assert_eq!(error, Errno::EPIPE);
                assert!(self.directions[at].has_ended || self.torn[at / 2] || self.ends[at ^ 1].is_none());
            }
        }
        if self.ends[at ^ 1].is_none() {
            // It has arrived where nobody reads.
            self.torn[at / 2] = true;
        }
    }

    fn receive(&mut self, at: usize, most: usize) {
        let Some(end) = self.ends[at].clone() else { return };
        let from = &mut self.directions[at ^ 1];
        match self.world.receive(&end, most).unwrap() {
            Some(bytes) if bytes.is_empty() => {
                if !self.torn[at / 2] {
                    assert!(from.has_ended && from.under_way.is_empty(), "an end before the end");
                }
            }
            Some(bytes) => {
                let expected: Vec<u8> = from.under_way.drain(..bytes.len()).collect();
                assert_eq!(bytes, expected);
            }
            None => assert!(!from.has_ended || !from.under_way.is_empty() || self.world.lazy.is_some()),
        }
    }

    fn shut(&mut self, at: usize) {
        let Some(end) = self.ends[at].clone() else { return };
        if self.world.stack.shut(self.world.now, end.id, false, true).is_ok() {
            self.directions[at].has_ended = true;
        }
        self.world.settle();
    }

    fn close(&mut self, at: usize) {
        let Some(end) = self.ends[at].take() else { return };
        if !self.directions[at ^ 1].under_way.is_empty() {
            // It is read by nobody.
            self.torn[at / 2] = true;
        }
        self.directions[at].has_ended = true;
        self.world.close(&end);
    }
}

#[test]
fn streams_carry_what_was_sent_whatever_the_sizes_and_the_order_of_closes() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..40 {
        let pairs = 1 + random.below(6);
        let mut streams = Streams::new(pairs);
        // In every other round packets are under way while other things are done.
        streams.world.lazy = (round % 2 == 1).then_some(Random(random.0));
        for step in 0..400 {
            let at = random.below(pairs * 2);
            let kind = random.below(5);
            let size = 1 + random.below([1, 10, 1500, 70_000, 200_000][kind]);
            match random.below(100) {
                0..45 => streams.send(at, size),
                45..95 => streams.receive(at, size),
                95..97 => streams.world.pass(Duration::from_millis(size as u64)),
                97 if step > 100 => streams.shut(at),
                98 if step > 200 => streams.close(at),
                _ => {}
            }
        }
        streams.world.lazy = None;
        streams.world.settle();
        // What is left is read, as far as it is read by anybody.
        for at in 0..pairs * 2 {
            streams.shut(at);
        }
        for _ in 0..100 {
            for at in 0..pairs * 2 {
                streams.receive(at, 100_000);
            }
        }
        for at in 0..pairs * 2 {
            let is_read = streams.ends[at ^ 1].is_some() && !streams.torn[at / 2];
            let left = streams.directions[at].under_way.len();
            assert!(!is_read || left == 0, "round {round}: {left} left");
            streams.close(at);
        }
        streams.world.pass(Duration::from_secs(300));
        assert!(streams.world.is_empty(), "round {round}: {:?} left", streams.world.stack.count());
    }
}

#[test]
fn a_stream_may_be_connected_with_itself() {
    let mut world = World::new();
    let end = world.bound(v4(9)).unwrap();
    world.connect(&end, v4(9));
    assert_eq!((end.shared.is_connecting(), end.error()), (false, None));
    assert_eq!(world.send(&end, b"echo"), Ok(Step::Done(4)));
    assert_eq!(world.receive(&end, 9).unwrap().unwrap(), b"echo");
    world.close(&end);
    world.pass(Duration::from_secs(200));
    assert!(world.is_empty(), "{:?}", world.stack.count());
}

#[test]
fn two_that_connect_to_each_other_at_once_are_connected() {
    let mut world = World::new();
    let (first, second) = (world.bound(v4(9)).unwrap(), world.bound(v4(10)).unwrap());
    world.stack.connect(world.now, first.id, v4(10), 0).unwrap();
    world.stack.connect(world.now, second.id, v4(9), 0).unwrap();
    world.settle();
    world.pass(Duration::from_secs(10));
    assert!(!first.shared.is_connecting() && !second.shared.is_connecting());
    assert_eq!((first.error(), second.error()), (None, None));
    assert_eq!(world.send(&first, b"both"), Ok(Step::Done(4)));
    assert_eq!(world.receive(&second, 9).unwrap().unwrap(), b"both");
    // Both end at once, too.
    world.stack.shut(world.now, first.id, false, true).unwrap();
    world.stack.shut(world.now, second.id, false, true).unwrap();
    world.settle();
    assert_eq!((world.all(&first), world.all(&second)), (Vec::new(), Vec::new()));
    for end in [&first, &second] {
        assert_eq!(end.error(), None);
        world.close(end);
    }
    world.pass(Duration::from_secs(200));
    assert!(world.is_empty());
}

#[test]
fn whatever_is_done_in_whatever_order_leaves_nothing() {
    for round in 0..150 {
        let mut random = Random(0x1234_5678_9abc_def1 + round * 7919);
        let mut world = World::new();
        world.lazy = Some(Random(random.0 ^ 0x5555));
        let mut ends: Vec<End> = Vec::new();
        let bytes = std::vec![7; 70_000];
        for _ in 0..400 {
            let (port, which) =
                (v4(u16::try_from(9 + random.below(4)).unwrap()), random.below(ends.len().max(1)));
            let Some(end) = ends.get(which).cloned().filter(|_| random.below(8) > 0) else {
                ends.push(world.stream());
                continue;
            };
            end.shared.common.switch(abi::net::SO_REUSEADDR, random.below(2) == 0);
            // Any of them may fail: none may panic.
            match random.below(40) {
                0..8 => drop(world.stack.bind(world.now, end.id, port, 3)),
                8..11 => drop(world.stack.listen(world.now, end.id, random.below(3), 5)),
                11..19 => drop(world.stack.connect(world.now, end.id, port, 7)),
                19..23 => {
                    let shared = Arc::new(Shared::new(2, Kind::Stream, 0));
                    if let Ok(Step::Done((id, _))) = world.stack.accept(end.id, &shared) {
                        ends.push(End { id, shared });
                    }
                }
                23..29 => drop(world.stack.send(end.id, &bytes[..=random.below(bytes.len())])),
                29..34 => {
                    let most = 1 + random.below(70_000);
                    let _ = world.stack.receive(world.now, end.id, |bytes| Ok(most.min(bytes.len())));
                }
                34 => drop(world.stack.shut(world.now, end.id, random.below(2) == 0, random.below(2) == 0)),
                35 => drop(end.error()),
                36 => world.pass(Duration::from_millis(random.below(3000) as u64)),
                38 => {
                    // Two to each other.
                    let other = ends[random.below(ends.len())].clone();
                    let names = [&end, &other].map(|end| world.stack.names(end.id).unwrap().0);
                    if let [Some(own), Some(name)] = names {
                        let _ = world.stack.connect(world.now, end.id, name, 7);
                        let _ = world.stack.connect(world.now, other.id, own, 7);
                    }
                }
                37 => drop(world.stack.set(end.id, |settings| settings.no_delay ^= true)),
                _ => {
                    world.stack.close(world.now, end.id, random.below(4) == 0);
                    ends.swap_remove(which);
                }
            }
            world.settle();
        }
        for end in ends {
            world.stack.close(world.now, end.id, false);
            world.settle();
        }
        world.lazy = None;
        world.settle();
        world.pass(Duration::from_secs(400));
        assert!(world.is_empty(), "round {round}: {:?} left", world.stack.count());
    }
}

#[test]
fn many_connections_come_and_go_and_leave_nothing() {
    let mut world = World::new();
    let mut random = Random(42);
    let listener = world.listener(v4(9), 16);
    for _ in 0..60 {
        let clients: Vec<End> = (0..10)
            .map(|_| {
                let client = world.stream();
                world.connect(&client, v4(9));
                client
            })
            .collect();
        let servers: Vec<End> = (0..10).map(|_| world.accept(&listener).unwrap().0).collect();
        let mut all: Vec<End> = clients.into_iter().chain(servers).collect();
        while !all.is_empty() {
            let end = all.swap_remove(random.below(all.len()));
            if random.below(3) == 0 {
                let _ = world.send(&end, b"farewell");
            }
            world.close(&end);
        }
    }
    world.close(&listener);
    world.pass(Duration::from_secs(100));
    assert!(world.is_empty());
    assert_eq!(world.stack.deadline(), None);
}
