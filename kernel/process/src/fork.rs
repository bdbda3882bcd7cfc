//! How processes and threads begin.

use alloc::sync::Arc;
use core::sync::atomic::Ordering;

use abi::{Errno, Result, general};
use base::sched::{self, Placement, waiting};
use base::user::UserContext;
use lockorder::{Root, Task};

use crate::life::Current;
use crate::process::{Place, Process};
use crate::signal::Signal;
use crate::signal::frame::AlternateStack;
use crate::thread::Thread;
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
}

impl Request {
    const fn has(&self, flag: u32) -> bool {
        self.flags & flag as u64 != 0
    }
}

/// Starts a thread of the kernel's that runs `child` to its end.
pub(crate) fn start(child: Current) -> Result<()> {
    let spawned = sched::try_spawn("process", Placement::default(), move |held| {
        let mut held = held;
        child.live(&mut held);
    });
    spawned.map(drop).map_err(|_| Errno::ENOMEM)
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

    fn begin_thread(
        &self,
        held: &mut Root<'_, Task>,
        id: u32,
        context: UserContext,
        request: &Request,
    ) -> Result<u64> {
        let process = self.process();
        let thread = Thread::new(id, Arc::clone(process), self.thread.blocked())?;
        let child = self.child(thread, context, Arc::clone(&self.space));
        process.threads.fetch_add(1, Ordering::SeqCst);
        self.tell_number(held, request, id, &child);
        if let Err(error) = start(child) {
            process.threads.fetch_sub(1, Ordering::SeqCst);
            return Err(error);
        }
        Ok(u64::from(id))
    }

    fn child(&self, thread: Arc<Thread>, context: UserContext, space: Arc<memory::AddressSpace>) -> Self {
        Self {
            thread,
            context,
            space,
            stack: AlternateStack::NONE,
            saved_mask: None,
            never_restarts: false,
            handler: self.handler,
        }
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
        let dispositions = held.with(&parent.signals, |signals, _| signals.inherited());
        let above = if request.has(general::CLONE_PARENT) { parent.parent() } else { parent.id() };
        let place = Place { id, parent: above, group: parent.group(), session: parent.session() };
        let made = Process::new(place, Arc::clone(parent.system()), program, descriptors, dispositions);
        let process = made?;
        if request.has(general::CLONE_FILES) {
            process.descriptors(held)?.share();
        }
        let waits = request.has(general::CLONE_VFORK);
        process.borrows.store(u32::from(waits), Ordering::SeqCst);
        let thread = Thread::new(id, Arc::clone(&process), self.thread.blocked())?;
        let mut child = self.child(thread, context, space);
        child.stack = if shares && !waits { AlternateStack::NONE } else { self.stack };
        self.tell_number(held, request, id, &child);
        let is_killed = || self.thread.ends() || self.thread.pending() & Signal::KILL.bit() != 0;
        if !tree::enter_unless(held, &process, is_killed) {
            process.leave_descriptors(held);
            return Err(Errno::EINTR);
        }
        if let Err(error) = start(child) {
            drop(tree::leave(held, id));
            process.leave_descriptors(held);
            return Err(error);
        }
        if waits {
            let is_over = || {
                let over = process.borrows.load(Ordering::SeqCst) == 0;
                (over || parent.ends(self.thread.id())).then_some(())
            };
            // There is no deadline, and one source needs no memory.
            let _ = waiting::wait(held, &[&process.changes], None, |_| is_over());
        }
        Ok(u64::from(id))
    }
}
