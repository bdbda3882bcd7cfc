//! What can be done with a socket at once, as the stack sees it.

use fs::Readiness;
use smoltcp::socket::tcp::State;

use super::slot::{Connection, Phase, STREAM_BUFFER, Slot, Stage};

/// The room that a writer is told of: less is not worth to be woken for.
const ROOM: usize = STREAM_BUFFER / 4;

/// What can be done with a connection.
fn of_connection(connection: &Connection) -> Readiness {
    let mut readiness = Readiness::empty();
    if connection.stage == Stage::Opening {
        return readiness;
    }
    let tcp = connection.alone.get();
    let is_over = connection.stage == Stage::Over;
    let has_ended = matches!(
        tcp.state(),
        State::CloseWait | State::LastAck | State::Closing | State::TimeWait | State::Closed
    );
    let reads_no_more = connection.reads_no_more || has_ended;
    let writes_no_more = connection.writes_no_more || !tcp.may_send();
    let room = tcp.send_capacity().saturating_sub(tcp.send_queue());
    readiness.set(Readiness::READ, reads_no_more || tcp.can_recv());
    readiness.set(Readiness::WRITE, writes_no_more || room >= ROOM);
    readiness.set(Readiness::READ_HANG_UP, reads_no_more);
    readiness.set(Readiness::HANG_UP, is_over || reads_no_more && writes_no_more);
    readiness
}

/// What can be done with a socket.
pub(super) fn readiness(slot: &Slot) -> Readiness {
    match &slot.phase {
        Phase::Idle => Readiness::WRITE | Readiness::HANG_UP,
        Phase::Listening(listening) if listening.ready.is_empty() => Readiness::empty(),
        Phase::Listening(_) => Readiness::READ,
        Phase::Connected(connection) => of_connection(connection),
        Phase::Datagrams(alone, _) if alone.get().can_recv() => Readiness::READ | Readiness::WRITE,
        Phase::Datagrams(..) => Readiness::WRITE,
    }
}
