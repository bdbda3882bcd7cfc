(** * Programs of ui-tests, encoded: the checker judges as rustc does.

    Every name is a file [ui-tests/rejected/.../NAME.rs]; [NAME_no] is it, [NAME_yes] its twin under [accepted/].
    A rank is level * 64 + minor number, as in the library. *)

From Coq Require Import List Arith Bool.
Import ListNotations.
Require Import Rules.

Definition PROCESS_TREE := 10 * 64 + 1.
Definition FILESYSTEM := 40 * 64.
Definition DIRECTORY := 40 * 64 + 1.
Definition PAGE_CACHE := 40 * 64 + 2.
Definition INODE := 40 * 64 + 3.
Definition QUEUE := 50 * 64.
Definition SOCKET := 60 * 64 + 2.

Definition spin (name rank : nat) := Lock name rank 0 Spinning Unnested.
Definition irq (name rank : nat) := Lock name rank 0 IrqSafe Unnested.
Definition sleep (name rank : nat) := Lock name rank 0 Sleeping Unnested.
Definition keyed (name rank key : nat) := Lock name rank key Spinning Sorted.
Definition node (name rank depth : nat) := Lock name rank depth Sleeping AlongTree.

Definition lk (l : lock) (k : prog) : prog := Do (OLock l) k Ret.      (* let guard = held.lock(&l); its inner token *)
Definition dr (l : lock) : prog -> prog := Release (RLock l).          (* drop(guard) *)
Definition un (l : lock) (k : prog) : prog := dr l (Pop k).            (* drop(guard), and the outer token is back *)

Definition main (p : prog) : program := Program [] 1 [(Task, p)] [].
Definition yes (P : program) := well_typed P = true.
Definition no (P : program) := well_typed P = false.
Ltac judge := vm_compute; reflexivity.

(** order/ *)

Definition one := spin 0 INODE.
Definition other := spin 1 INODE.
Example equal_class_no : no (main (lk one (lk other (un other (un one Ret))))). Proof. judge. Qed.
Example equal_class_yes : yes (main (lk one (un one (lk other (un other Ret))))). Proof. judge. Qed.

Definition directory := spin 2 DIRECTORY.
Definition cache := spin 3 PAGE_CACHE.
Definition queue := spin 4 QUEUE.
Example try_lock_out_of_order_no :
  no (main (lk one (Do (OTry directory) (un directory (un one Ret)) (un one Ret)))). Proof. judge. Qed.
Example try_lock_out_of_order_yes :
  yes (main (lk one (Do (OTryAny directory) (un directory (un one Ret)) (un one Ret)))). Proof. judge. Qed.

Example acquire_between_after_try_no :
  no (main (lk one (Do (OTryAny directory) (lk cache (un cache (un directory (un one Ret)))) (un one Ret)))).
Proof. judge. Qed.
Example acquire_between_after_try_yes :
  yes (main (lk one (Do (OTryAny directory) (lk queue (un queue (un directory (un one Ret)))) (un one Ret)))).
Proof. judge. Qed.

(** [loosen]: the guard drops, its inner token lives on. *)
Example loose_guard_keeps_the_ceiling_no :
  no (main (lk one (dr one (lk directory (un directory (Pop Ret)))))). Proof. judge. Qed.
Example loose_guard_keeps_the_ceiling_yes :
  yes (main (lk one (dr one (lk queue (un queue (Pop Ret)))))). Proof. judge. Qed.

Example at_downwards_no : no (main (lk one (Do (OAt PROCESS_TREE) (Pop (un one Ret)) Ret))). Proof. judge. Qed.
Example at_downwards_yes : yes (main (lk one (Do (OAt QUEUE) (Pop (un one Ret)) Ret))). Proof. judge. Qed.

Example below_downwards_no :
  no (main (lk one (Do (below INODE) (lk queue (un queue (Pop (un one Ret)))) Ret))). Proof. judge. Qed.
Example below_downwards_yes :
  yes (main (lk one (Do (below QUEUE) (lk queue (un queue (Pop (un one Ret)))) Ret))). Proof. judge. Qed.

