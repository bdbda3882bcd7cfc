(** * Each rule is needed: with one comparison changed there is a program that the checker accepts and a schedule after
    which its threads wait in a circle.  Both are computed. *)

From Coq Require Import List Arith Bool Relation_Operators.
Import ListNotations.
Require Import Rules Machine Safety NoCircle Exec.

Definition breaks (R : rules) : Prop :=
  exists P cpus c a, well_typed_with R P = true /\ well_typed P = false
    /\ reachable Nat.ltb P cpus c /\ clos_trans id (waits_for Nat.ltb cpus c) a a.

Lemma broken : forall R P cpus xs l,
  well_typed_with R P && negb (well_typed P) && circle_after Nat.ltb P cpus xs l = true -> breaks R.
Proof.
  intros R P cpus xs l H. apply andb_prop in H. destruct H as [H C]. apply andb_prop in H. destruct H as [H N].
  destruct (circle_found Nat.ltb P cpus xs l C) as [c [a [X Y]]]. apply negb_true_iff in N.
  exists P, cpus, c, a. auto.
Qed.

Definition A := Lock 0 40 0 Sleeping Unnested.      (* two locks of one class *)
Definition A' := Lock 1 40 1 Sleeping Unnested.
Definition B := Lock 2 50 0 Sleeping Unnested.
Definition S1 := Lock 3 60 1 Spinning Sorted.       (* a class ordered by key; two with one key *)
Definition S2 := Lock 4 60 2 Spinning Sorted.
Definition S2' := Lock 5 60 2 Spinning Sorted.
Definition Q := Lock 6 70 0 IrqSafe Unnested.
Definition N := Lock 7 70 0 Spinning Unnested.

Definition lk (l : lock) (k : prog) : prog := Do (OLock l) k Ret.
Definition un (l : lock) (k : prog) : prog := Release (RLock l) (Pop k).
Definition two (x y : lock) : prog := lk x (lk y (un y (un x Ret))).
Definition tasks (ps : list prog) : list (ctx * prog) := map (fun p => (Task, p)) ps.
Definition program_of (ps hs : list prog) : program := Program [] (length ps) (tasks ps) hs.
Definition go (a : id) := Go a true.

(** R1 with [<=] for [<]: two threads take two locks of one class in opposite orders; one takes a lock twice. *)
Theorem R1_strict : breaks (MkRules Nat.leb Nat.ltb Nat.max usable inside (fun h => h =? 0)).
Proof.
  apply (broken _ (program_of [two A A'; two A' A] []) 2
           [To 0 0; To 1 1; go (T 0); go (T 1)] [T 0; T 1]). vm_compute. reflexivity.
Qed.

Theorem R1_strict_recursion : breaks (MkRules Nat.leb Nat.ltb Nat.max usable inside (fun h => h =? 0)).
Proof. apply (broken _ (program_of [two A A] []) 1 [To 0 0; go (T 0)] [T 0]). vm_compute. reflexivity. Qed.

(** R4 with equal keys let through. *)
Theorem R4_equal_keys : breaks (MkRules Nat.ltb Nat.leb Nat.max usable inside (fun h => h =? 0)).
Proof.
  apply (broken _ (program_of
           [lk S2 (Do (ONext S2') (un S2' (un S2 Ret)) Ret); lk S2' (Do (ONext S2) (un S2 (un S2' Ret)) Ret)] []) 2
           [To 0 0; To 1 1; go (T 0); go (T 0); go (T 1); go (T 1)] [T 0; T 1]). vm_compute. reflexivity.
Qed.

