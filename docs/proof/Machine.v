(** * The machine: threads on CPUs, and handlers that interrupt them.

    The machine knows nothing of tokens: it acquires whatever a program says, in whatever order.  What is counted (by
    [disable_interrupts], [disable_preemption]) is what is in [held]. *)

From Coq Require Import List Arith Bool Lia.
Import ListNotations.
Require Import Rules.

(** A thread or a handler: the stack of functions that it is in, what it holds, and whether it has begun to wait for the
    spinning lock that comes next (then preemption or interrupts are off already, as [Kind::enter] turns them off before
    the core is acquired).

    Serialising tokens: [toks] are those that it has, [lost] those that it has to take again; [given]: it has given them
    back and waits (afterwards it takes them again, least first, before it does anything else).  How it has them, alone or
    shared, is what the scopes say that it is in: [mode_in]. *)
Record agent := Agent {
  code : list prog; held : list res; spin : bool; toks : list nat; lost : list nat; given : bool }.

(** [T t]: thread [t].  [Irq k]: the handler on CPU [k], of which there is one at most (handlers do not nest). *)
Inductive id := T (t : nat) | Irq (k : nat).

Definition id_eq_dec (a b : id) : {a = b} + {a <> b}.
Proof. decide equality; apply Nat.eq_dec. Defined.

(** What an agent that is here waits for, if its next operation is one that waits for a lock or an event. *)
Definition wanted_by (p : prog) : option res :=
  match p with
  | Do o _ _ => awaits o
  | WaitEvent e _ _ => Some (REvent e)
  | WaitServed e _ _ => Some (RServe e)
  | _ => None
  end.
Definition wanted_in (c : list prog) : option res := match c with p :: _ => wanted_by p | [] => None end.
Definition wanted (a : agent) : option res := wanted_in (code a).
Definition joins_in (c : list prog) : option nat := match c with Join t _ _ :: _ => Some t | _ => None end.
Definition joins (a : agent) : option nat := joins_in (code a).

(** What may sleep: waiting for a sleeping lock, an event, a notification, another thread's end.  (A serialising token is
    waited for as one that was given back.) *)
Definition may_sleep (p : prog) : bool :=
  match p with
  | Do (OLock l) _ _ | Do (ONext l) _ _ | Do (ORead l) _ _ | Do (OUp l) _ _ | Upgrade l _ => masking (RLock l) =? 0
  | Do (OPermit _) _ _ | WaitEvent _ _ _ | WaitServed _ _ _ | Await _ | Join _ _ _ => true
  | _ => false
  end.
Definition sleeps_in (c : list prog) : bool := match c with p :: _ => may_sleep p | [] => false end.

Definition retaking (a : agent) : bool := match lost a with [] => false | _ => negb (given a) end.

(** Preemption ([n] = 1) or interrupts ([n] = 2) are off. *)
Definition masks (n : nat) (a : agent) : bool :=
  existsb (fun r => n <=? masking r) (held a)
  || (spin a && match wanted a with Some r => n <=? masking r | None => false end).

(** What a step does beside its agent: an event is done, a thread begins. *)
Inductive effect := Done (e : event) | Begin (t : nat).

(** ** Readers and writers *)

Definition lock_of (r : res) : option lock := match r with RLock l | RRead l | RUp l => Some l | _ => None end.
Definition of_lock (l : lock) (h : res) : bool :=
  match lock_of h with Some l' => if res_eq_dec (RLock l) (RLock l') then true else false | None => false end.
Definition is_read (h : res) : bool := match h with RRead _ => true | _ => false end.
Definition is_up (h : res) : bool := match h with RUp _ => true | _ => false end.

(** [r] cannot be had while somebody holds [h]. *)
Definition clash (r h : res) : bool :=
  match r with
  | RLock l => of_lock l h
  | RRead l => of_lock l h && negb (is_read h) && negb (is_up h)
  | RUp l => of_lock l h && negb (is_read h)
  | REvent _ => if res_eq_dec r h then true else false
  | _ => false
  end.

(** Who wants [r] may have to wait for who holds [h]: the lock in whatever way (a reader waits for other readers where a
    writer waits for those). *)
Definition meets (r h : res) : bool :=
  match lock_of r with Some l => of_lock l h | None => if res_eq_dec r h then true else false end.

(** Who upgrades waits for the readers. *)
Definition stays (l : lock) (h : res) : bool := of_lock l h && negb (is_up h).
Definition upgrades_in (c : list prog) : option lock := match c with Upgrade l _ :: _ => Some l | _ => None end.
Definition upgrades (a : agent) : option lock := upgrades_in (code a).

