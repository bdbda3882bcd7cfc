//! How processes and threads begin.

use alloc::sync::Arc;
use core::sync::atomic::Ordering;

use abi::{Errno, Result, general};
use base::sched::core::current as carrier;
use base::sched::{self, Placement, waiting};
use base::user::UserContext;
use lockorder::{Root, Task};

use crate::life::Current;
use crate::pidfd;
use crate::process::{Place, Process};
use crate::signal::frame::AlternateStack;
use crate::signal::number::Signal;
use crate::thread::Thread;
use crate::timers;
use crate::tree;

/// What is asked for by `clone`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request {
    /// `CLONE_` bits.
    pub flags: u64,
    /// The child's stack pointer; 0 for the parent's.
    pub stack: u64,
    /// Where the parent finds the child's number.
    pub parent_number: u64,
    /// Where the child finds its own.
    pub child_number: u64,
    /// The base of its own data.
    pub own_data: u64,
    /// The signal that tells the parent of a process's end; none for none.
    pub signal: Option<Signal>,
    /// Where the parent finds a descriptor that stands for the child.
    pub descriptor: u64,
}

/// A flag of `clone3`: the child has no handlers (`CLONE_CLEAR_SIGHAND`).
pub const CLEARS_HANDLERS: u64 = 1 << 32;

/// What would give a child a system of its own, in part: there is one.
const NAMESPACES: u32 = general::CLONE_NEWNS
    | general::CLONE_NEWCGROUP
    | general::CLONE_NEWUTS
    | general::CLONE_NEWIPC
    | general::CLONE_NEWUSER
    | general::CLONE_NEWPID
    | general::CLONE_NEWNET;

impl Request {
    const fn has(&self, flag: u32) -> bool {
        self.flags & flag as u64 != 0
    }
}

/// Starts a thread of the kernel's that runs `child` to its end. Who knows its number finds it from here on.
pub(crate) fn start(held: &mut Root<'_, Task>, child: Current) -> Result<()> {
    let own = carrier();
    let (thread, process) = (Arc::clone(&child.thread), Arc::clone(&child.process));
    let placement = Placement { allowed: own.allowed(), weight: own.own_weight() };
    let spawned = sched::try_spawn("process", placement, move |held| {
        let mut held = held;
        child.live(&mut held);
    });
    let spawned = spawned.map_err(|_| Errno::ENOMEM)?;
    // Where there is no memory for that, it does so itself when it runs, or ends.
    let _ = process.join(held, &thread, Arc::clone(spawned.thread()));
    Ok(())
}

impl Current {
    /// Begins another thread, or another process; gives its number.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] for flags that do not go together; [`Errno::ENOMEM`]; [`Errno::EAGAIN`].
    pub fn fork(&self, held: &mut Root<'_, Task>, request: &Request) -> Result<u64> {
        let is_thread = request.has(general::CLONE_THREAD);
        let shares_signals = request.has(general::CLONE_SIGHAND);
        if is_thread && !(shares_signals && request.has(general::CLONE_VM)) || shares_signals && !is_thread {
            return Err(Errno::EINVAL);
        }
        let clears = request.flags & CLEARS_HANDLERS != 0;
        if request.flags & u64::from(NAMESPACES) != 0 || shares_signals && clears {
            return Err(Errno::EINVAL);
        }
        // The first process has no siblings.
        if request.has(general::CLONE_PARENT) && self.process().parent() == 0 {
            return Err(Errno::EINVAL);
        }
        let has_descriptor = request.has(general::CLONE_PIDFD);
        if is_thread && has_descriptor {
            return Err(Errno::EINVAL);
        }
        self.check_count(held)?;
        let id = tree::next_number(held);
        let mut context = self.context.try_clone().map_err(|_| Errno::ENOMEM)?;
        context.registers.rax = 0;
        if request.stack != 0 {
            context.registers.rsp = request.stack;
        }
        if request.has(general::CLONE_SETTLS) {
            context.set_fs_base(request.own_data).map_err(|_| Errno::EPERM)?;
        }
        if is_thread {
            self.begin_thread(held, id, context, request)
        } else {
            self.begin_process(held, id, context, request)
        }
    }

    /// Whether the caller's user may have one more process or thread.
    fn check_count(&self, held: &mut Root<'_, Task>) -> Result<()> {
        let process = self.process();
        let most = process.limit(held, general::RLIMIT_NPROC);
        let [user, effective, _] = process.change(held, |own| own.credentials.uids);
        if most == u64::MAX || user == 0 || effective == 0 {
            return Ok(());
        }
        let mut count = 0;
        tree::each(
            held,
            |_| true,
            |held, other| {
                if other.change(held, |own| own.credentials.uids[0]) == user {
                    count += u64::from(other.threads.load(Ordering::SeqCst).max(1));
                }
            },
        );
        if count < most { Ok(()) } else { Err(Errno::EAGAIN) }
    }