(** R5 with the tried lock's own rank as the ceiling. *)
Theorem R5_inner_of_both : breaks (MkRules Nat.ltb Nat.ltb (fun _ l => l) usable inside (fun h => h =? 0)).
Proof.
  apply (broken _ (program_of
           [lk B (Do (OTryAny A) (lk (Lock 8 45 0 Sleeping Unnested) (un (Lock 8 45 0 Sleeping Unnested) (un A (un B Ret))))
                                 (un B Ret));
            two (Lock 8 45 0 Sleeping Unnested) B] []) 2
           [To 0 0; To 1 1; go (T 0); go (T 0); go (T 1)] [T 0; T 1]). vm_compute. reflexivity.
Qed.

(** R6 with plain spin locks allowed in handlers: a handler waits for the thread that it interrupted. *)
Theorem R6_handlers : breaks (MkRules Nat.ltb Nat.ltb Nat.max (fun _ _ => true) inside (fun h => h =? 0)).
Proof.
  apply (broken _ (program_of [lk N (un N Ret)] [lk N (un N Ret)]) 1
           [To 0 0; go (T 0); go (T 0); Irupt 0 0] [T 0; Irq 0]). vm_compute. reflexivity.
Qed.

(** R6 with the context kept inside of an interrupt-safe lock: its holder waits for a plain lock, whose holder is
    interrupted by a handler that waits for the first. *)
Theorem R6_inside : breaks (MkRules Nat.ltb Nat.ltb Nat.max usable (fun _ c => c) (fun h => h =? 0)).
Proof.
  apply (broken _ (program_of [two Q (Lock 9 80 0 Spinning Unnested); lk (Lock 9 80 0 Spinning Unnested) (un (Lock 9 80 0 Spinning Unnested) Ret)]
                              [lk Q (un Q Ret)]) 2
           [To 0 0; To 1 1; go (T 0); go (T 0); go (T 1); go (T 1); Irupt 1 0] [T 0; T 1; Irq 1]). vm_compute. reflexivity.
Qed.

(** R7 with joins under a lock: a thread joins one that needs it (attacks g01, g02, by which [NothingHeld] was had under
    a lock). *)
Theorem R7_nothing : breaks (MkRules Nat.ltb Nat.ltb Nat.max usable inside (fun _ => true)).
Proof.
  apply (broken _ (program_of [lk A (Join 1 (un A Ret) (un A Ret)); lk A (un A Ret)] []) 2
           [To 0 0; To 1 1; go (T 0)] [T 0; T 1]). vm_compute. reflexivity.
Qed.

(** R7 with an event, a served variable or a semaphore that is waited for from inside of what is held: without the strict
    order of R1 a thread waits for itself, and two for each other. *)
Theorem R7_served : breaks (MkRules Nat.leb Nat.ltb Nat.max usable inside (fun h => h =? 0)).
Proof.
  apply (broken _ (program_of
           [Do (OServe (Event 0 40)) (lk A (un A (Release (RServe (Event 0 40)) (Pop Ret)))) Ret;
            lk A (WaitServed (Event 0 40) (un A Ret) (un A Ret))] []) 2
           [To 0 0; To 1 1; go (T 0); go (T 1)] [T 0; T 1]). vm_compute. reflexivity.
Qed.

Theorem R1_permits : breaks (MkRules Nat.leb Nat.ltb Nat.max usable inside (fun h => h =? 0)).
Proof.
  apply (broken _ (program_of
           [Do (OPermit (Sem 0 40 1)) (lk A (un A (Release (RPermit (Sem 0 40 1)) (Pop Ret)))) Ret;
            lk A (Do (OPermit (Sem 0 40 1)) (Release (RPermit (Sem 0 40 1)) (Pop (un A Ret))) Ret)] []) 2
           [To 0 0; To 1 1; go (T 0); go (T 1)] [T 0; T 1]). vm_compute. reflexivity.
Qed.

(** Joins of threads that are not younger let through: the program is well typed, for what is checked is a number at run
    time; two threads join each other. *)
Definition joiners : program := program_of [Join 1 Ret Ret; Join 0 Ret Ret] [].
Theorem J_created_after : well_typed joiners = true /\
  exists c a, reachable (fun _ _ => true) joiners 2 c /\ clos_trans id (waits_for (fun _ _ => true) 2 c) a a.
Proof.
  split; [reflexivity|]. apply (circle_found (fun _ _ => true) joiners 2 [To 0 0; To 1 1] [T 0; T 1]). vm_compute. reflexivity.
Qed.