(** What an agent sees of the others.  [sole]: nobody else has the token; [younger]: whom it would join was created after
    it. *)
Record view := View {
  alone : lock -> bool; free : res -> bool; room : sem -> bool; served : event -> bool; done : event -> bool;
  ended : nat -> bool; unheld : nat -> mode -> bool; sole : nat -> bool; younger : nat -> bool }.

(** Tokens in the order in which they are taken again, each once. *)
Fixpoint ins (s : nat) (l : list nat) : list nat :=
  match l with
  | [] => [s]
  | x :: l' => if s <? x then s :: l else if s =? x then l else x :: ins s l'
  end.
Definition in_order (l : list nat) : list nat := fold_right ins [] l.

Definition has (s : nat) (l : list nat) : bool := existsb (Nat.eqb s) l.

(** Whether what is held has a scope of the token, and how it has the token: alone, where one of them says so. *)
Definition scope_of (s : nat) (r : res) : bool := match r with RSerial s' _ => s =? s' | _ => false end.
Definition in_scope (s : nat) (h : list res) : bool := existsb (scope_of s) h.
Definition mode_in (s : nat) (h : list res) : mode := if holds (RSerial s Exclusive) h then Exclusive else Shared.
Definition shared (m : mode) : bool := match m with Shared => true | Exclusive => false end.

(** The tokens that are left where [r] is released and [h] is still held: a share where there is a shared scope outside. *)
Definition left_after (r : res) (h : list res) (t : list nat) : list nat :=
  match r with RSerial s _ => if in_scope s h then t else remove Nat.eq_dec s t | _ => t end.

Section Machine.
Variable may_join : nat -> nat -> bool.   (* who may join whom, by their numbers: [Nat.ltb] in the library *)
Variable P : program.

(** One operation; [None]: it cannot be done now.  [side] chooses where the program does.  The second part: what
    it does beside. *)
Definition operate (v : view) (side : bool) (a : agent) : option (agent * option effect) :=
  let go c h s := Agent c h s (toks a) (lost a) false in
  match code a with
  | [] => None
  | Ret :: ps => Some (go ps (held a) (spin a), None)
  | Do o ok err :: ps =>
      let success := go (ok :: ps) (opt (gives o) ++ held a) false in
      let failure := go (err :: ps) (held a) false in
      match o with
      | OLock l | ONext l | ORead l | OUp l =>
          if negb (spin a) && (1 <=? masking (RLock l)) then Some (go (code a) (held a) true, None)
          else if match awaits o with Some r => free v r | None => false end then Some (success, None) else None
      | OTry l | OTryAny l => if free v (RLock l) then Some (success, None) else Some (failure, None)
      | OPromise e =>
          if free v (REvent e) && negb (done v e) then Some (success, None) else Some (failure, None)
      | OPermit s => if room v s then Some (success, None) else None
      | OTryPermit s => if room v s then Some (success, None) else Some (failure, None)
      | OSerial s m =>
          let h := RSerial s m :: held a in
          if has s (toks a) && (shared m || negb (shared (mode_in s (held a))) || (sole v s && side))
          then Some (success, None)             (* once more; or a share becomes exclusive, where nobody else has one *)
          else if negb (has s (toks a)) && unheld v s (mode_in s h) && side
          then Some (Agent (ok :: ps) h false (s :: toks a) (lost a) false, None)
          else                        (* while it waits it holds none, nor its share of this one *)
            Some (Agent (ok :: ps) h false [] (in_order (s :: toks a)) false, None)
      | _ => Some (success, None)
      end
  | Release r k :: ps =>
      let h := remove1 r (held a) in
      Some (Agent (k :: ps) h (spin a) (left_after r h (toks a)) (lost a) false,
            match r with REvent e => Some (Done e) | _ => None end)
  | Pop k :: ps => Some (go (k :: ps) (held a) (spin a), None)
  | Choice k1 k2 :: ps => Some (go ((if side then k1 else k2) :: ps) (held a) (spin a), None)
  | Call n k :: ps =>
      match nth_error (functions P) n with
      | Some (_, body) => Some (go (body :: k :: ps) (held a) (spin a), None)
      | None => None
      end
  | WaitEvent e ok err :: ps =>
      if done v e then Some (go (ok :: ps) (held a) (spin a), None)
      else if free v (REvent e) then Some (go (err :: ps) (held a) (spin a), None) else None
  | WaitServed e ok err :: ps =>              (* notified at any time: [no_circular_wait] has it waiting until then *)
      Some (go ((if served v e then ok else err) :: ps) (held a) (spin a), None)
  | Await k :: ps =>                          (* somebody notifies, or nobody: spurious *)
      match toks a with [] => Some (go (k :: ps) (held a) (spin a), None) | _ => None end
  | Upgrade l k :: ps =>
      if alone v l then Some (go (k :: ps) (RLock l :: remove1 (RUp l) (held a)) (spin a), None) else None
  | Spawn t k :: ps => Some (go (k :: ps) (held a) (spin a), Some (Begin t))
  | Downgrade r r' k :: ps => Some (go (k :: ps) (r' :: remove1 r (held a)) (spin a), None)
  | Join t ok err :: ps =>                    (* of a thread that is not younger the library gives an error *)
      if younger v t then if ended v t then Some (go (ok :: ps) (held a) (spin a), None) else None
      else Some (go (err :: ps) (held a) (spin a), None)
  | Unwind :: _ =>                            (* a promise that is broken is not done *)
      match held a with
      | r :: h => Some (Agent [Unwind] h (spin a) (left_after r h (toks a)) (lost a) false, None)
      | [] => Some (Agent [] [] (spin a) (toks a) (lost a) false, None)
      end
  end.

