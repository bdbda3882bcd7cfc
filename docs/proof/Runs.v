(** * Accepted programs do run: two threads, a handler, a serialising token and an event, to the end. *)

From Coq Require Import List Arith Bool.
Import ListNotations.
Require Import Rules Machine Exec.

Definition M := Lock 0 40 0 Sleeping Unnested.
Definition Sp := Lock 1 50 0 Spinning Unnested.
Definition Q := Lock 2 60 0 IrqSafe Unnested.
Definition E := Event 0 45.

Definition lk (l : lock) (k : prog) : prog := Do (OLock l) k Ret.
Definition un (l : lock) (k : prog) : prog := Release (RLock l) (Pop k).

(** Holds a token, waits for a sleeping lock (giving the token back), then joins. *)
Definition first : prog := Do (OSerial 7 Exclusive) (lk M (lk Sp (lk Q (un Q (un Sp (un M
  (Release (RSerial 7 Exclusive) (Pop (Join 1 Ret Ret))))))))) Ret.
(** Promises an event under a lock, and takes the token. *)
Definition second : prog := lk M (Do (OPromise E) (lk Q (un Q (Release (REvent E) (Pop (un M
  (Do (OSerial 7 Exclusive) (Release (RSerial 7 Exclusive) (Pop Ret)) Ret)))))) (un M Ret)).
Definition demo : program := Program [] 1 [(Task, Spawn 1 first); (Task, second)] [lk Q (un Q Ret)].

Example demo_typed : well_typed demo = true. Proof. reflexivity. Qed.

(** Whoever can, in turn, and an interrupt now and then; thread 1 takes M first, so that thread 0 has to give its token back. *)
Fixpoint try_all (n : nat) (c : config) : config :=
  match n with
  | O => c
  | S n =>
      let go c a := match exec Nat.ltb demo 2 c (Go a true) with Some c' => c' | None => c end in
      let irupt c := if n mod 10 =? 0 then match exec Nat.ltb demo 2 c (Irupt 0 0) with Some c' => c' | None => c end else c in
      try_all n (irupt (go (go (go c (T 0)) (Irq 0)) (T 1)))
  end.

Definition finished (c : config) : bool := forallb (fun t => no_code (thread c t)) [0; 1].

Example demo_ends :
  match run Nat.ltb demo 2 (start demo) [To 0 0; Go (T 0) true; To 1 1; Go (T 1) true; Go (T 0) true; Go (T 0) true] with
  | Some c => (given (thread c 0), toks (thread c 0), lost (thread c 0), finished (try_all 80 c))
  | None => (false, [], [], false)
  end = (true, [], [7], true).
Proof. vm_compute. reflexivity. Qed.

(** A panic: the promise is broken, so who waits for it has an error; the lock is released, and who waits for it goes on. *)
Definition breaks_promise : prog := lk M (Do (OPromise E) (Release (REvent E) (Pop (un M Ret))) (un M Ret)).
Definition relies : prog := WaitEvent E Ret (lk M (un M Ret)).
Definition broken_promise : program := Program [] 2 [(Task, breaks_promise); (Task, relies)] [].

Example broken_promise_typed : well_typed broken_promise = true. Proof. reflexivity. Qed.
Example waiter_goes_on_after_a_panic :
  let schedule := [To 0 0; To 1 1; Go (T 0) true; Go (T 0) true] in       (* promised *)
  let unwound := schedule ++ [Fail (T 0); Go (T 0) true; Go (T 0) true; Go (T 0) true] in
  match run Nat.ltb broken_promise 2 (start broken_promise) schedule,
        run Nat.ltb broken_promise 2 (start broken_promise) (unwound ++ repeat (Go (T 1) true) 5) with
  | Some c, Some d =>
      (exec Nat.ltb broken_promise 2 c (Go (T 1) true), held (thread d 0), forallb (fun t => no_code (thread d t)) [0; 1])
  | _, _ => (None, [], false)
  end = (None, [], true).
Proof. vm_compute. reflexivity. Qed.

(** A shared token that is acquired alone as well: the share is given back, so that two who do so do not wait for each
    other, and it is there again afterwards. *)
Definition alone_in_between : prog := scope 7 Shared (scope 7 Exclusive (fun k => k)) Ret.
Definition sharers : program := Program [] 2 [(Task, alone_in_between); (Task, alone_in_between)] [].
Example sharers_typed : well_typed sharers = true. Proof. reflexivity. Qed.
Example shared_alone_shared :
  let both := [To 0 0; To 1 1; Go (T 0) true; Go (T 1) true] in                  (* both share it *)
  let first := both ++ [Go (T 0) true; Go (T 1) true] in   (* both want it alone: one gives its share back, the other has it *)
  let after := first ++ [Go (T 1) true; Go (T 1) true] in                        (* that one shares it again *)
  let other := after ++ [Go (T 1) true; Go (T 1) true; Go (T 1) true] ++ repeat (Go (T 0) true) 6 in
  let at_ xs := run Nat.ltb sharers 2 (start sharers) xs in
  match at_ both, at_ first, at_ after, at_ other with
  | Some b, Some f, Some a, Some o =>
      (toks (thread b 0), toks (thread b 1), (toks (thread f 1), mode_in 7 (held (thread f 1))),
       exec Nat.ltb sharers 2 f (Go (T 0) true), (toks (thread a 1), mode_in 7 (held (thread a 1))),
       forallb (fun t => no_code (thread o t)) [0; 1])
  | _, _, _, _ => ([], [], ([], Shared), None, ([], Shared), false)
  end = ([7], [7], ([7], Exclusive), None, ([7], Shared), true).
Proof. vm_compute. reflexivity. Qed.

(** The only one that shares a token has it alone without giving it back. *)
Definition one_sharer : program := Program [] 1 [(Task, alone_in_between)] [].
Example only_reader :
  match run Nat.ltb one_sharer 1 (start one_sharer) [To 0 0; Go (T 0) true; Go (T 0) true] with
  | Some c => (toks (thread c 0), lost (thread c 0), mode_in 7 (held (thread c 0)))
  | None => ([], [], Shared)
  end = ([7], [], Exclusive).
Proof. vm_compute. reflexivity. Qed.