(** #[acquires(Directory; atomic)] fn remove_all: a ceiling below [Directory], in [Atomic]. *)
Definition remove_all_sig := Sig (DIRECTORY - 1) Atomic.
Example recursion_no :
  no (Program [(remove_all_sig, lk directory (Choice (Call 0 (un directory Ret)) (un directory Ret)))]
              1 [(Task, Call 0 Ret)] []). Proof. judge. Qed.
Example recursion_yes :
  yes (Program [(remove_all_sig, lk directory (Choice (un directory (Call 0 Ret)) (un directory Ret)))]
               1 [(Task, Call 0 Ret)] []). Proof. judge. Qed.

(** #[acquires(Filesystem; atomic)] fn size. *)
Definition size_fn := (Sig (FILESYSTEM - 1) Atomic, lk one (un one Ret)).
Example callee_acquires_outside_no :
  no (Program [size_fn] 1 [(Task, lk one (Call 0 (un one Ret)))] []). Proof. judge. Qed.
Example callee_acquires_outside_yes :
  yes (Program [size_fn] 1 [(Task, Call 0 (lk one (un one Ret)))] []). Proof. judge. Qed.

(** context/ *)

Definition requests := irq 5 QUEUE.
Example plain_under_interrupt_safe_no :
  no (main (lk requests (lk (spin 6 SOCKET) (un (spin 6 SOCKET) (un requests Ret))))). Proof. judge. Qed.
Example plain_under_interrupt_safe_yes :
  yes (main (lk requests (lk (irq 6 SOCKET) (un (irq 6 SOCKET) (un requests Ret))))). Proof. judge. Qed.

Definition tree := spin 7 PROCESS_TREE.
Definition inode := sleep 8 INODE.
Example sleeping_lock_under_spin_lock_no : no (main (lk tree (lk inode (un inode (un tree Ret))))). Proof. judge. Qed.
Example sleeping_lock_under_spin_lock_yes : yes (main (lk inode (un inode (lk tree (un tree Ret))))). Proof. judge. Qed.

Example spin_lock_in_interrupt_no : no (Program [] 0 [] [lk queue (un queue Ret)]). Proof. judge. Qed.
Example spin_lock_in_interrupt_yes : yes (Program [] 0 [] [lk requests (un requests Ret)]). Proof. judge. Qed.

Example idle_loop_sleeps_no : no (Program [] 1 [(Atomic, lk inode (un inode Ret))] []). Proof. judge. Qed.

(** set/ *)

Definition source := keyed 9 INODE 12.
Definition target := keyed 10 INODE 9.
Definition parent := keyed 11 INODE 2.
Example third_inside_a_pair_no :
  no (main (lock_set [source; target] (lk parent (un parent (release_all [source; target] Ret))) Ret)). Proof. judge. Qed.
Example third_inside_a_pair_yes :
  yes (main (lock_set [source; target; parent] (release_all [source; target; parent] Ret) Ret)). Proof. judge. Qed.

Example pair_under_the_same_class_no :
  no (main (lk parent (lock_set [source; target] (release_all [source; target] (un parent Ret)) Ret))). Proof. judge. Qed.

Example pair_in_a_class_without_discipline_no :
  no (main (lock_set [spin 0 INODE; Lock 1 INODE 1 Spinning Unnested]
              (release_all [Lock 1 INODE 1 Spinning Unnested; spin 0 INODE] Ret) Ret)). Proof. judge. Qed.

(** accepted/set: a walk, parent before child, hand over hand. *)
Example walk_yes :
  yes (main (lk (node 12 DIRECTORY 0) (Do (ONext (node 13 DIRECTORY 1)) (dr (node 12 DIRECTORY 0)
        (Do (ONext (node 14 DIRECTORY 2)) (dr (node 13 DIRECTORY 1) (un (node 14 DIRECTORY 2) (Pop (Pop Ret)))) Ret)) Ret))).
Proof. judge. Qed.
(** Child before parent (in the library nobody can write it: [descend] takes what the caller calls the child). *)
Example child_before_parent_no :
  no (main (lk (node 13 DIRECTORY 1) (Do (ONext (node 12 DIRECTORY 0)) (un (node 12 DIRECTORY 0) (un (node 13 DIRECTORY 1) Ret)) Ret))).
Proof. judge. Qed.

(** wait/ *)

Definition worker : ctx * prog := (Task, lk inode (un inode Ret)).
Example join_under_a_lock_no : no (Program [] 1 [(Task, Spawn 1 (lk inode (Join 1 (un inode Ret) (un inode Ret)))); worker] []). Proof. judge. Qed.
Example join_under_a_lock_yes : yes (Program [] 1 [(Task, Spawn 1 (Join 1 Ret Ret)); worker] []). Proof. judge. Qed.

Example inner_guard_alive_no : no (main (lk one (lk queue (wait one (un queue (un one Ret)))))). Proof. judge. Qed.
Example inner_guard_alive_yes : yes (main (lk one (lk queue (un queue (wait one (un one Ret)))))). Proof. judge. Qed.

Example under_a_spin_lock_no : no (main (lk tree (lk one (Choice (wait one (un one (un tree Ret))) (un one (un tree Ret)))))).
Proof. judge. Qed.
Example under_a_spin_lock_yes : yes (main (lk tree (un tree (lk one (Choice (wait one (un one Ret)) (un one Ret)))))).
Proof. judge. Qed.

(** kernel/: events *)

Definition page_read := Event 0 INODE.
Definition pages := sleep 15 (INODE + 1).
Definition dir := sleep 16 DIRECTORY.
Example event_waited_for_from_inside_no : no (main (lk pages (WaitEvent page_read (un pages Ret) (un pages Ret)))).
Proof. judge. Qed.
Example event_waited_for_from_inside_yes : yes (main (lk dir (WaitEvent page_read (un dir Ret) (un dir Ret)))).
Proof. judge. Qed.
Example promise_needs_an_outer_lock_no :
  no (main (Do (OPromise page_read) (lk dir (un dir (Release (REvent page_read) (Pop Ret)))) Ret)). Proof. judge. Qed.
Example promise_needs_an_outer_lock_yes :
  yes (main (Do (OPromise page_read) (lk pages (un pages (Release (REvent page_read) (Pop Ret)))) Ret)). Proof. judge. Qed.

(** guard/: the outer token while a guard lives; in the model, going back to it needs the guard gone. *)
Example outer_token_while_a_guard_lives_no : no (main (lk one (Pop (lk queue (un queue (dr one Ret)))))). Proof. judge. Qed.
(** A guard forgotten: a function does not end with one. *)
Example forgotten_no : no (main (lk one (Pop Ret))). Proof. judge. Qed.

(** serial/: serialising tokens *)

Definition tk (s : nat) (k : prog) : prog := Do (OSerial s Exclusive) k Ret.
Definition tun (s : nat) (k : prog) : prog := Release (RSerial s Exclusive) (Pop k).
(** scope.with(|data, held| ..): what is called with the data in hand cannot block. *)
Example sleeping_with_the_data_in_hand_no :
  no (main (tk 0 (Do OToAtomic (lk inode (un inode (Pop (tun 0 Ret)))) Ret))). Proof. judge. Qed.
Example sleeping_with_the_data_in_hand_yes :
  yes (main (tk 0 (Do OToAtomic (Pop (lk inode (un inode (tun 0 Ret)))) Ret))). Proof. judge. Qed.
Example token_under_a_spin_lock_no : no (main (lk tree (tk 0 (tun 0 (un tree Ret))))). Proof. judge. Qed.
Example token_in_a_handler_no : no (Program [] 0 [] [tk 0 (tun 0 Ret)]). Proof. judge. Qed.
Example waiting_with_a_token_and_a_lock_no : no (main (lk dir (tk 0 (Await (tun 0 (un dir Ret)))))). Proof. judge. Qed.
Example waiting_with_a_token_yes : yes (main (tk 0 (Await (tun 0 Ret)))). Proof. judge. Qed.

(** Readers and writers *)

Definition mounts := spin 17 FILESYSTEM.
Definition rd (l : lock) (k : prog) : prog := Do (ORead l) k Ret.
Definition und (l : lock) (k : prog) : prog := Release (RRead l) (Pop k).
Example second_read_of_one_lock_no : no (main (rd mounts (rd mounts (und mounts (und mounts Ret))))). Proof. judge. Qed.
Example second_read_of_one_lock_yes : yes (main (rd mounts (und mounts (rd mounts (und mounts Ret))))). Proof. judge. Qed.
Example write_under_ones_own_read_no : no (main (rd mounts (lk mounts (un mounts (und mounts Ret))))). Proof. judge. Qed.
Example upgraded_under_an_inner_guard_no :
  no (main (Do (OUp mounts) (lk one (Upgrade mounts (un one (un mounts Ret)))) Ret)). Proof. judge. Qed.
Example upgraded_under_an_inner_guard_yes :
  yes (main (Do (OUp mounts) (lk one (un one (Upgrade mounts (un mounts Ret)))) Ret)). Proof. judge. Qed.
(** A guard that is downgraded is a reader's. *)
Example downgraded_yes :
  yes (main (lk mounts (Downgrade (RLock mounts) (RRead mounts) (lk one (un one (und mounts Ret)))))). Proof. judge. Qed.
Example downgraded_guard_still_writes_no :
  no (main (lk mounts (Downgrade (RLock mounts) (RRead mounts) (un mounts Ret)))). Proof. judge. Qed.

(** Conditions: the guard is the only thing held; with locks held a ranked condition variable, which somebody serves. *)

Example condition_under_an_outer_lock_no : no (main (lk dir (lk pages (wait pages (un pages (un dir Ret)))))). Proof. judge. Qed.
Definition writeback := Event 1 PAGE_CACHE.
Example ranked_condition_yes :
  yes (main (lk dir (lk pages (wait_served writeback pages (un pages (un dir Ret)) (un pages (un dir Ret)))))). Proof. judge. Qed.
Example ranked_condition_from_inside_no :
  no (main (lk pages (lk (sleep 18 QUEUE) (wait_served writeback (sleep 18 QUEUE)
     (un (sleep 18 QUEUE) (un pages Ret)) (un (sleep 18 QUEUE) (un pages Ret)))))). Proof. judge. Qed.
Example server_takes_an_outer_lock_no : no (main (served_by writeback (fun k => lk dir (un dir k)) Ret)). Proof. judge. Qed.
Example server_takes_an_inner_lock_yes : yes (main (served_by writeback (fun k => lk pages (un pages k)) Ret)). Proof. judge. Qed.

(** Semaphores: a permit is held like a lock. *)

Definition requests_sem := Sem 0 INODE 3.
Definition pm (s : sem) (k : prog) : prog := Do (OPermit s) k Ret.
Definition upm (s : sem) (k : prog) : prog := Release (RPermit s) (Pop k).
Example permit_yes : yes (main (lk dir (pm requests_sem (lk pages (un pages (upm requests_sem (un dir Ret))))))). Proof. judge. Qed.
Example permit_against_the_order_no : no (main (lk pages (pm requests_sem (upm requests_sem (un pages Ret))))). Proof. judge. Qed.
Example second_permit_no : no (main (pm requests_sem (pm requests_sem (upm requests_sem (upm requests_sem Ret))))). Proof. judge. Qed.
Example outer_lock_under_a_permit_no : no (main (pm requests_sem (lk dir (un dir (upm requests_sem Ret))))). Proof. judge. Qed.
Example tried_permit_against_the_order_no :
  no (main (lk pages (Do (OTryPermit requests_sem) (upm requests_sem (un pages Ret)) (un pages Ret)))). Proof. judge. Qed.
Example semaphore_without_permits_no : no (main (pm (Sem 1 INODE 0) (upm (Sem 1 INODE 0) Ret))). Proof. judge. Qed.
Example permit_under_a_spin_lock_no : no (main (lk tree (pm requests_sem (upm requests_sem (un tree Ret))))). Proof. judge. Qed.

(** What is made once: its maker goes on inside of the class. *)

Example made_once_yes : yes (main (lk directory (get_or_init cache (fun k => lk queue (un queue k)) (un directory Ret)))).
Proof. judge. Qed.
Example maker_takes_an_outer_lock_no : no (main (get_or_init cache (fun k => lk directory (un directory k)) Ret)). Proof. judge. Qed.
Example maker_needs_it_itself_no : no (main (get_or_init cache (fun k => get_or_init cache (fun k => k) k) Ret)). Proof. judge. Qed.
Example snapshot_under_its_own_writer_no : no (main (lk cache (snapshot cache (un cache Ret)))). Proof. judge. Qed.

(** Tokens of two classes in either order, a shared one acquired alone, and locks inside and outside of them. *)

Example tokens_in_any_order_yes :
  yes (Program [] 2 [(Task, scope 0 Exclusive (scope 1 Exclusive (fun k => k)) Ret);
                     (Task, scope 1 Exclusive (scope 0 Exclusive (fun k => k)) Ret)] []). Proof. judge. Qed.
Example alone_after_shared_yes : yes (main (scope 0 Shared (scope 0 Exclusive (fun k => k)) Ret)). Proof. judge. Qed.
Example token_under_a_lock_yes : yes (main (lk dir (scope 0 Exclusive (fun k => lk inode (un inode k)) (un dir Ret)))). Proof. judge. Qed.
Example outer_lock_in_a_scope_under_an_inner_one_no :
  no (main (lk inode (scope 0 Exclusive (fun k => lk dir (un dir k)) (un inode Ret)))). Proof. judge. Qed.

(** A dynamic token: the static rule, and an error where it fails.  A function that takes one is one for each ceiling. *)

Definition driver (h : nat) : prog := dyn_lock h queue (un queue Ret) Ret.
Definition drivers := map (fun h => (Sig h Task, driver h)) [0; DIRECTORY; QUEUE; SOCKET].
Example driver_under_anything_yes :
  yes (Program drivers 1 [(Task, Call 0 (lk dir (Call 1 (un dir (lk (sleep 19 SOCKET) (Call 3 (un (sleep 19 SOCKET) Ret)))))))] []). Proof. judge. Qed.

(** A panic is accepted anywhere. *)
Example panics_yes : yes (main (lk dir (scope 0 Exclusive (fun k => Choice Unwind k) (un dir Ret)))). Proof. judge. Qed.