(** One step of an agent.  Whoever has tokens to take again does nothing else.  Whoever may sleep may give its tokens
    back, and does where it has to wait. *)
Definition local_step (v : view) (side : bool) (a : agent) : option (agent * option effect) :=
  if retaking a then
    match lost a with
    | s :: l => if unheld v s (mode_in s (held a)) then Some (Agent (code a) (held a) (spin a) (s :: toks a) l false, None) else None
    | [] => None
    end
  else
    let back := Agent (code a) (held a) (spin a) [] (in_order (toks a)) true in
    if sleeps_in (code a) && negb (match toks a with [] => true | _ => false end)
    then if side then match operate v true a with Some x => Some x | None => Some (back, None) end
         else Some (back, None)
    else operate v side a.

(** ** Configurations *)

Variable cpus : nat.

Record config := Config {
  thread : nat -> agent;
  handler : nat -> agent;
  current : nat -> option nat;       (* the thread on a CPU *)
  is_done : event -> bool;
  begun : nat -> bool }.             (* the threads that have been spawned *)

Definition agent_of (c : config) (a : id) : agent := match a with T t => thread c t | Irq k => handler c k end.

(** All there can be. *)
Definition ids : list id := map T (seq 0 (length (threads P))) ++ map Irq (seq 0 cpus).

Definition is_free (c : config) (r : res) : bool :=
  negb (existsb (fun a => existsb (clash r) (held (agent_of c a))) ids).

Definition is_alone (c : config) (l : lock) : bool :=
  negb (existsb (fun a => existsb (stays l) (held (agent_of c a))) ids).

(** A token that is to be had alone is held by nobody; one that is to be shared, by nobody alone. *)
Definition bars (s : nat) (m : mode) (x : agent) : bool := has s (toks x) && negb (shared m && shared (mode_in s (held x))).
Definition is_unheld (c : config) (s : nat) (m : mode) : bool := negb (existsb (fun a => bars s m (agent_of c a)) ids).

Definition id_eqb (a b : id) : bool := if id_eq_dec a b then true else false.
Definition is_sole (c : config) (a : id) (s : nat) : bool :=
  negb (existsb (fun b => negb (id_eqb a b) && has s (toks (agent_of c b))) ids).

(** How many permits are held. *)
Definition taken (c : config) (s : sem) : nat :=
  list_sum (map (fun a => count_occ res_eq_dec (held (agent_of c a)) (RPermit s)) ids).
Definition is_served (c : config) (e : event) : bool := existsb (fun a => holds (RServe e) (held (agent_of c a))) ids.

Definition no_code (a : agent) : bool := match code a with [] => true | _ => false end.

Definition view_of (c : config) (a : id) : view :=
  View (is_alone c) (is_free c) (fun s => taken c s <? permits s) (is_served c) (is_done c)
       (fun t => no_code (thread c t) || negb (begun c t)) (is_unheld c) (is_sole c a)
       (fun t => match a with T u => may_join u t | Irq _ => false end).

Definition set {A} (f : nat -> A) (n : nat) (x : A) : nat -> A := fun m => if m =? n then x else f m.

Definition event_eqb (a b : event) : bool := (ename a =? ename b) && (erank a =? erank b).

