//! The life of a thread: user mode, and what it asks for.
//!
//! Every thread of a process is a thread of the kernel's that loops here. With nothing held it runs its context, which comes back when it has
//! left user mode; deals with the reason; delivers what signals are pending; and goes on, until it is to end.

use alloc::sync::Arc;
use core::sync::atomic::Ordering;
use core::time::Duration;

use abi::{Errno, Result};
use base::sched::core::current as carrier;
use base::sched::waiting;
use base::time::Instant;
use base::user::{self, Access, Exit, Fault, UserAddress, UserContext};
use futex::{FutexTable, Key};
use lockorder::{Root, Task};
use memory::{AddressSpace, Refusal};

use crate::out_of_memory::Shortage;
use crate::process::{Process, State};
use crate::signal::action::{Action, Default};
use crate::signal::frame::{self, AlternateStack, FLOATING_POINT, FRAME};
use crate::signal::info::Info;
use crate::signal::number::Signal;
use crate::thread::Thread;
use crate::tree;

/// Does a system call; gives what the caller gets. Handed down by whoever knows them all.
pub type Handler = fn(&mut Current, &mut Root<'_, Task>) -> Result<u64>;

/// Bytes of the instruction by which a program asks.
const SYSCALL: u64 = 2;

/// The thread that runs: what is its own.
pub struct Current {
    /// What others know of it.
    pub thread: Arc<Thread>,
    /// The process that it is of.
    pub(crate) process: Arc<Process>,
    /// Its registers.
    pub context: UserContext,
    /// Its memory.
    pub space: Arc<AddressSpace>,
    /// The stack of its handlers.
    pub stack: AlternateStack,
    /// Signals that are blocked again after a handler has run, where a call has changed them for its own time.
    pub saved_mask: Option<u64>,
    /// Where an interrupted call is not begun again, whatever the handler says.
    pub never_restarts: bool,
    /// When the time of a call is over that is begun again after a stop: it goes on, and does not get its time anew.
    pub(crate) resumes: Option<Instant>,
    pub(crate) handler: Handler,
}

impl core::fmt::Debug for Current {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Current").field("thread", &self.thread).finish_non_exhaustive()
    }
}

/// What a thread is told of an exception other than a page fault: the signal, its code, and whether it says where.
const fn exception(vector: u8) -> (Signal, i32, bool) {
    match vector {
        // Division by zero; an invalid operation on numbers.
        0 => (Signal::FPE, 1, true),
        16 | 19 => (Signal::FPE, 7, true),
        1 => (Signal::TRAP, 2, true),
        3 => (Signal::TRAP, 0x80, false),
        // An operand that the instruction does not have.
        6 => (Signal::ILL, 2, true),
        17 => (Signal::BUS, 1, true),
        _ => (Signal::SEGV, 0x80, false),
    }
}

impl Current {
    /// The process.
    #[must_use]
    pub const fn process(&self) -> &Arc<Process> {
        &self.process
    }

    /// Runs it to its end.
    pub(crate) fn live(mut self, held: &mut Root<'_, Task>) {
        let process = Arc::clone(self.process());
        user::set_space(held, Some(Arc::clone(&self.space) as Arc<dyn user::Space>));
        if process.join(held, &self.thread, carrier()).is_err() {
            // Nor does who has made it add it once it is gone.
            self.thread.has_parted.store(true, Ordering::SeqCst);
            process.begin_to_leave(Signal::KILL.number());
        }
        while !self.thread.ends() {
            self.step(held);
        }
        self.end(held);
    }

    /// Runs it in user mode once, and deals with the reason why it has come back.
    fn step(&mut self, held: &mut Root<'_, Task>) {
        let Self { context, thread, .. } = self;
        match context.run(held, || thread.is_interrupted()) {
            Exit::SystemCall => self.call(held),
            Exit::Fault { at, access } => self.fault(held, at, access),
            Exit::Exception { vector, .. } => {
                let (signal, code, says_where) = exception(vector);
                let address = if says_where { self.context.registers.rip } else { 0 };
                self.raise(held, Info::fault(signal, code, address));
            }
            Exit::Interrupted => {}
        }
        if self.thread.is_interrupted() {
            self.deliver_pending(held, None);
        }
        if self.process().state() == State::Stopped {
            // By a signal that another thread has taken.
            self.wait_while_stopped(held);
        }
    }