    /// Tells parent and child the child's number, where that is asked.
    fn tell_number(&self, held: &mut Root<'_, Task>, request: &Request, id: u32, child: &Current) {
        let bytes = id.to_le_bytes();
        if request.has(general::CLONE_PARENT_SETTID) {
            // The call has succeeded, whatever becomes of the word.
            let _ = self.space.write(held, request.parent_number, &bytes);
        }
        if request.has(general::CLONE_CHILD_SETTID) {
            let _ = child.space.write(held, request.child_number, &bytes);
        }
        if request.has(general::CLONE_CHILD_CLEARTID) {
            child.thread.clear_at_end.store(request.child_number, Ordering::SeqCst);
        }
    }

    /// Gives the parent a descriptor that stands for the child, and its number a place.
    fn give_descriptor(
        &self,
        held: &mut Root<'_, Task>,
        request: &Request,
        child: &Arc<Process>,
    ) -> Result<u64> {
        let parent = self.process();
        let number = pidfd::open(held, parent, child, false)?;
        let bytes = u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
        if let Err(error) = self.space.write(held, request.descriptor, &bytes) {
            parent.descriptors(held)?.close(held, number)?;
            return Err(error);
        }
        Ok(number)
    }

    fn begin_thread(
        &self,
        held: &mut Root<'_, Task>,
        id: u32,
        context: UserContext,
        request: &Request,
    ) -> Result<u64> {
        let process = self.process();
        let child = self.child(id, process, context, Arc::clone(&self.space))?;
        process.threads.fetch_add(1, Ordering::SeqCst);
        self.tell_number(held, request, id, &child);
        if let Err(error) = start(held, child) {
            process.threads.fetch_sub(1, Ordering::SeqCst);
            return Err(error);
        }
        Ok(u64::from(id))
    }

    /// A thread of a process, with signals blocked as this one has them.
    fn child(
        &self,
        id: u32,
        process: &Arc<Process>,
        context: UserContext,
        space: Arc<memory::AddressSpace>,
    ) -> Result<Self> {
        let thread = Thread::new(id, Arc::clone(&process.shared), self.thread.blocked())?;
        Ok(Self {
            thread,
            process: Arc::clone(process),
            context,
            space,
            stack: AlternateStack::NONE,
            saved_mask: None,
            never_restarts: false,
            resumes: None,
            handler: self.handler,
        })
    }

    fn begin_process(
        &self,
        held: &mut Root<'_, Task>,
        id: u32,
        context: UserContext,
        request: &Request,
    ) -> Result<u64> {
        let parent = self.process();
        let shares = request.has(general::CLONE_VM);
        let space = if shares { Arc::clone(&self.space) } else { self.space.fork(held)? };
        let own = parent.descriptors(held)?;
        let descriptors = if request.has(general::CLONE_FILES) { own } else { own.try_clone(held)? };
        let mut program = parent.program(held);
        program.space = Some(Arc::clone(&space));
        let mut dispositions = held.with(&parent.signals, |signals, _| signals.inherited());
        if request.flags & CLEARS_HANDLERS != 0 {
            dispositions.reset_caught();
        }
        let is_sibling = request.has(general::CLONE_PARENT);
        let above = if is_sibling { parent.parent() } else { parent.id() };
        let place = Place { id, parent: above, group: parent.group(), session: parent.session() };
        let system = Arc::clone(parent.system());
        let settings = parent.settings.inherited();
        let process = Process::new(place, system, program, descriptors, dispositions, settings)?;
        process.set_maker(parent, is_sibling, request.signal);
        timers::inherit(held, &process)?;
        let waits = request.has(general::CLONE_VFORK);
        process.borrows.store(u32::from(waits), Ordering::SeqCst);
        let mut child = self.child(id, &process, context, space)?;
        child.stack = if shares && !waits { AlternateStack::NONE } else { self.stack };
        let descriptor = if request.has(general::CLONE_PIDFD) {
            Some(self.give_descriptor(held, request, &process)?)
        } else {
            None
        };
        // From here on whoever gives up lets go of it.
        if request.has(general::CLONE_FILES) {
            process.descriptors(held)?.share();
        }
        let give_up = |held: &mut Root<'_, Task>| {
            timers::forget_process(held, &process);
            process.leave_descriptors(held);
            if let Some(number) = descriptor
                && let Ok(descriptors) = parent.descriptors(held)
            {
                // Another thread may have closed it.
                let _ = descriptors.close(held, number);
            }
        };
        self.tell_number(held, request, id, &child);
        if let Err(error) = tree::enter_unless(held, &process, || self.thread.is_killed()) {
            give_up(held);
            return Err(error);
        }
        if let Err(error) = start(held, child) {
            drop(tree::leave(held, id));
            give_up(held);
            return Err(error);
        }
        if waits {
            let is_over = || {
                let over = process.borrows.load(Ordering::SeqCst) == 0;
                (over || self.thread.is_killed()).then_some(())
            };
            // There is no deadline, and one source needs no memory.
            let _ = waiting::wait(held, &[&process.changes], None, |_| is_over());
        }
        Ok(u64::from(id))
    }
}