Definition fulfil (f : event -> bool) (e : option effect) : event -> bool :=
  match e with Some (Done e) => fun x => event_eqb e x || f x | _ => f end.

Definition begin (f : nat -> bool) (e : option effect) : nat -> bool :=
  match e with Some (Begin t) => fun x => (x =? t) || f x | _ => f end.

Definition set_agent (c : config) (a : id) (x : agent) (e : option effect) : config :=
  match a with
  | T t => Config (set (thread c) t x) (handler c) (current c) (fulfil (is_done c) e) (begin (begun c) e)
  | Irq k => Config (thread c) (set (handler c) k x) (current c) (fulfil (is_done c) e) (begin (begun c) e)
  end.

(** Whether it runs now: a handler does; a thread that is on a CPU and is not interrupted. *)
Definition runs (c : config) (a : id) : Prop :=
  match a with
  | T t => exists k, k < cpus /\ current c k = Some t /\ code (handler c k) = []
  | Irq k => k < cpus
  end.

(** Nothing on this CPU forbids it: [n] = 1 preemption, [n] = 2 an interrupt. *)
Definition allows (n : nat) (c : config) (k : nat) : Prop :=
  code (handler c k) = [] /\ match current c k with Some t => masks n (thread c t) = false | None => True end.

Definition fresh (p : prog) : agent := Agent [p] [] false [] [] false.
Definition idle : agent := Agent [] [] false [] [] false.

Inductive step (c : config) : config -> Prop :=
  | Run a side x e :                    (* whoever runs takes a step *)
      runs c a -> local_step (view_of c a) side (agent_of c a) = Some (x, e) -> step c (set_agent c a x e)
  | Panic a :                           (* whoever runs may panic anywhere in its program *)
      runs c a -> code (agent_of c a) <> [] -> lost (agent_of c a) = [] -> spin (agent_of c a) = false ->
      step c (set_agent c a (Agent [Unwind] (held (agent_of c a)) false (toks (agent_of c a)) [] false) None)
  | Interrupt k h :                     (* any handler, at any moment, on a CPU that has interrupts on *)
      k < cpus -> allows 2 c k -> In h (handlers P) ->
      step c (Config (thread c) (set (handler c) k (fresh h)) (current c) (is_done c) (begun c))
  | Switch k t :                        (* to any thread that is on no CPU, where preemption is not off *)
      k < cpus -> allows 1 c k -> t < length (threads P) -> begun c t = true -> (forall k', k' < cpus -> current c k' <> Some t) ->
      step c (Config (thread c) (handler c) (set (current c) k (Some t)) (is_done c) (begun c)).

Definition start : config :=
  Config (fun t => match nth_error (threads P) t with Some (_, p) => fresh p | None => idle end)
         (fun _ => idle) (fun _ => None) (fun _ => false) (fun t => t <? first_threads P).

Inductive reachable : config -> Prop :=
  | Start : reachable start
  | Step c c' : reachable c -> step c c' -> reachable c'.

(** ** Who waits for whom *)

(** R8: who waits where it may sleep has given its tokens back first (before, it is not waiting: it can step). *)
Definition waits_now (a : agent) : bool :=
  negb (retaking a) && (negb (sleeps_in (code a)) || match toks a with [] => true | _ => false end).

Inductive waits_for (c : config) : id -> id -> Prop :=
  | For_a_lock_or_event a b r h :       (* for what another one holds, in whatever way, or has promised *)
      waits_now (agent_of c a) = true ->
      wanted (agent_of c a) = Some r -> In h (held (agent_of c b)) -> meets r h = true -> waits_for c a b
  | For_the_readers a b l h :           (* an upgrade, for the other readers *)
      waits_now (agent_of c a) = true ->
      upgrades (agent_of c a) = Some l -> In h (held (agent_of c b)) -> stays l h = true -> waits_for c a b
  | For_the_handler k t :               (* an interrupted thread, for the handler on its CPU *)
      k < cpus -> current c k = Some t -> code (handler c k) <> [] -> waits_for c (T t) (Irq k)
  | For_its_end t u :                   (* a join *)
      waits_now (thread c t) = true ->
      joins (thread c t) = Some u -> may_join t u = true -> begun c u = true -> code (thread c u) <> [] -> waits_for c (T t) (T u)
  | For_a_token a b s l :               (* for a serialising token that it takes again *)
      retaking (agent_of c a) = true ->
      lost (agent_of c a) = s :: l -> In s (toks (agent_of c b)) -> waits_for c a b.

End Machine.