    /// Does a system call.
    fn call(&mut self, held: &mut Root<'_, Task>) {
        let number = self.context.registers.rax;
        self.never_restarts = false;
        let result = (self.handler)(self, held);
        match result {
            Ok(value) => {
                self.context.registers.rax = value;
                self.resumes = None;
            }
            Err(error) => {
                self.context.registers.rax = error.to_return().cast_unsigned();
                if error == Errno::EINTR && self.thread.is_interrupted() {
                    self.deliver_pending(held, Some(number));
                } else {
                    self.resumes = None;
                }
            }
        }
        if let Some(mask) = self.saved_mask.take() {
            self.thread.blocked.store(mask, Ordering::SeqCst);
        }
    }

    /// The end of a call's time, which begins now; where the call is begun again after a stop it has begun before.
    pub fn until(&mut self, time: Duration) -> Instant {
        *self.resumes.get_or_insert_with(|| Instant::now() + time)
    }

    /// Has the interrupted call begun again when user mode goes on.
    fn restart(&mut self, number: u64) {
        self.context.registers.rax = number;
        self.context.registers.rip = self.context.registers.rip.wrapping_sub(SYSCALL);
    }

    /// Deals with memory that is not there.
    fn fault(&mut self, held: &mut Root<'_, Task>, at: UserAddress, access: Access) {
        let mut shortage = None;
        let (signal, code) = loop {
            break match self.space.resolve(held, at, access) {
                Ok(()) => return,
                Err(Refusal::NoMemory) => {
                    if shortage.get_or_insert_with(Shortage::begin).wait(held, &self.thread) {
                        continue;
                    }
                    (Signal::KILL, 0)
                }
                Err(Refusal::NoPage) => (Signal::BUS, 2),
                Err(Refusal::Denied) => (Signal::SEGV, 2),
                Err(Refusal::Unmapped) => (Signal::SEGV, 1),
            };
        };
        self.raise(held, Info::fault(signal, code, at.get()));
    }

    /// A signal that the thread has caused itself: it is not to be blocked or ignored.
    fn raise(&mut self, held: &mut Root<'_, Task>, info: Info) {
        let action = self.process().action(held, info.signal);
        let is_blocked = self.thread.blocked() & info.signal.bit() != 0;
        if is_blocked || action.handler().is_none() {
            self.process().leave(held, info.signal.number());
            return;
        }
        self.handle(held, info, action);
    }

    /// Has the handler of a signal run; one that holds once is gone after that.
    fn handle(&mut self, held: &mut Root<'_, Task>, info: Info, action: Action) {
        self.resumes = None;
        if action.is_once() {
            // A second one comes to the default.
            let _ = self.process().set_action(held, info.signal, Action::DEFAULT);
        }
        self.run_handler(held, info, action);
    }

    /// Delivers what is pending. `call` is the system call that was interrupted: it begins again where no handler has run, or where
    /// the handler says so.
    fn deliver_pending(&mut self, held: &mut Root<'_, Task>, mut call: Option<u64>) {
        while !self.thread.ends_with_others() {
            let continues = self.process().continues.load(Ordering::SeqCst);
            let unblocked = !self.thread.blocked();
            let Some(info) = self.process().take(held, &self.thread, unblocked) else { break };
            let signal = info.signal;
            let action = self.process().action(held, signal);
            if action.handler().is_some() {
                if let Some(number) = call.take()
                    && action.restarts()
                    && !self.never_restarts
                {
                    self.restart(number);
                }
                self.handle(held, info, action);
                continue;
            }
            if action.ignores(signal) {
                continue;
            }
            if self.process().id() == tree::FIRST {
                // The first process gets what it has asked for, and nothing else.
                continue;
            }
            match Default::of(signal) {
                Default::Ignore | Default::Continue => {}
                Default::Stop => self.stop(held, signal, continues),
                Default::End | Default::Dump => {
                    self.process().leave(held, signal.number());
                }
            }
        }
        if let Some(number) = call {
            self.restart(number);
        }
    }

