(** * What the rules answer to every question of [tests/conformance]: for an operation, whether a token at each position, in
    each context, may do it.  The compiler must give the same answers.

    A row is a name and a 0 or 1 for each column; columns are positions, and in each the four contexts.  Names and columns
    are the generator's ([tests/conformance/src/questions.rs]), which knows nothing of the rules. *)

From Coq Require Import List Arith Bool String.
Import ListNotations.
Require Import Rules.
Open Scope string_scope.

(** The small hierarchy of the questions.  A rank is a level times 64 and a class's number. *)
Definition rank_Outer := 10 * 64.
Definition rank_A := 10 * 64 + 1.
Definition rank_B := 10 * 64 + 2.
Definition rank_Inner := 40 * 64.
Definition rank_C := 40 * 64 + 3.
Definition rank_D := 40 * 64 + 5.
Definition rank_E := 40 * 64 + 6.

Definition positions : list nat :=
  [0; rank_A - 1; rank_Outer; rank_A; rank_B; rank_C - 1; rank_Inner; rank_C].
Definition contexts : list ctx := [Task; Atomic; IrqOff; HardIrq].
Definition columns : list frame := flat_map (fun p => map (fun c => Frame p None c None) contexts) positions.

Definition classes : list (string * nat) := [("A", rank_A); ("B", rank_B); ("C", rank_C)].
Definition kinds : list (string * kind) := [("Sleeping", Sleeping); ("Spinning", Spinning); ("IrqSafe", IrqSafe)].
Definition named : list (string * ctx) := [("Task", Task); ("Atomic", Atomic); ("IrqOff", IrqOff); ("HardIrq", HardIrq)].

Definition same (a b : ctx) : bool :=
  match a, b with Task, Task | Atomic, Atomic | IrqOff, IrqOff | HardIrq, HardIrq => true | _, _ => false end.

Section Answers.
Variable R : rules.

(** Whether an operation is let through; and whether the token inside is this one. *)
Definition lets (o : op) (f : frame) : bool := match push_with R o f with Some _ => true | None => false end.
Definition gives_token (o : op) (h : frame -> nat) (c : frame -> ctx) (f : frame) : bool :=
  match push_with R o f with Some g => Nat.eqb (ceil g) (h f) && same (context g) (c f) | None => false end.
Definition runs (p : prog) (f : frame) : bool := wt R (Program [] 0 [] []) [f] p.

Definition un (r : res) (k : prog) : prog := Release r (Pop k).

(** By class and kind of lock. *)
Definition of_lock (c : string * nat) (k : string * kind) : list (string * (frame -> bool)) :=
  let n := snd c in
  let l := Lock 0 n 0 (snd k) Unnested in
  let name s := s ++ " " ++ fst k ++ " " ++ fst c in
  [ (name "lock", lets (OLock l)); (name "try_lock", lets (OTry l)); (name "try_lock_any", lets (OTryAny l));
    (name "read", lets (ORead l)); (name "write", lets (OLock l)); (name "upgradeable", lets (OUp l));
    (name "upgrade", runs (Do (OUp l) (Upgrade l (un (RLock l) Ret)) Ret));
    (name "downgrade", runs (Do (OLock l) (Downgrade (RLock l) (RRead l) (un (RRead l) Ret)) Ret)) ]
  ++ flat_map (fun i => [ (name "inside of read" ++ " is " ++ fst i, gives_token (ORead l) (fun _ => n) (fun _ => snd i));
                          (name "inside of lock" ++ " is " ++ fst i, gives_token (OLock l) (fun _ => n) (fun _ => snd i)) ]) named
  ++ map (fun x => ("lock IrqSafe " ++ fst x ++ " under " ++ name "try_lock_any",
                    fun f => match push_with R (OTryAny l) f with
                             | Some g => match push_with R (OLock (Lock 1 (snd x) 0 IrqSafe Unnested)) g with Some _ => true | None => false end
                             | None => false end)) classes.

(** By class. *)
Definition of_class (c : string * nat) : list (string * (frame -> bool)) :=
  let n := snd c in
  let e := Event 0 n in
  let s := Sem 0 n 1 in
  let spin := Lock 0 n 0 Spinning Unnested in
  let irq := Lock 0 n 0 IrqSafe Unnested in
  let guarded := Lock 1 rank_C 0 Sleeping Unnested in
  let name s := s ++ " " ++ fst c in
  let id_ctx := context in
  [ (name "below", fun f => less R (ceil f) n && gives_token (below n) (fun _ => n - 1) id_ctx f);
    (name "promise event", gives_token (OPromise e) (fun _ => n) id_ctx);
    (name "wait for event", runs (WaitEvent e Ret Ret));
    (name "serve", gives_token (OServe e) (fun _ => n) id_ctx);
    (name "wait while served, lock C in hand,", runs (Do (OLock guarded) (wait_served e guarded (un (RLock guarded) Ret) (un (RLock guarded) Ret)) Ret));
    (name "acquire permit", gives_token (OPermit s) (fun _ => n) id_ctx);
    (name "try to acquire permit", gives_token (OTryPermit s) (fun _ => n) id_ctx);
    (name "make once Spinning", runs (get_or_init spin (fun k => k) Ret));
    (name "make once IrqSafe", runs (get_or_init irq (fun k => k) Ret));
    (name "inside of making once is Atomic", gives_token (OLock spin) (fun _ => n) (fun _ => Atomic));
    (name "update sequence Spinning", lets (OLock spin));
    (name "update sequence IrqSafe", lets (OLock irq));
    (name "snapshot sequence Spinning", runs (snapshot spin Ret));
    (name "snapshot sequence IrqSafe", runs (snapshot irq Ret)) ].

(** Positions that can be named: levels and classes. *)
Definition declared : list (string * nat) :=
  [("Outer", rank_Outer); ("A", rank_A); ("B", rank_B); ("Inner", rank_Inner); ("C", rank_C)].

(** Of no class. *)
Definition of_none : list (string * (frame -> bool)) :=
  let c := Lock 0 rank_C 0 Sleeping Unnested in
  let spin := Lock 0 rank_C 0 Spinning Unnested in
  map (fun d => ("at " ++ fst d, gives_token (OAt (snd d)) (fun _ => snd d) context)) declared
  ++ [ ("to_atomic", gives_token OToAtomic ceil (fun _ => Atomic));
       ("to_irq_off", gives_token OToIrqOff ceil (fun _ => IrqOff));
       ("irqs_off", gives_token OIrqsOff ceil (fun _ => IrqOff));
       ("no_preempt", gives_token ONoPreempt ceil (fun _ => Atomic));
       ("to_nothing", fun f => nothing R (ceil f));
       ("join", runs (Join 0 Ret Ret));
       ("wait_until", runs (Await Ret));
       ("wait to be signalled", runs (Await Ret));
       ("condition with a sleeping lock", runs (Do (OLock c) (wait c (un (RLock c) Ret)) Ret));
       ("condition with a spin lock", runs (Do (OLock spin) (wait spin (un (RLock spin) Ret)) Ret));
       ("with_serial_token", gives_token (OSerial 0 Exclusive) ceil context);
       ("with_shared_serial_token", gives_token (OSerial 0 Shared) ceil context);
       ("data of a serial token", fun f => match push_with R (OSerial 0 Exclusive) f with
          | Some g => gives_token OToAtomic ceil (fun _ => Atomic) g | None => false end);
       ("alone after shared", runs (scope 0 Shared (scope 0 Exclusive (fun k => k)) Ret));
       ("wait with a serial token", runs (scope 0 Exclusive (fun k => Await k) Ret)) ].

(** Several locks of one class. *)
Definition several (d : string * nat * discipline) : list (string * (frame -> bool)) :=
  let '(name, rank, order) := d in
  let l n := Lock n rank n Spinning order in
  let both := un (RLock (l 1)) (un (RLock (l 0)) Ret) in
  [ ("descend " ++ name, runs (Do (OLock (l 0)) (Do (ONext (l 1)) both Ret) Ret));
    ("pair " ++ name, runs (lock_set [l 1; l 0] (release_all [l 1; l 0] Ret) Ret));
    ("twice " ++ name, runs (Do (OLock (l 0)) (Do (OLock (l 1)) both Ret) Ret)) ].

Definition questions : list (string * (frame -> bool)) :=
  flat_map (fun c => flat_map (of_lock c) kinds) classes
  ++ flat_map of_class classes
  ++ of_none
  (* a tree is walked and not sorted, what is sorted is not walked: which of them there is, is the class's order *)
  ++ filter (fun q => negb (prefix "pair D" (fst q)) && negb (prefix "descend E" (fst q)))
       (flat_map several [("C", rank_C, Unnested); ("D", rank_D, AlongTree); ("E", rank_E, Sorted)]).

Fixpoint answers (q : frame -> bool) (fs : list frame) : string :=
  match fs with [] => "" | f :: fs => (if q f then "1" else "0") ++ answers q fs end.

Definition table : list string := map (fun q => fst q ++ ": " ++ answers (snd q) columns) questions.
End Answers.

(** A changed rule shows: the table is another one with each of these comparisons changed. *)
Definition differs (R : rules) : bool :=
  negb (forallb (fun p => String.eqb (fst p) (snd p)) (combine (table library) (table R))).
Example a_changed_rule_changes_the_table :
  map differs
    [ library;
      MkRules Nat.leb Nat.ltb Nat.max usable inside (fun h => h =? 0)%nat;            (* R1: at or after *)
      MkRules Nat.ltb Nat.ltb (fun _ l => l) usable inside (fun h => h =? 0)%nat;     (* R5: the tried lock's own rank *)
      MkRules Nat.ltb Nat.ltb Nat.max (fun _ _ => true) inside (fun h => h =? 0)%nat; (* R6: any kind anywhere *)
      MkRules Nat.ltb Nat.ltb Nat.max usable (fun _ c => c) (fun h => h =? 0)%nat;    (* R6: the context is kept *)
      MkRules Nat.ltb Nat.ltb Nat.max usable inside (fun _ => true) ]                 (* R7: nothing held, whatever is *)
  = [false; true; true; true; true; true].
Proof. vm_compute. reflexivity. Qed.

Set Printing Width 1000000.
Set Printing Depth 1000000.
Eval vm_compute in table library.
