(** * The rules R1-R9 of docs/soundness.md as a checker of thread programs.

    Nothing here runs.  A token of the library, [Held<'a, H, C>], is a [frame]: a ceiling, a context, and the guard
    that the frame's borrow keeps alive.  Borrowing is a stack of frames: only the topmost token can be used. *)

From Coq Require Import List Arith Bool Lia.
Import ListNotations.

(** ** Contexts, kinds, classes (R6) *)

Inductive ctx := Task | Atomic | IrqOff | HardIrq.

(** How strict a context is: what may be waited for in it shrinks as the number grows. *)
Definition strictness (c : ctx) : nat :=
  match c with Task => 0 | Atomic => 1 | IrqOff => 2 | HardIrq => 2 end.

Inductive kind := Sleeping | Spinning | IrqSafe.

(** [K: UsableIn<C>]. *)
Definition usable (k : kind) (c : ctx) : bool :=
  match k with
  | Sleeping => strictness c =? 0
  | Spinning => strictness c <=? 1
  | IrqSafe => true
  end.

(** [K::Inside<C>]. *)
Definition inside (k : kind) (c : ctx) : ctx :=
  match k with Sleeping => c | Spinning => Atomic | IrqSafe => IrqOff end.

(** How several locks of one class may be taken: not at all, sorted by key (or address), or along a tree (then [key] is
    the depth, and that it rises is the user's promise "no tree is walked in a circle"). *)
Inductive discipline := Unnested | Sorted | AlongTree.

Record lock := Lock { name : nat; rank : nat; key : nat; lkind : kind; order : discipline }.
(** An event, or a ranked condition variable: both have a class, and are not held but promised, or served. *)
Record event := Event { ename : nat; erank : nat }.
(** A semaphore: so many may hold a permit at a time. *)
Record sem := Sem { sname : nat; srank : nat; permits : nat }.
(** How a serialising token is acquired. *)
Inductive mode := Exclusive | Shared.

(** What a thread can hold: a lock (alone, for reading, or for reading with the right to be the next writer), a promise,
    the service of a ranked condition variable, a permit, interrupts off, preemption off, the scope of a serialising token
    (whose token is given back while the thread blocks, see Machine.v). *)
Inductive res :=
  | RLock (l : lock) | RRead (l : lock) | RUp (l : lock) | REvent (e : event) | RServe (e : event) | RPermit (s : sem)
  | RIrqs | RPreempt | RSerial (s : nat) (m : mode).

Definition res_eq_dec (a b : res) : {a = b} + {a <> b}.
Proof. repeat decide equality. Defined.

(** What holding it does to the CPU: 0 nothing, 1 no preemption, 2 no interrupts (and no preemption). *)
Definition masking (r : res) : nat :=
  match r with
  | RLock l | RRead l | RUp l => match lkind l with Sleeping => 0 | Spinning => 1 | IrqSafe => 2 end
  | REvent _ | RServe _ | RPermit _ | RSerial _ _ => 0
  | RIrqs => 2
  | RPreempt => 1
  end.

(** Where it stands in the order: rank first, then the order inside of the class. *)
Definition place (r : res) : nat * nat :=
  match r with
  | RLock l | RRead l | RUp l => (rank l, key l)
  | REvent e | RServe e => (erank e, 0)
  | RPermit s => (srank s, 0)
  | RIrqs | RPreempt | RSerial _ _ => (0, 0)
  end.

Definition before (p q : nat * nat) : Prop := fst p < fst q \/ (fst p = fst q /\ snd p < snd q).

(** ** Tokens *)

(** [ceil] and [upto]: everything held ranks outside of [ceil], or is of that very class with a key of at most [upto]
    ([None]: with any key).  [guard]: what is held by virtue of this frame, until it is released. *)
Record frame := Frame { ceil : nat; upto : option nat; context : ctx; guard : option res }.

Definition at_most (p : nat * nat) (f : frame) : Prop :=
  fst p < ceil f \/ (fst p = ceil f /\ match upto f with None => True | Some k => snd p <= k end).

(** Operations that make a new token out of the topmost one. *)
Inductive op :=
  | OLock (l : lock)      (* held.lock(&l), held.with(&l, ..): waits *)
  | ONext (l : lock)      (* guard.descend(&l), or the next lock of a sorted set: waits *)
  | ORead (l : lock)      (* held.read(&l): waits *)
  | OUp (l : lock)        (* held.upgradeable(&l): waits *)
  | OTry (l : lock)       (* held.try_lock(&l) *)
  | OTryAny (l : lock)    (* held.try_lock_any(&l) *)
  | OAt (h : nat)         (* held.at::<L>(); held.below::<L>() is OAt (rank L - 1) *)
  | OToAtomic             (* held.to_atomic() *)
  | OToIrqOff             (* held.to_irq_off() *)
  | OIrqsOff              (* held.irqs_off() *)
  | ONoPreempt            (* held.no_preempt() *)
  | OPromise (e : event)  (* event.promise(&mut held, ..) *)
  | OServe (e : event)    (* condvar.serve(&mut held, ..) *)
  | OPermit (s : sem)     (* semaphore.acquire(&mut held): waits *)
  | OTryPermit (s : sem)  (* semaphore.try_acquire(&mut held) *)
  | OSerial (s : nat) (m : mode). (* held.with_serial_token(&s, ..), with_shared_serial_token, then scope.held(): waits *)

(** What it makes the thread hold. *)
Definition gives (o : op) : option res :=
  match o with
  | OLock l | ONext l | OTry l | OTryAny l => Some (RLock l)
  | ORead l => Some (RRead l)
  | OUp l => Some (RUp l)
  | OIrqsOff => Some RIrqs
  | ONoPreempt => Some RPreempt
  | OPromise e => Some (REvent e)
  | OServe e => Some (RServe e)
  | OPermit s | OTryPermit s => Some (RPermit s)
  | OSerial s m => Some (RSerial s m)
  | OAt _ | OToAtomic | OToIrqOff => None
  end.

(** Whether it may fail, so that the program goes on elsewhere. *)
Definition fallible (o : op) : bool :=
  match o with OTry _ | OTryAny _ | OPromise _ | OTryPermit _ => true | _ => false end.

(** The comparisons that the rules make, so that a mutant is a record with one field changed (Mutants.v). *)
Record rules := MkRules {
  less : nat -> nat -> bool;          (* R1: L: After<H> *)
  next_key : nat -> nat -> bool;      (* R4: sorted, and equal ones refused *)
  after_try : nat -> nat -> nat;      (* R5: Both<H, L> *)
  use : kind -> ctx -> bool;          (* R6: K: UsableIn<C> *)
  within : kind -> ctx -> ctx;        (* R6: K::Inside<C> *)
  nothing : nat -> bool }.            (* R7: H: NothingHeld *)

Definition library : rules := MkRules Nat.ltb Nat.ltb Nat.max usable inside (fun h => h =? 0).

(** The bounds of the library's functions, one line each. *)
Definition push_with (R : rules) (o : op) (f : frame) : option frame :=
  match o with
  | OLock l | ORead l | OUp l | OTry l =>                     (* R1, R2, R6 *)
      if less R (ceil f) (rank l) && use R (lkind l) (context f)
      then Some (Frame (rank l) (Some (key l)) (within R (lkind l) (context f)) (gives o)) else None
  | ONext l =>                                                (* R4, R6 *)
      match order l, upto f with
      | Unnested, _ | _, None => None
      | _, Some k =>
          if (ceil f =? rank l) && next_key R k (key l) && use R (lkind l) (context f)
          then Some (Frame (rank l) (Some (key l)) (within R (lkind l) (context f)) (gives o)) else None
      end
  | OTryAny l =>                                              (* R5, R6 *)
      if (1 <=? rank l) && use R (lkind l) (context f)
      then Some (Frame (after_try R (ceil f) (rank l)) None (within R (lkind l) (context f)) (gives o)) else None
  | OAt h => if ceil f <=? h then Some (Frame h None (context f) None) else None
  | OToAtomic => if strictness (context f) <=? 1 then Some (Frame (ceil f) None Atomic None) else None
  | OToIrqOff => Some (Frame (ceil f) None IrqOff None)
  | OIrqsOff => Some (Frame (ceil f) None IrqOff (gives o))
  | ONoPreempt => if strictness (context f) <=? 1 then Some (Frame (ceil f) None Atomic (gives o)) else None
  | OPromise e =>                                             (* R7 *)
      if less R (ceil f) (erank e) then Some (Frame (erank e) None (context f) (gives o)) else None
  | OServe e =>                                               (* R7: as a promise *)
      if less R (ceil f) (erank e) then Some (Frame (erank e) None (context f) (gives o)) else None
  | OPermit s =>                                              (* R1, R6; a semaphore has a permit at least *)
      if less R (ceil f) (srank s) && (strictness (context f) =? 0) && (1 <=? permits s)
      then Some (Frame (srank s) None (context f) (gives o)) else None
  | OTryPermit s =>
      if less R (ceil f) (srank s) then Some (Frame (srank s) None (context f) (gives o)) else None
  | OSerial s m =>                                            (* R8: of no rank and no position *)
      if strictness (context f) =? 0 then Some (Frame (ceil f) None (context f) (gives o)) else None
  end.

(** ** Programs *)

Inductive prog :=
  | Ret                                  (* the end of a function, a thread, a handler *)
  | Do (o : op) (ok err : prog)          (* [err] only where [o] is fallible *)
  | Release (r : res) (k : prog)         (* a guard drops: in any order; an event's promise is done *)
  | Pop (k : prog)                       (* the inner token dies: the outer one is usable again *)
  | Choice (k1 k2 : prog)                (* any condition *)
  | Call (n : nat) (k : prog)            (* function [n] of the table, with the token weakened to what it declares *)
  | WaitEvent (e : event) (ok err : prog)(* event.wait(&mut held); [err]: nobody has promised it, or it is broken *)
  | WaitServed (e : event) (ok err : prog)(* until a ranked condition variable is notified; [err]: nobody serves it *)
  | Await (k : prog)                     (* to be notified: a condition variable, a queue, a signalling semaphore *)
  | Upgrade (l : lock) (k : prog)        (* upgradeable.upgrade(): until the other readers have left *)
  | Downgrade (r r' : res) (k : prog)    (* write.downgrade(), downgrade_to_upgradeable(), upgradeable.downgrade() *)
  | Join (t : nat) (ok err : prog)       (* until thread [t] has ended; [err]: it was created before this one *)
  | Spawn (t : nat) (k : prog)           (* thread [t] begins *)
  | Unwind.                              (* a panic: guards drop, innermost first, and the thread ends *)

(** What a function asks of its caller: a ceiling and a context. *)
Record signature := Sig { s_ceil : nat; s_ctx : ctx }.
Record program := Program {
  functions : list (signature * prog);
  first_threads : nat;           (* so many are there from the start, the others are spawned; numbered as they are created *)
  threads : list (ctx * prog);   (* with the context of the way in: [Task] for most, [Atomic] for an idle loop *)
  handlers : list prog }.        (* all in [HardIrq] *)

(** Held by the frames, innermost first. *)
Definition opt {A} (o : option A) : list A := match o with Some x => [x] | None => [] end.
Definition guards (fs : list frame) : list res := flat_map (fun f => opt (guard f)) fs.

Fixpoint remove1 (r : res) (l : list res) : list res :=
  match l with
  | [] => []
  | x :: l => if res_eq_dec r x then l else x :: remove1 r l
  end.

(** The frame that held [r] holds it no more; its ceiling and context stay (a [Loose] guard that dropped). *)
Fixpoint drop_guard (r : res) (fs : list frame) : list frame :=
  match fs with
  | [] => []
  | f :: fs =>
      match guard f with
      | Some x => if res_eq_dec r x then Frame (ceil f) (upto f) (context f) None :: fs else f :: drop_guard r fs
      | None => f :: drop_guard r fs
      end
  end.

Definition holds (r : res) (l : list res) : bool := if in_dec res_eq_dec r l then true else false.

(** What a guard of a reader-writer lock may be made into without waiting. *)
Definition downgrades (r r' : res) : bool :=
  match r, r' with
  | RLock l, RRead l' | RLock l, RUp l' | RUp l, RRead l' => if res_eq_dec (RLock l) (RLock l') then true else false
  | _, _ => false
  end.

Section Checker.
Variable R : rules.
Variable P : program.

(** [wt fs p]: the rest [p] of a program may run with the frames [fs]. *)
Fixpoint wt (fs : list frame) (p : prog) : bool :=
  match fs with
  | [] => false
  | f :: rest =>
      match p with
      | Ret => match rest, guard f with [], None => true | _, _ => false end
      | Do o ok err =>
          match push_with R o f with Some g => wt (g :: fs) ok | None => false end
          && (if fallible o then wt fs err else true)
      | Release r k => holds r (guards fs) && wt (drop_guard r fs) k
      | Pop k => match guard f, rest with None, _ :: _ => wt rest k | _, _ => false end
      | Choice k1 k2 => wt fs k1 && wt fs k2
      | Call n k =>
          match nth_error (functions P) n with
          | Some (s, _) =>
              (ceil f <=? s_ceil s) && (strictness (context f) <=? strictness (s_ctx s)) && wt fs k
          | None => false
          end
      | WaitEvent e ok err =>                                 (* R7 *)
          less R (ceil f) (erank e) && (strictness (context f) =? 0) && wt fs ok && wt fs err
      | WaitServed e ok err =>                                (* R7: outside of what is served *)
          less R (ceil f) (erank e) && (strictness (context f) =? 0) && wt fs ok && wt fs err
      | Await k =>                                            (* R7: the guard that was given up was all *)
          nothing R (ceil f) && (strictness (context f) =? 0) && wt fs k
      | Join t ok err =>                                      (* R7: nothing held *)
          nothing R (ceil f) && (strictness (context f) =? 0) && wt fs ok && wt fs err
      | Spawn t k => wt fs k
      | Unwind => true
      | Downgrade r r' k =>                                   (* the guard is consumed, as in an upgrade *)
          match guard f with
          | Some x =>
              (if res_eq_dec r x then true else false) && downgrades r r'
              && wt (Frame (ceil f) (upto f) (context f) (Some r') :: rest) k
          | None => false
          end
      | Upgrade l k =>                                        (* the guard is consumed: nothing is held inside of it *)
          match guard f, rest with
          | Some (RUp l'), g :: _ =>
              (if res_eq_dec (RUp l) (RUp l') then true else false)
              && (ceil f =? rank l) && (ceil g <? rank l) && use R (lkind l) (context g)
              && (strictness (context f) =? strictness (within R (lkind l) (context g)))
              && wt (Frame (ceil f) None (context f) (Some (RLock l)) :: rest) k
          | _, _ => false
          end
      end
  end.

(** R3: one root for each way in. *)
Definition root (c : ctx) : list frame := [Frame 0 None c None].
Definition entry (s : signature) : list frame := [Frame (s_ceil s) None (s_ctx s) None].

Definition well_typed_with : bool :=
  forallb (fun '(s, p) => wt (entry s) p) (functions P)
  && forallb (fun '(c, p) => wt (root c) p) (threads P)
  && forallb (wt (root HardIrq)) (handlers P).
End Checker.

Definition push := push_with library.
Definition well_typed := well_typed_with library.

(** ** Derived forms *)

(** held.with(&l, |..| body): [body] gets what follows as its continuation. *)
Definition locked (l : lock) (body : prog -> prog) (k : prog) : prog :=
  Do (OLock l) (body (Release (RLock l) (Pop k))) Ret.

Definition below (n : nat) : op := OAt (n - 1).

(** condvar.wait(guard): gives the lock up, waits, takes it again, under the token outside of the guard. *)
Definition wait (l : lock) (k : prog) : prog := Release (RLock l) (Pop (Await (Do (OLock l) k Ret))).

(** RankedCondvar: wait(guard).  [err]: nobody serves, and the guard is given back. *)
Definition wait_served (e : event) (l : lock) (ok err : prog) : prog :=
  Release (RLock l) (Pop (WaitServed e (Do (OLock l) ok Ret) (Do (OLock l) err Ret))).

(** condvar.serve(&mut held, |..| body). *)
Definition served_by (e : event) (body : prog -> prog) (k : prog) : prog :=
  Do (OServe e) (body (Release (RServe e) (Pop k))) Ret.

(** held.get_or_init(&once, |..| init): finds it made; or takes its lock, in which it finds it made or makes it.  ([Choice]:
    which of them depends on what has happened.)  A panic while it is made releases the lock. *)
Definition get_or_init (l : lock) (init : prog -> prog) (k : prog) : prog :=
  Choice k (Do (OLock l) (Choice (Release (RLock l) (Pop k)) (init (Release (RLock l) (Pop k)))) Ret).

(** held.update(&sequence, ..) is [locked]; a reader waits for the writer, and holds nothing. *)
Definition snapshot (l : lock) (k : prog) : prog := Do (ORead l) (Release (RRead l) (Pop k)) Ret.

(** A scope of a serialising token. *)
Definition scope (s : nat) (m : mode) (body : prog -> prog) (k : prog) : prog :=
  Do (OSerial s m) (body (Release (RSerial s m) (Pop k))) Ret.

(** R9, a dynamic token: its ceiling is the number [h], and acquiring compares it.  A function that takes one is a function
    for every number. *)
Definition dyn_lock (h : nat) (l : lock) (ok err : prog) : prog :=
  if less library h (rank l) then Do (OLock l) ok Ret else err.
(** dynamic.typed::<L>(). *)
Definition dyn_typed (h : nat) (to : nat) (ok err : prog) : prog := if h <=? to then Do (OAt to) ok Ret else err.

(** Sorting, as [lock_pair], [lock_array] and [lock_slice] do before the first lock is taken. *)
Fixpoint insert (l : lock) (ls : list lock) : list lock :=
  match ls with
  | [] => [l]
  | x :: ls' => if key l <=? key x then l :: ls else x :: insert l ls'
  end.
Definition sort (ls : list lock) : list lock := fold_right insert [] ls.
Fixpoint distinct (ls : list lock) : bool :=
  match ls with
  | x :: (y :: _) as ls' => (key x <? key y) && distinct ls'
  | _ => true
  end.
Fixpoint nexts (ls : list lock) (k : prog) : prog :=
  match ls with [] => k | l :: ls => Do (ONext l) (nexts ls k) Ret end.
(** held.lock_slice(&mut locks): [err] where one is named twice. *)
Definition lock_set (ls : list lock) (k err : prog) : prog :=
  match sort ls with
  | [] => k
  | l :: ls' => if distinct (l :: ls') then Do (OLock l) (nexts ls' k) Ret else err
  end.
Fixpoint release_all (ls : list lock) (k : prog) : prog :=
  match ls with [] => k | l :: ls => Release (RLock l) (Pop (release_all ls k)) end.

(** ** What the rules give: frames bound what is held *)

(** A lock or an event ranks; what masks shows in the context; serialising tokens are the rest. *)
Definition ranks (r : res) : Prop := masking r = 0 -> 1 <= fst (place r) \/ exists s m, r = RSerial s m.

Definition frame_ok (f : frame) : Prop :=
  (forall k, upto f = Some k -> 1 <= ceil f) /\
  forall r, guard f = Some r ->
    at_most (place r) f /\ masking r <= strictness (context f) /\ ranks r.

(** [g] was made out of [f]: it allows no more. *)
Definition weaker (f g : frame) : Prop :=
  (forall p, at_most p f -> at_most p g) /\ strictness (context f) <= strictness (context g).

Fixpoint frames_ok (fs : list frame) : Prop :=
  match fs with
  | [] => True
  | f :: rest => frame_ok f /\ match rest with [] => True | g :: _ => weaker g f end /\ frames_ok rest
  end.

Lemma at_most_zero : forall f, at_most (0, 0) f.
Proof. intros [c u x g]. unfold at_most; cbn. destruct u; lia. Qed.

(** Opens the checks of the rules. *)
Ltac open_checks :=
  repeat match goal with
         | H : (if ?b then _ else _) = Some _ |- _ => destruct b eqn:?; [|discriminate H]
         | H : match order ?l with _ => _ end = Some _ |- _ => destruct (order l) eqn:?; try discriminate H
         | H : match upto ?f with _ => _ end = Some _ |- _ => destruct (upto f) eqn:?; try discriminate H
         | H : Some _ = Some _ |- _ => injection H as H; subst
         | H : _ && _ = true |- _ => apply andb_prop in H; destruct H
         | H : (_ <? _) = true |- _ => apply Nat.ltb_lt in H
         | H : (_ <=? _) = true |- _ => apply Nat.leb_le in H
         | H : (_ =? _) = true |- _ => apply Nat.eqb_eq in H
         end.

(** R2, R5, R6: whatever makes a new token makes it bound what was held before, and what it now holds. *)
Lemma R2_ceiling : forall o f g, frame_ok f -> push o f = Some g -> frame_ok g /\ weaker f g /\ guard g = gives o.
Proof.
  intros o [c u x gd] g [F _] H. unfold push, push_with, library in H; cbn [less next_key after_try use within] in H.
  destruct o; cbv beta iota delta [gives] in H; open_checks; cbn [ceil upto context guard] in *.
  all: try (specialize (F _ eq_refl)).
  all: split; [|split; [split|reflexivity]].
  all: try (split; [intros kk Hk; cbn [ceil upto] in *; try discriminate Hk; try lia|
                    intros r Hr; cbn [guard gives] in Hr; try discriminate Hr; injection Hr as <-; repeat split]).
  all: try (intros p Hp).
  all: try (intros _; eauto; fail).
  all: unfold at_most in *; cbn in *.
  all: try (intros M0; cbn in M0; try discriminate M0; left).
  all: try (destruct u); try (unfold usable, masking in *; destruct (lkind l) eqn:?, x eqn:?; cbn in * ); try lia; try discriminate.
  all: try (destruct x; cbn in *; lia).
  all: try match goal with H : Some _ = Some _ |- _ => injection H as H end; try lia.
Qed.

(** What an operation waits for, if it waits. *)
Definition awaits (o : op) : option res :=
  match o with OLock l | ONext l => Some (RLock l) | ORead l => Some (RRead l) | OUp l => Some (RUp l)
  | OPermit s => Some (RPermit s) | _ => None end.

(** R1, R4: what is waited for stands strictly inside of everything that the token allows to be held. *)
Lemma R1_R4_order : forall o f g r,
  push o f = Some g -> awaits o = Some r -> forall p, at_most p f -> before p (place r).
Proof.
  intros o [c u x gd] g r H W p Hp. unfold push, push_with, library in H; cbn [less next_key after_try use within] in H.
  destruct o; cbv beta iota delta [awaits gives] in *; try discriminate W; injection W as <-; open_checks;
    unfold before, at_most in *; cbn in *; try lia;
    try (destruct u; [injection Heqo as ->|discriminate]); cbn in *; lia.
Qed.

(** R6: what is waited for where the context is strict stops preemption, or interrupts, as the context does. *)
Lemma R6_kinds : forall o f g r,
  push o f = Some g -> awaits o = Some r -> strictness (context f) <= masking r.
Proof.
  intros o [c u x gd] g r H W. unfold push, push_with, library in H; cbn [less next_key after_try use within] in H.
  destruct o; cbv beta iota delta [awaits gives] in *; try discriminate W; injection W as <-; open_checks;
    unfold usable in *; cbn in *; try lia; destruct (lkind l), x; cbn in *; try discriminate; lia.
Qed.

(** R9: a dynamic acquisition is one that the rules allow, or is refused, whatever the number. *)
Lemma R9_dynamic : forall P f fs l ok err, use library (lkind l) (context f) = true ->
  (forall g, push (OLock l) f = Some g -> wt library P (g :: f :: fs) ok = true) ->
  wt library P (f :: fs) err = true ->
  wt library P (f :: fs) (dyn_lock (ceil f) l ok err) = true.
Proof.
  intros P f fs l ok err U OK ERR. unfold dyn_lock. destruct (less library (ceil f) (rank l)) eqn:L; [|exact ERR].
  unfold push, push_with in OK. cbn [wt fallible push_with]. rewrite U, L in OK |- *. cbn [andb] in OK |- *.
  rewrite (OK _ eq_refl). reflexivity.
Qed.

(** R2 for a whole stack: the topmost token bounds everything that is held. *)
Lemma R2_top_bounds_all : forall fs f, frames_ok (f :: fs) ->
  forall r, In r (guards (f :: fs)) ->
    at_most (place r) f /\ masking r <= strictness (context f) /\ ranks r.
Proof.
  induction fs as [|g fs IH]; intros f [F [W O]] r H; cbn in H.
  - destruct (guard f) eqn:G; cbn in H; [destruct H as [<-|[]]|contradiction]. apply F; assumption.
  - apply in_app_or in H. destruct H as [H|H].
    + destruct (guard f) eqn:G; cbn in H; [destruct H as [<-|[]]|contradiction]. apply F; assumption.
    + destruct (IH g O r H) as [A [B C]]. destruct W as [W1 W2]. split; [auto|split; [lia|auto]].
Qed.

(** Nothing but serialising tokens is held under a token at [Nothing] in a context that may sleep. *)
Lemma R7_nothing_held : forall fs f, frames_ok (f :: fs) -> ceil f = 0 -> strictness (context f) = 0 ->
  forall r, In r (guards (f :: fs)) -> exists s m, r = RSerial s m.
Proof.
  intros fs f O C S r IN. destruct (R2_top_bounds_all fs f O r IN) as [A [B D]].
  unfold at_most in A. assert (Z : masking r = 0) by lia. destruct (D Z) as [X|X]; [lia|exact X].
Qed.

(** ** Releasing in any order *)

Lemma guards_drop : forall r fs, guards (drop_guard r fs) = remove1 r (guards fs).
Proof.
  unfold guards. induction fs as [|f fs IH]; cbn; [reflexivity|].
  destruct (guard f) as [x|] eqn:G; cbn; [destruct (res_eq_dec r x)|]; cbn; rewrite ?G; cbn;
    rewrite ?IH; reflexivity.
Qed.

Lemma guards_app : forall a b, guards (a ++ b) = guards a ++ guards b.
Proof. intros. unfold guards. apply flat_map_app. Qed.

Lemma drop_guard_app : forall r a b, In r (guards a) -> drop_guard r (a ++ b) = drop_guard r a ++ b.
Proof.
  induction a as [|f a IH]; intros b H; cbn in *; [contradiction|].
  destruct (guard f) as [x|] eqn:G; cbn in *.
  - destruct (res_eq_dec r x); [reflexivity|]. destruct H as [H|H]; [congruence|].
    cbn. rewrite IH; [reflexivity|assumption].
  - rewrite IH; [reflexivity|assumption].
Qed.

(** A loose guard's frame keeps its ceiling. *)
Lemma frames_ok_drop : forall r fs, frames_ok fs -> frames_ok (drop_guard r fs).
Proof.
  induction fs as [|f fs IH]; [auto|]. intros [F [W O]]. specialize (IH O).
  assert (D : match drop_guard r fs with [] => True | g :: _ => weaker g f end).
  { destruct fs as [|g fs']; cbn; [exact I|]. destruct (guard g); [destruct (res_eq_dec r r0)|]; exact W. }
  cbn. destruct (guard f) as [x|] eqn:G; [destruct (res_eq_dec r x)|]; cbn.
  - split; [split; [apply F|cbn; discriminate]|split; [exact W|exact O]].
  - split; [exact F|split; [exact D|exact IH]].
  - split; [exact F|split; [exact D|exact IH]].
Qed.

Lemma Forall_drop : forall (Q : frame -> Prop) r fs,
  (forall f, Q f -> Q (Frame (ceil f) (upto f) (context f) None)) -> Forall Q fs -> Forall Q (drop_guard r fs).
Proof.
  induction fs as [|f fs IH]; cbn; intros H A; [auto|]. inversion A; subst.
  destruct (guard f); [destruct (res_eq_dec r r0)|]; constructor; auto.
Qed.

Lemma holds_In : forall r l, holds r l = true <-> In r l.
Proof. intros. unfold holds. destruct (in_dec res_eq_dec r l); split; intros; auto; discriminate. Qed.

Lemma In_remove1 : forall x r l, In x (remove1 r l) -> In x l.
Proof.
  induction l as [|y l IH]; cbn; [auto|]. destruct (res_eq_dec r y); cbn; intros H; [auto|].
  destruct H; auto.
Qed.