    /// Stops with the whole process, until it is to go on.
    /// `continues` is how often it had been told to go on when the signal was taken: since then it may have been told again.
    fn stop(&mut self, held: &mut Root<'_, Task>, signal: Signal, continues: u32) {
        let process = Arc::clone(self.process());
        // Nobody would have those go on whose group no shell looks after.
        if signal != Signal::STOP && tree::is_orphaned(held, process.group(), process.session()) {
            return;
        }
        if !process.stop(held, signal, continues) {
            return;
        }
        process.nudge_all(held);
        process.tell_parent_of_stop(held);
        self.wait_while_stopped(held);
    }

    /// Waits until the process goes on.
    fn wait_while_stopped(&self, held: &mut Root<'_, Task>) {
        let process = self.process();
        let goes_on = || (process.state() != State::Stopped || self.thread.ends_with_others()).then_some(());
        // There is no deadline, and one source needs no memory.
        let _ = waiting::wait(held, &[&process.changes], None, |_| goes_on());
    }

    /// Has user mode go on in the handler of a signal.
    fn run_handler(&mut self, held: &mut Root<'_, Task>, info: Info, action: Action) {
        let signal = info.signal;
        let blocked = self.thread.blocked();
        let before = self.saved_mask.take().unwrap_or(blocked);
        let stack = (self.stack, action.has_own_stack());
        let registers = &self.context.registers;
        let built = frame::build(registers, &info, before, action.restorer(), stack);
        let written = built.and_then(|frame| {
            let floating_point = self.context.floating_point();
            let places = [(frame.start, &frame.bytes[..]), (frame.floating_point, &floating_point[..])];
            for (at, bytes) in places {
                user::put(held, at, bytes).map_err(|Fault| Errno::EFAULT)?;
            }
            if stack.1 && self.stack.is_given_up() {
                self.stack = AlternateStack::NONE;
            }
            Ok(frame.start)
        });
        let Ok(start) = written else {
            // A signal that reports the bad stack would need the same stack, so the process ends.
            self.process().leave(held, Signal::SEGV.number());
            return;
        };
        let registers = &mut self.context.registers;
        registers.rdi = u64::from(signal.number());
        registers.rsi = start + 312;
        registers.rdx = start + 8;
        registers.rax = 0;
        registers.rsp = start;
        registers.rip = action.handler().unwrap_or(0);
        registers.rflags &= !0x0400;
        registers.vector = 0;
        self.thread.blocked.store(blocked | action.blocks(signal), Ordering::SeqCst);
    }

    /// Ends the thread. Where it is the last one, that is the process's status.
    pub fn finish(&mut self, status: u32) {
        if self.process().threads.load(Ordering::SeqCst) == 1 {
            self.process().begin_to_leave(status);
        }
        self.thread.finish();
    }

    /// Goes on where a handler has interrupted.
    ///
    /// # Errors
    ///
    /// [`Errno::EFAULT`] where the frame is not there.
    pub fn return_from_handler(&mut self, held: &mut Root<'_, Task>) -> Result<u64> {
        let start = self.context.registers.rsp.wrapping_sub(8);
        let bytes = user::get::<_, FRAME>(held, start).map_err(|Fault| Errno::EFAULT)?;
        let returned = frame::read(&bytes);
        if returned.floating_point != 0 {
            let state = user::get::<_, FLOATING_POINT>(held, returned.floating_point);
            let state = state.map_err(|Fault| Errno::EFAULT)?;
            self.context.set_floating_point(&state);
        }
        self.context.registers = returned.registers;
        self.thread.blocked.store(returned.blocked, Ordering::SeqCst);
        self.stack = returned.stack.restored().unwrap_or(self.stack);
        Ok(self.context.registers.rax)
    }
}

/// Threads that wait at words of user memory.
pub static FUTEXES: FutexTable = FutexTable::new();

/// Wakes one who waits at a word of a space, as a word of its own or as one that others share.
pub(crate) fn wake_word(held: &mut Root<'_, Task>, space: &AddressSpace, word: u64) {
    let private = Key::Private { space: space.number(), address: word };
    let shared = space.shared_place(held, word).ok().flatten();
    let shared = shared.map(|(object, offset)| Key::Shared { object, offset });
    for key in [Some(private), shared].into_iter().flatten() {
        FUTEXES.wake(held, key, u32::MAX, 1);
    }
}
