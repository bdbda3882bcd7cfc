(** * Theorem 1: a well-typed configuration steps to a well-typed one, and tokens bound what is held. *)

From Coq Require Import List Arith Bool Lia.
Import ListNotations.
Require Import Rules Machine.

Section Safety.
Variable may_join : nat -> nat -> bool.   (* any: Theorem 1 does not need it *)
Variable P : program.
Variable cpus : nat.
Hypothesis Typed : well_typed P = true.

Notation wt := (wt library P).

(** Each function that an agent is in is well typed under its own frames. *)
Inductive typed : list (list frame) -> list prog -> Prop :=
  | typed_nil : typed [] []
  | typed_cons fs p stack ps : wt fs p = true -> typed stack ps -> typed (fs :: stack) (p :: ps).

(** Code, what is held, and whether it spins, are well typed: there are tokens that type the code and bound what is held. *)
Definition code_ok (level : nat) (c : list prog) (h : list res) (sp : bool) : Prop :=
  exists stack,
    typed stack c
    /\ h = guards (concat stack)
    /\ frames_ok (concat stack)
    /\ Forall (fun f => level <= strictness (context f)) (concat stack)
    /\ (sp = true -> exists r, wanted_in c = Some r /\ 1 <= masking r).

Fixpoint sorted (l : list nat) : Prop :=
  match l with [] => True | x :: l => (forall y, In y l -> x < y) /\ sorted l end.

(** In a scope of the token, shared or alone. *)
Definition In_scope (s : nat) (h : list res) : Prop := exists m, In (RSerial s m) h.

(** Serialising tokens (R8): who has some to take again sleeps, or has slept, with nothing held that masks; it takes them
    in order; and it has those whose scopes it is in. *)
Definition toks_ok (level : nat) (a : agent) : Prop :=
  (lost a <> [] -> level = 0 /\ spin a = false /\ forall q, In q (held a) -> masking q = 0)
  /\ sorted (lost a)
  /\ (forall x y, In x (toks a) -> In y (lost a) -> x < y)
  /\ (forall s, In s (toks a) \/ In s (lost a) -> In_scope s (held a))
  /\ (given a = true -> sleeps_in (code a) = true /\ toks a = []).

(** An agent is well typed. *)
Definition agent_ok (level : nat) (a : agent) : Prop :=
  code_ok level (code a) (held a) (spin a) /\ toks_ok level a.

(** How strict the way in was. *)
Definition level (a : id) : nat :=
  match a with
  | T t => match nth_error (threads P) t with Some (c, _) => strictness c | None => 0 end
  | Irq _ => strictness HardIrq
  end.

Record config_ok (c : config) : Prop := {
  agents_ok : forall a, agent_ok (level a) (agent_of c a);
  interrupted_ok : forall k t, k < cpus -> current c k = Some t -> code (handler c k) <> [] -> masks 2 (thread c t) = false;
  on_a_cpu : forall t, masks 1 (thread c t) = true -> exists k, k < cpus /\ current c k = Some t;
  one_cpu : forall k k' t, k < cpus -> k' < cpus -> current c k = Some t -> current c k' = Some t -> k = k';
  no_more : forall t, length (threads P) <= t -> code (thread c t) = [];
  no_more_handlers : forall k, cpus <= k -> code (handler c k) = [];
  not_begun : forall t, begun c t = false ->
    held (thread c t) = [] /\ toks (thread c t) = [] /\ masks 1 (thread c t) = false /\ masks 2 (thread c t) = false;
  current_begun : forall k t, k < cpus -> current c k = Some t -> begun c t = true;
  no_more_current : forall k t, k < cpus -> current c k = Some t -> t < length (threads P) }.

(** ** The token that an agent uses now *)

Lemma wt_frames : forall fs p, wt fs p = true -> exists f rest, fs = f :: rest.
Proof. intros [|f rest] p H; [destruct p; discriminate H|eauto]. Qed.

Lemma current_token : forall lv c h sp p ps, code_ok lv c h sp -> c = p :: ps ->
  exists f fs rest,
    wt (f :: fs) p = true /\ h = guards (f :: fs ++ rest)
    /\ frames_ok (f :: fs ++ rest) /\ lv <= strictness (context f).
Proof.
  intros lv c h sp p ps [stack [Ty [H [O [L S]]]]] C. rewrite C in Ty. inversion Ty; subst.
  destruct (wt_frames _ _ H3) as [f [fs0 ->]].
  exists f, fs0, (concat stack0). cbn in O, L. inversion L; subst.
  repeat split; try assumption; try apply O; auto.
Qed.

(** R1, R4, R5, R6, R7 together: whoever waits for a lock or an event waits for something strictly inside of all that it
    holds, and that masks as much of the CPU as anything that it holds, and as the way in which it was entered. *)
Theorem waits_inside : forall lv a r, agent_ok lv a -> wanted a = Some r ->
  lv <= masking r /\ before (0, 0) (place r)
  /\ forall q, In q (held a) -> before (place q) (place r) /\ masking q <= masking r.
Proof.
  intros lv a r [A _] W. unfold wanted in W. destruct (code a) as [|p ps] eqn:C; [discriminate|].
  destruct (current_token lv _ _ _ p ps A eq_refl) as [f [fs [rest [T [H [O L]]]]]].
  pose proof (R2_top_bounds_all _ _ O) as TB. rewrite <- H in TB.
  destruct p; try discriminate W; cbn in W, T.
  - apply andb_prop in T. destruct T as [T _].
    destruct (push_with library o f) as [g|] eqn:PU; [|discriminate].
    pose proof (R6_kinds _ _ _ _ PU W) as K. pose proof (R1_R4_order _ _ _ _ PU W) as X0.
    split; [lia|]. split; [apply X0, at_most_zero|]. intros q Q. destruct (TB q Q) as [X [Y _]].
    split; [apply X0; exact X|lia].
  - injection W as <-. apply andb_prop in T. destruct T as [T _]. apply andb_prop in T. destruct T as [T _].
    apply andb_prop in T. destruct T as [T1 T2]. apply Nat.ltb_lt in T1. apply Nat.eqb_eq in T2. cbn.
    split; [lia|]. split; [unfold before; cbn; lia|].
    intros q Q. destruct (TB q Q) as [X [Y _]]. unfold at_most, before in *. cbn. lia.
  - injection W as <-. apply andb_prop in T. destruct T as [T _]. apply andb_prop in T. destruct T as [T _].
    apply andb_prop in T. destruct T as [T1 T2]. apply Nat.ltb_lt in T1. apply Nat.eqb_eq in T2. cbn.
    split; [lia|]. split; [unfold before; cbn; lia|].
    intros q Q. destruct (TB q Q) as [X [Y _]]. unfold at_most, before in *. cbn. lia.
Qed.

(** R6: whatever may sleep does so in a context that may, with nothing held that masks. *)
Theorem R6_sleeps : forall lv a, agent_ok lv a -> sleeps_in (code a) = true ->
  lv = 0 /\ spin a = false /\ forall q, In q (held a) -> masking q = 0.
Proof.
  intros lv a [A _] S. destruct (code a) as [|p ps] eqn:C; [discriminate|]. cbn in S.
  destruct (current_token lv _ _ _ p ps A eq_refl) as [f [fs [rest [W [H [O L]]]]]].
  assert (X : strictness (context f) = 0).
  { destruct p; try discriminate S; cbn in W.
    - apply andb_prop in W. destruct W as [W _]. destruct (push_with library o f) as [g|] eqn:PU; [|discriminate].
      destruct o; try discriminate S; cbn in S; try apply Nat.eqb_eq in S;
        pose proof (R6_kinds _ _ _ _ PU eq_refl) as K; cbn in K; lia.
    - repeat (apply andb_prop in W; destruct W as [W ?]). apply Nat.eqb_eq. assumption.
    - repeat (apply andb_prop in W; destruct W as [W ?]). apply Nat.eqb_eq. assumption.
    - repeat (apply andb_prop in W; destruct W as [W ?]). apply Nat.eqb_eq. assumption.
    - destruct fs as [|g fs]; [destruct (guard f) as [[]|]; discriminate|]. destruct (guard f) as [[]|]; try discriminate W.
      repeat (apply andb_prop in W; destruct W as [W ?]). cbn in S. destruct (lkind l); try discriminate S.
      cbn in *. repeat match goal with X : (_ =? _) = true |- _ => apply Nat.eqb_eq in X end. lia.
    - repeat (apply andb_prop in W; destruct W as [W ?]). apply Nat.eqb_eq. assumption. }
  split; [lia|]. split.
  - destruct A as [st [_ [_ [_ [_ SS]]]]]. destruct (spin a); [exfalso|reflexivity].
    destruct (SS eq_refl) as [r [WA M]]. cbn in WA. destruct p; try discriminate WA; try discriminate S.
    + destruct o; try discriminate WA; try discriminate S; cbn in WA, S; injection WA as <-;
        try apply Nat.eqb_eq in S; cbn in M; lia.
    + injection WA as <-. cbn in M. lia.
    + injection WA as <-. cbn in M. lia.
  - intros q Q. rewrite H in Q. destruct (R2_top_bounds_all _ _ O q Q) as [_ [Y _]]. lia.
Qed.

(** An upgrade: all that is held stands outside of the lock, or is the lock itself. *)
Theorem upgrades_inside : forall lv a l, agent_ok lv a -> upgrades a = Some l ->
  lv <= masking (RUp l) /\ before (0, 0) (place (RUp l))
  /\ exists rest, held a = RUp l :: rest
    /\ forall q, In q rest -> before (place q) (place (RUp l)) /\ masking q <= masking (RUp l).
Proof.
  intros lv a l [A _] U. unfold upgrades in U. destruct (code a) as [|p ps] eqn:C; [discriminate|].
  destruct p; try discriminate U. injection U as ->.
  destruct (current_token lv _ _ _ _ ps A eq_refl) as [f [fs [rest [T [H [O L]]]]]].
  cbn [Rules.wt] in T. destruct fs as [|g fs]; [destruct (guard f) as [[]|]; discriminate|].
  destruct (guard f) as [[| |l'| | | | | |]|] eqn:G; try discriminate T.
  repeat (apply andb_prop in T; destruct T as [T ?]).
  destruct (res_eq_dec (RUp l) (RUp l')) as [E|]; [injection E as <-|discriminate T].
  apply Nat.eqb_eq in H1, H4. apply Nat.leb_le in H3.
  destruct O as [_ [[WE1 WE2] O]]. pose proof (R2_top_bounds_all _ _ O) as TB.
  assert (SG : strictness (context g) <= masking (RUp l)).
  { unfold usable in H2. cbn. destruct (lkind l), (context g); cbn in *; try discriminate; lia. }
  split; [|split].
  - rewrite H1 in L. cbn. destruct (lkind l), (context g); cbn in *; try discriminate; lia.
  - unfold before. cbn. lia.
  - exists (guards (g :: fs ++ rest)). split; [rewrite H; cbn; rewrite G; reflexivity|].
    intros q Q. destruct (TB q Q) as [X [Y _]]. unfold at_most, before in *. cbn [place fst snd] in *. lia.
Qed.

(** R7: who joins holds nothing but serialising tokens. *)
Theorem R7_joins : forall lv a u, agent_ok lv a -> joins a = Some u ->
  (forall q, In q (held a) -> exists s m, q = RSerial s m) /\ lv = 0.
Proof.
  intros lv a u [A _] JO. unfold joins in JO. destruct (code a) as [|p ps] eqn:C; [discriminate|].
  destruct p; try discriminate JO. injection JO as ->.
  destruct (current_token lv _ _ _ _ ps A eq_refl) as [f [fs [rest [T [H [O L]]]]]].
  cbn in T. repeat (apply andb_prop in T; destruct T as [T ?]).
  apply Nat.eqb_eq in T, H2. rewrite H.
  split; [apply R7_nothing_held; assumption|lia].
Qed.

(** ** Preservation, one agent *)

Lemma typed_function : forall n s body, nth_error (functions P) n = Some (s, body) ->
  wt (entry s) body = true.
Proof.
  intros n s body E. unfold well_typed, well_typed_with in Typed.
  apply andb_prop in Typed. destruct Typed as [H _]. apply andb_prop in H. destruct H as [H _].
  rewrite forallb_forall in H. apply nth_error_In in E. apply (H (s, body) E).
Qed.

Lemma typed_handler : forall h, In h (handlers P) -> wt (root HardIrq) h = true.
Proof.
  intros h E. unfold well_typed, well_typed_with in Typed.
  apply andb_prop in Typed. destruct Typed as [_ H]. rewrite forallb_forall in H. auto.
Qed.

Lemma typed_thread : forall t x p, nth_error (threads P) t = Some (x, p) -> wt (root x) p = true.
Proof.
  intros t x p E. unfold well_typed, well_typed_with in Typed.
  apply andb_prop in Typed. destruct Typed as [H _]. apply andb_prop in H. destruct H as [_ H].
  rewrite forallb_forall in H. apply nth_error_In in E. apply (H (x, p) E).
Qed.

Lemma not_spinning : forall lv p ps h sp, code_ok lv (p :: ps) h sp ->
  match p with Do o _ _ => awaits o = None | _ => True end -> sp = false.
Proof.
  intros lv p ps h sp [stack [_ [_ [_ [_ S]]]]] N. destruct sp; [|reflexivity].
  destruct (S eq_refl) as [r [W M]]. cbn in W.
  destruct p; cbn in W; try discriminate W; [congruence| |]; injection W as <-; cbn in M; lia.
Qed.

Lemma weaker_level : forall f g lv, weaker f g -> lv <= strictness (context f) -> lv <= strictness (context g).
Proof. intros f g lv [_ W] H. lia. Qed.

Lemma operate_code : forall lv v side a x e,
  agent_ok lv a -> operate P v side a = Some (x, e) -> code_ok lv (code x) (held x) (spin x).
Proof.
  intros lv v side a x e [A0 _] ST. pose proof A0 as A.
  destruct A as [stack [Ty [H [O [L S]]]]]. unfold operate in ST.
  destruct (code a) as [|p ps] eqn:C; [discriminate|].
  inversion Ty as [|fs p' stack' ps' T Ty']; subst.
  destruct (wt_frames _ _ T) as [f [fs0 ->]]. cbn [concat app] in H, O, L.
  assert (F : frame_ok f) by apply O.
  (* rebuilds the agent from the new stack of the function that runs *)
  assert (mk : forall fs' q, wt fs' q = true -> frames_ok (fs' ++ concat stack') ->
      Forall (fun f => lv <= strictness (context f)) (fs' ++ concat stack') ->
      forall h, h = guards (fs' ++ concat stack') -> code_ok lv (q :: ps) h false).
  { intros fs' q T' O' L' h ->. exists (fs' :: stack'). cbn [concat].
    split; [econstructor; eauto|]. split; [reflexivity|]. split; [assumption|]. split; [assumption|discriminate]. }
  destruct p.
  - (* Ret *)
    injection ST as <- <-. cbn in T. destruct fs0; [|destruct (guard f); discriminate].
    destruct (guard f) eqn:G; [discriminate|]. cbn [code held spin]. rewrite (not_spinning _ _ _ _ _ A0); [|exact I].
    exists stack'. cbn in H, O, L. rewrite G in H. inversion L; subst.
    split; [assumption|]. split; [exact H|]. split; [apply O|]. split; [assumption|discriminate].
  - (* Do *)
    cbn in T. apply andb_prop in T. destruct T as [T1 T2].
    destruct (push_with library o f) as [g|] eqn:PU; [|discriminate].
    destruct (R2_ceiling o f g F PU) as [G1 [G2 G3]].
    assert (OK : code_ok lv (p1 :: ps) (opt (gives o) ++ held a) false).
    { apply (mk (g :: f :: fs0)); [exact T1| | |].
      - cbn [app]. split; [exact G1|]. split; [exact G2|exact O].
      - cbn [app]. constructor; [|exact L]. inversion L; subst. eapply weaker_level; eauto.
      - rewrite H. cbn [app]. unfold guards at 2. cbn [flat_map]. rewrite G3. reflexivity. }
    assert (KO : fallible o = true -> code_ok lv (p2 :: ps) (held a) false).
    { intros FA. rewrite FA in T2. apply (mk (f :: fs0)); assumption. }
    assert (SP : forall r, awaits o = Some r -> 1 <= masking r -> code_ok lv (Do o p1 p2 :: ps) (held a) true).
    { intros r AW M. exists ((f :: fs0) :: stack'). cbn [concat].
      split; [exact Ty|]. split; [exact H|]. split; [exact O|]. split; [exact L|]. intros _. exists r. cbn. auto. }
    destruct o; cbn [gives fallible awaits opt app] in *;
      repeat match type of ST with
             | (if ?b then _ else _) = _ => destruct b eqn:?
             end; try discriminate ST; injection ST as <- <-; cbn [code held spin]; auto.
    all: eapply SP; [reflexivity|].
    all: match goal with X : _ && _ = true |- _ => apply andb_prop in X; destruct X as [_ X]; apply Nat.leb_le in X; exact X end.
  - (* Release *)
    injection ST as <- <-. cbn [wt] in T. apply andb_prop in T. destruct T as [T1 T2]. apply holds_In in T1.
    cbn [code held spin]. rewrite (not_spinning _ _ _ _ _ A0); [|exact I].
    apply (mk (drop_guard r (f :: fs0))); [exact T2| | |]; rewrite <- (drop_guard_app r (f :: fs0) _ T1).
    + apply frames_ok_drop. exact O.
    + apply Forall_drop; [auto|exact L].
    + rewrite guards_drop, H. reflexivity.
  - (* Pop *)
    injection ST as <- <-. cbn in T. destruct (guard f) eqn:G; [discriminate|]. destruct fs0 as [|f0 fs0]; [discriminate|].
    cbn [code held spin]. rewrite (not_spinning _ _ _ _ _ A0); [|exact I].
    inversion L; subst. apply (mk (f0 :: fs0)); [exact T|apply O|assumption|].
    rewrite H. cbn. rewrite G. reflexivity.
  - (* Choice *)
    injection ST as <- <-. cbn in T. apply andb_prop in T. destruct T as [T1 T2].
    cbn [code held spin]. rewrite (not_spinning _ _ _ _ _ A0); [|exact I].
    destruct side; apply (mk (f :: fs0)); assumption.
  - (* Call *)
    cbn in T. destruct (nth_error (functions P) n) as [[s body]|] eqn:FN; [|discriminate].
    injection ST as <- <-. repeat (apply andb_prop in T; destruct T as [T ?]).
    cbn [code held spin]. rewrite (not_spinning _ _ _ _ _ A0); [|exact I].
    apply Nat.leb_le in T, H1.
    exists (entry s :: (f :: fs0) :: stack'). cbn [concat].
    split; [|split; [|split; [|split]]].
    + econstructor; [apply (typed_function n s body FN)|econstructor; eauto].
    + rewrite H. reflexivity.
    + unfold entry. cbn [app]. split; [|split; [|exact O]].
      * split; cbn; discriminate.
      * split; [|cbn; lia]. intros p0 X. unfold at_most in *. cbn. destruct (upto f); lia.
    + unfold entry. cbn [app]. constructor; [|exact L]. inversion L; subst. cbn. lia.
    + discriminate.
  - (* WaitEvent *)
    cbn in T. repeat (apply andb_prop in T; destruct T as [T ?]).
    rewrite (not_spinning _ _ _ _ _ A0) in ST; [|exact I].
    destruct (done v e0); [|destruct (free v (REvent e0)); [|discriminate]];
      injection ST as <- <-; apply (mk (f :: fs0)); assumption.
  - (* WaitServed *)
    cbn in T. repeat (apply andb_prop in T; destruct T as [T ?]).
    rewrite (not_spinning _ _ _ _ _ A0) in ST; [|exact I].
    destruct (served v e0); injection ST as <- <-; apply (mk (f :: fs0)); assumption.
  - (* Await *)
    cbn in T. repeat (apply andb_prop in T; destruct T as [T ?]).
    rewrite (not_spinning _ _ _ _ _ A0) in ST; [|exact I]. destruct (toks a); [|discriminate].
    injection ST as <- <-. apply (mk (f :: fs0)); assumption.
  - (* Upgrade *)
    rewrite (not_spinning _ _ _ _ _ A0) in ST; [|exact I]. destruct (alone v l); [|discriminate].
    injection ST as <- <-. cbn [Rules.wt] in T. destruct fs0 as [|g fs0]; [destruct (guard f) as [[]|]; discriminate|].
    destruct (guard f) as [[| |l'| | | | | |]|] eqn:G; try discriminate T. apply andb_prop in T. destruct T as [T T0].
    repeat (apply andb_prop in T; destruct T as [T ?]).
    destruct (res_eq_dec (RUp l) (RUp l')) as [E|]; [injection E as <-|discriminate T].
    apply Nat.eqb_eq in H3. apply Nat.ltb_lt in H2. destruct F as [_ F]. destruct (F _ G) as [F1 [F2 F3]].
    cbn [code held spin]. apply (mk (Frame (ceil f) None (context f) (Some (RLock l)) :: g :: fs0)); [exact T0| | |].
    + destruct O as [_ [[W1 W2] O]]. cbn [app]. split; [|split; [|exact O]].
      * split; [cbn; discriminate|]. intros r Hr. cbn in Hr. injection Hr as <-. cbn. split; [unfold at_most; cbn; lia|].
        split; [exact F2|]. intros M. left. destruct (F3 M) as [X|[z [m X]]]; [exact X|discriminate X].
      * split; [|exact W2]. intros p0 X. unfold at_most in *. cbn. lia.
    + cbn [app] in *. inversion L; subst. constructor; assumption.
    + rewrite H. cbn [app]. unfold guards. cbn [flat_map guard opt app]. rewrite G. cbn [opt app remove1].
      destruct (res_eq_dec (RUp l) (RUp l)); [reflexivity|congruence].
  - (* Downgrade *)
    injection ST as <- <-. cbn [Rules.wt] in T. destruct (guard f) as [x|] eqn:G; [|discriminate T].
    apply andb_prop in T. destruct T as [T T0]. apply andb_prop in T. destruct T as [T D].
    destruct (res_eq_dec r x) as [<-|]; [|discriminate T]. destruct F as [F0 F]. destruct (F _ G) as [F1 [F2 F3]].
    assert (E : place r' = place r /\ masking r' = masking r /\ forall z m, r' <> RSerial z m).
    { unfold downgrades in D. destruct r; try discriminate D; destruct r'; try discriminate D;
        (destruct (res_eq_dec _ _) as [E|]; [injection E as <-|discriminate D]); repeat split; discriminate. }
    destruct E as [E1 [E2 E3]]. cbn [code held spin]. rewrite (not_spinning _ _ _ _ _ A0); [|exact I].
    apply (mk (Frame (ceil f) (upto f) (context f) (Some r') :: fs0)); [exact T0| | |].
    + destruct O as [_ O]. cbn [app]. split; [|exact O]. split; [exact F0|].
      intros q Q. cbn in Q. injection Q as <-. rewrite E1, E2. split; [exact F1|]. split; [exact F2|].
      intros M. left. rewrite E1. rewrite E2 in M. destruct (F3 M) as [X|[z [m X]]]; [exact X|].
      subst r. unfold downgrades in D. destruct r'; discriminate D.
    + cbn [app] in *. inversion L; subst. constructor; assumption.
    + rewrite H. cbn [app]. unfold guards. cbn [flat_map guard opt app]. rewrite G. cbn [opt app remove1].
      destruct (res_eq_dec r r); [reflexivity|congruence].
  - (* Join *)
    cbn in T. repeat (apply andb_prop in T; destruct T as [T ?]).
    rewrite (not_spinning _ _ _ _ _ A0) in ST; [|exact I].
    destruct (younger v t); [destruct (ended v t); [|discriminate]|];
      injection ST as <- <-; apply (mk (f :: fs0)); assumption.
  - (* Spawn *)
    injection ST as <- <-. cbn in T. cbn [code held spin].
    rewrite (not_spinning _ _ _ _ _ A0); [|exact I]. apply (mk (f :: fs0)); assumption.
  - (* Unwind: all frames are of one function now *)
    assert (SP : spin a = false) by (apply (not_spinning _ _ _ _ _ A0); exact I). rewrite SP in ST.
    destruct (held a) as [|r h] eqn:HE.
    + injection ST as <- <-. exists []. cbn. repeat split; try constructor; discriminate.
    + injection ST as <- <-. cbn [code held spin]. set (all := (f :: fs0) ++ concat stack') in *.
      exists [drop_guard r all]. cbn [concat]. rewrite app_nil_r.
      assert (W : exists f' rest, drop_guard r all = f' :: rest).
      { destruct all as [|g gs] eqn:E; [discriminate E|]. cbn. destruct (guard g); [destruct (res_eq_dec _ _)|]; eauto. }
      destruct W as [f' [rest W]].
      split; [|split; [|split; [|split]]].
      * rewrite W. econstructor; [reflexivity|constructor].
      * rewrite guards_drop. unfold all. cbn [concat app] in H |- *. rewrite <- H. cbn [remove1].
        destruct (res_eq_dec r r); [reflexivity|congruence].
      * apply frames_ok_drop. exact O.
      * apply Forall_drop; [auto|exact L].
      * discriminate.
Qed.

(** ** Serialising tokens *)

Arguments Nat.ltb : simpl never.
Arguments Nat.eqb : simpl never.

Lemma In_ins : forall x s l, In x (ins s l) -> x = s \/ In x l.
Proof.
  induction l as [|y l IH]; cbn; [intros [->|[]]; auto|].
  destruct (s <? y); [cbn; intros [->|H]; auto|]. destruct (s =? y) eqn:E.
  - auto.
  - cbn. intros [->|H]; [auto|]. destruct (IH H); auto.
Qed.

Lemma sorted_ins : forall s l, sorted l -> sorted (ins s l).
Proof.
  induction l as [|y l IH]; cbn; [intros _; split; [intros y []|exact I]|]. intros [A B].
  destruct (s <? y) eqn:E.
  - apply Nat.ltb_lt in E. cbn. split; [intros z [<-|Z]; [lia|specialize (A z Z); lia]|auto].
  - destruct (s =? y) eqn:F; [cbn; auto|]. apply Nat.ltb_ge in E. apply Nat.eqb_neq in F.
    cbn. split; [|auto]. intros z Z. destruct (In_ins _ _ _ Z) as [->|Z']; [lia|auto].
Qed.

Lemma sorted_in_order : forall l, sorted (in_order l).
Proof. induction l; cbn; [exact I|apply sorted_ins; assumption]. Qed.

Lemma In_in_order : forall x l, In x (in_order l) -> In x l.
Proof. induction l as [|y l IH]; cbn; [auto|]. intros H. destruct (In_ins _ _ _ H); auto. Qed.

Lemma scope_spec : forall s h, in_scope s h = true <-> In_scope s h.
Proof.
  intros. unfold in_scope, In_scope. rewrite existsb_exists. split.
  - intros [r [IN E]]. destruct r; try discriminate E. cbn in E. apply Nat.eqb_eq in E. subst. eauto.
  - intros [m IN]. exists (RSerial s m). split; [exact IN|]. cbn. apply Nat.eqb_refl.
Qed.

Lemma In_remove1_other : forall x r l, In x l -> x <> r -> In x (remove1 r l).
Proof.
  induction l as [|y l IH]; cbn; [auto|]. intros H N. destruct (res_eq_dec r y) as [E|E]; cbn.
  - destruct H as [H|H]; [congruence|exact H].
  - destruct H as [H|H]; auto.
Qed.

(** Tokens that are left are in a scope still. *)
Lemma left_in_scope : forall r h t s, (forall s, In s t -> In_scope s h) ->
  In s (left_after r (remove1 r h) t) -> In_scope s (remove1 r h).
Proof.
  intros r h t s T IN.
  assert (O : In s t -> (forall m, r <> RSerial s m) -> In_scope s (remove1 r h)).
  { intros IT N. destruct (T s IT) as [m M]. exists m. apply In_remove1_other; [exact M|]. intros E. apply (N m). auto. }
  destruct r as [l|l|l|e|e|q| | |z m]; cbn [left_after] in IN; try (apply O; [exact IN|discriminate]).
  destruct (in_scope z _) eqn:Z.
  - destruct (Nat.eq_dec s z) as [->|NE]; [apply scope_spec; exact Z|]. apply O; [exact IN|congruence].
  - apply in_remove in IN. destruct IN as [IN NE]. apply O; [exact IN|congruence].
Qed.

Lemma scope_more : forall s r h, In_scope s h -> In_scope s (r :: h).
Proof. intros s r h [m M]. exists m. right. exact M. Qed.

(** What is not a matter of tokens leaves them alone. *)
Lemma toks_same : forall lv a c h sp,
  toks_ok lv a -> (lost a <> [] -> given a = true -> spin a = false -> sp = false /\ forall q, In q h -> masking q = 0) ->
  retaking a = false ->
  (forall s, In_scope s (held a) -> In_scope s h) -> toks_ok lv (Agent c h sp (toks a) (lost a) false).
Proof.
  intros lv a c h sp [T1 [T2 [T3 [T4 T5]]]] K R SUB. unfold retaking in R.
  split; [|split; [exact T2|split; [exact T3|split]]]; cbn.
  - intros N. destruct (lost a) as [|y l] eqn:E; [congruence|]. apply negb_false_iff in R.
    destruct (T1 N) as [A [B C]]. destruct (K N R B) as [X Y]. auto.
  - intros s S. apply SUB, T4, S.
  - discriminate.
Qed.

Lemma operate_toks : forall lv v side a x e,
  agent_ok lv a -> retaking a = false -> operate P v side a = Some (x, e) -> toks_ok lv x.
Proof.
  intros lv v side a x e A R ST. pose proof (R6_sleeps _ _ A) as SL. destruct A as [A0 TK]. pose proof TK as [T1 [T2 [T3 [T4 T5]]]].
  assert (LN : given a = false -> lost a = []).
  { unfold retaking in R. intros G. rewrite G in R. destruct (lost a); [reflexivity|discriminate]. }
  unfold operate in ST. destruct (code a) as [|p ps] eqn:C; [discriminate|].
  assert (NS : may_sleep p = false -> given a = false).
  { intros M. destruct (given a) eqn:G; [|reflexivity]. destruct (T5 eq_refl) as [X _]. cbn in X. congruence. }
  (* operations that change neither what is held nor the tokens *)
  assert (keep : forall c sp, (spin a = false -> sp = false) -> toks_ok lv (Agent c (held a) sp (toks a) (lost a) false)).
  { intros c sp SPN. apply toks_same; auto. intros N G S. destruct (T1 N) as [_ [_ X]]. auto. }
  destruct p.
  - injection ST as <- <-. apply keep. auto.
  - (* Do *)
    assert (succ : forall r, gives o = r -> (given a = true -> forall q, In q (opt r) -> masking q = 0) ->
        toks_ok lv (Agent (p1 :: ps) (opt r ++ held a) false (toks a) (lost a) false)).
    { intros r GR M. apply toks_same; auto.
      - intros N G S. split; [reflexivity|]. intros q Q. apply in_app_or in Q. destruct Q as [Q|Q]; [auto|].
        destruct (T1 N) as [_ [_ X]]. auto.
      - intros s [m MM]. exists m. apply in_or_app. auto. }
    assert (nosleep : may_sleep (Do o p1 p2) = false -> forall r, gives o = r ->
        toks_ok lv (Agent (p1 :: ps) (opt r ++ held a) false (toks a) (lost a) false)).
    { intros M r GR. apply succ; [exact GR|]. intros G. rewrite (NS M) in G. discriminate. }
    destruct o; cbn [gives] in *;
      repeat match type of ST with
             | (if ?b then _ else _) = _ => destruct b eqn:?
             end; try discriminate ST; injection ST as <- <-;
      try (apply keep; auto; fail);
      try (apply (nosleep eq_refl _ eq_refl); fail).
    + (* OLock begins to spin *)
      match goal with X : _ && _ = true |- _ => apply andb_prop in X; destruct X as [_ X]; apply Nat.leb_le in X end.
      apply toks_same; auto. intros N G _. destruct (T5 G) as [SS _]. cbn in SS. apply Nat.eqb_eq in SS. cbn in *. lia.
    + apply (succ _ eq_refl). intros G q [<-|[]]. destruct (T5 G) as [SS _]. cbn in SS. apply Nat.eqb_eq in SS. exact SS.
    + match goal with X : _ && _ = true |- _ => apply andb_prop in X; destruct X as [_ X]; apply Nat.leb_le in X end.
      apply toks_same; auto. intros N G _. destruct (T5 G) as [SS _]. cbn in SS. apply Nat.eqb_eq in SS. cbn in *. lia.
    + apply (succ _ eq_refl). intros G q [<-|[]]. destruct (T5 G) as [SS _]. cbn in SS. apply Nat.eqb_eq in SS. exact SS.
    + match goal with X : _ && _ = true |- _ => apply andb_prop in X; destruct X as [_ X]; apply Nat.leb_le in X end.
      apply toks_same; auto. intros N G _. destruct (T5 G) as [SS _]. cbn in SS. apply Nat.eqb_eq in SS. cbn in *. lia.
    + apply (succ _ eq_refl). intros G q [<-|[]]. destruct (T5 G) as [SS _]. cbn in SS. apply Nat.eqb_eq in SS. exact SS.
    + match goal with X : _ && _ = true |- _ => apply andb_prop in X; destruct X as [_ X]; apply Nat.leb_le in X end.
      apply toks_same; auto. intros N G _. destruct (T5 G) as [SS _]. cbn in SS. apply Nat.eqb_eq in SS. cbn in *. lia.
    + apply (succ _ eq_refl). intros G q [<-|[]]. destruct (T5 G) as [SS _]. cbn in SS. apply Nat.eqb_eq in SS. exact SS.
    + (* a permit *) apply (succ _ eq_refl). intros G q [<-|[]]. reflexivity.
    + (* a token that is free *)
      assert (L0 : lost a = []) by (apply LN, NS; reflexivity).
      split; [|split; [|split; [|split]]]; cbn.
      * rewrite L0. congruence.
      * exact T2.
      * rewrite L0. intros y z _ [].
      * rewrite L0. intros z [[->|Z]|[]]; [exists m; left; reflexivity|apply scope_more; auto].
      * discriminate.
    + (* a token that is waited for *)
      assert (ZZ : lv = 0 /\ forall q, In q (held a) -> masking q = 0).
      { destruct (current_token _ _ _ _ _ _ A0 eq_refl) as [f [fs [rest [W [H [O L]]]]]].
        cbn in W. destruct (strictness (context f) =? 0) eqn:S0; [|discriminate]. apply Nat.eqb_eq in S0.
        split; [lia|]. intros q Q. rewrite H in Q. destruct (R2_top_bounds_all _ _ O q Q) as [_ [Y _]]. lia. }
      destruct ZZ as [Z1 Z2].
      split; [|split; [|split; [|split]]]; cbn.
      * intros _. split; [exact Z1|]. split; [reflexivity|]. intros q [<-|Q]; [reflexivity|auto].
      * apply sorted_ins, sorted_in_order.
      * intros y z [].
      * intros z [[]|Z]. destruct (In_ins _ _ _ Z) as [->|Z']; [exists m; left; reflexivity|].
        apply scope_more, T4. left. apply In_in_order. exact Z'.
      * discriminate.
  - (* Release *)
    injection ST as <- <-. assert (L0 : lost a = []) by (apply LN, NS; reflexivity).
    assert (T : forall y, In y (left_after r (remove1 r (held a)) (toks a)) -> In_scope y (remove1 r (held a))).
    { intros y Y. eapply left_in_scope; [|exact Y]. auto. }
    split; [|split; [|split; [|split]]]; cbn.
    + rewrite L0. congruence.
    + exact T2.
    + rewrite L0. intros y z _ [].
    + rewrite L0. intros z [Z|[]]. apply T, Z.
    + discriminate.
  - injection ST as <- <-. apply keep. auto.
  - injection ST as <- <-. apply keep. auto.
  - destruct (nth_error (functions P) n) as [[s body]|]; [|discriminate]. injection ST as <- <-. apply keep. auto.
  - destruct (done v e0); [|destruct (free v (REvent e0)); [|discriminate]]; injection ST as <- <-; apply keep; auto.
  - injection ST as <- <-. apply keep. auto.
  - destruct (toks a) eqn:E; [|discriminate]. injection ST as <- <-. apply keep. auto.
  - destruct (alone v l); [|discriminate]. injection ST as <- <-. apply toks_same; auto.
    + intros N G S. split; [exact S|]. destruct (T1 N) as [_ [_ X]]. destruct (T5 G) as [SS _]. cbn in SS.
      apply Nat.eqb_eq in SS. intros q [<-|Q]; [exact SS|]. apply X. eapply In_remove1; exact Q.
    + intros s [m Q]. exists m. right. apply In_remove1_other; [exact Q|discriminate].
  - (* Downgrade *)
    injection ST as <- <-. assert (G : given a = false) by (apply NS; reflexivity). apply toks_same; auto.
    + rewrite (LN G). congruence.
    + intros s [m Q]. exists m. right. destruct (current_token _ _ _ _ _ _ A0 eq_refl) as [f [fs [rest [W _]]]].
      apply In_remove1_other; [exact Q|]. intros E. cbn [wt] in W.
      destruct (guard f); [|discriminate W]. apply andb_prop in W. destruct W as [W _]. apply andb_prop in W. destruct W as [_ W].
      subst r. discriminate W.
  - destruct (younger v t); [destruct (ended v t); [|discriminate]|]; injection ST as <- <-; apply keep; auto.
  - injection ST as <- <-. apply keep. auto.
  - (* Unwind *)
    assert (L0 : lost a = []) by (apply LN, NS; reflexivity).
    destruct (held a) as [|r h] eqn:HE; injection ST as <- <-.
    + apply keep. auto.
    + split; [|split; [|split; [|split]]]; cbn.
      * rewrite L0. congruence.
      * exact T2.
      * rewrite L0. intros y z _ [].
      * rewrite L0. intros z [Z|[]].
        assert (E : remove1 r (r :: h) = h) by (cbn; destruct (res_eq_dec r r); congruence).
        rewrite <- E in Z |- *. eapply left_in_scope; [|exact Z]. auto.
      * discriminate.
Qed.

(** Theorem 1 for one agent. *)
Lemma preserved : forall lv v side a x e,
  agent_ok lv a -> local_step P v side a = Some (x, e) -> agent_ok lv x.
Proof.
  intros lv v side a x e A ST. unfold local_step in ST. destruct (retaking a) eqn:R.
  - destruct (lost a) as [|s l] eqn:E; [discriminate|]. destruct (unheld v s); [|discriminate]. injection ST as <- <-.
    destruct A as [A0 [T1 [T2 [T3 [T4 T5]]]]]. rewrite E in *. split; [exact A0|].
    destruct T2 as [T2 T2']. split; [|split; [|split; [|split]]]; cbn.
    + intros _. apply T1. discriminate.
    + exact T2'.
    + intros y z [<-|Y] Z; [auto|]. apply T3; [exact Y|right; exact Z].
    + intros y [[<-|Y]|Y]; apply T4; [right; left; reflexivity|left; exact Y|right; right; exact Y].
    + discriminate.
  - assert (back : sleeps_in (code a) && negb (match toks a with [] => true | _ => false end) = true ->
      agent_ok lv (Agent (code a) (held a) (spin a) [] (in_order (toks a)) true)).
    { intros B. apply andb_prop in B. destruct B as [B1 B2]. destruct (R6_sleeps _ _ A B1) as [X [Y Z]].
      destruct A as [A0 [T1 [T2 [T3 [T4 T5]]]]]. split; [exact A0|].
      split; [|split; [|split; [|split]]]; cbn; auto.
      - apply sorted_in_order.
      - intros y z [].
      - intros y [[]|W]. apply T4. left. apply In_in_order. exact W. }
    assert (op : forall sd, operate P v sd a = Some (x, e) -> agent_ok lv x).
    { intros sd OP. split; [eapply operate_code; eauto|eapply operate_toks; eauto]. }
    destruct (sleeps_in (code a) && negb _) eqn:B; [|eauto].
    destruct side; [|injection ST as <- <-; auto].
    destruct (operate P v true a) as [[y e']|] eqn:OP; injection ST as <- <-; [apply (op true); exact OP|auto].
Qed.

Lemma stepping_code : forall lv v side a x e,
  agent_ok lv a -> local_step P v side a = Some (x, e) -> code a <> [].
Proof.
  intros lv v side a x e [[stack [Ty [H _]]] [_ [_ [_ [T4 _]]]]] ST C. rewrite C in Ty. inversion Ty; subst. cbn in H.
  assert (L : lost a = []).
  { destruct (lost a) as [|s l]; [reflexivity|]. exfalso. rewrite H in T4. destruct (T4 s) as [m []]. right. left. reflexivity. }
  unfold local_step, retaking, operate in ST. rewrite L, C in ST. discriminate.
Qed.

(** A panic: all frames are of one function, which unwinds. *)
Lemma panicked : forall lv a, agent_ok lv a -> code a <> [] -> lost a = [] ->
  agent_ok lv (Agent [Unwind] (held a) false (toks a) [] false).
Proof.
  intros lv a [[stack [Ty [H [O [L _]]]]] [_ [_ [_ [T4 _]]]]] C L0. split.
  - exists [concat stack]. cbn [concat code held spin]. rewrite app_nil_r.
    split; [|split; [exact H|split; [exact O|split; [exact L|discriminate]]]].
    econstructor; [|constructor]. destruct Ty as [|fs p stack ps W Ty]; [congruence|].
    destruct (wt_frames _ _ W) as [f [rest ->]]. reflexivity.
  - split; [|split; [|split; [|split]]]; cbn; [congruence|exact I|intros y z _ []|intros s [S|[]]; apply T4; auto|discriminate].
Qed.

(** ** Preservation, the machine *)

Notation start := (start P).
Notation step := (step may_join P cpus).
Notation reachable := (reachable may_join P cpus).

Lemma fresh_ok : forall x p lv, lv <= strictness x -> wt (root x) p = true -> agent_ok lv (fresh p).
Proof.
  intros x p lv L W. split.
  - exists [root x]. cbn. split; [econstructor; [exact W|constructor]|].
    split; [reflexivity|]. split; [repeat split; cbn; discriminate|]. split; [constructor; auto|discriminate].
  - split; [cbn; congruence|]. split; [exact I|]. split; [intros y z []|]. split; [cbn; intuition|discriminate].
Qed.

Lemma idle_ok : forall lv, agent_ok lv idle.
Proof.
  intros lv. split.
  - exists []. cbn. repeat split; try constructor; discriminate.
  - split; [cbn; congruence|]. split; [exact I|]. split; [intros y z []|]. split; [cbn; intuition|discriminate].
Qed.

Lemma start_ok : config_ok start.
Proof.
  constructor; cbn.
  - intros [t|k]; cbn; [|apply idle_ok].
    unfold level. destruct (nth_error (threads P) t) as [[x p]|] eqn:E; [|apply idle_ok].
    apply (fresh_ok x); [auto|]. eapply typed_thread. exact E.
  - discriminate.
  - intros t M. destruct (nth_error (threads P) t) as [[x p]|]; cbn in M; discriminate.
  - discriminate.
  - intros t L. apply nth_error_None in L. rewrite L. reflexivity.
  - auto.
  - intros t _. destruct (nth_error (threads P) t) as [[x p]|]; cbn; auto.
  - discriminate.
  - discriminate.
Qed.

Lemma begin_more : forall f e t, begin f e t = false -> f t = false.
Proof. intros f [[e|u]|] t H; cbn in H; auto. apply orb_false_elim in H. apply H. Qed.

Lemma begin_keeps : forall f e t, f t = true -> begin f e t = true.
Proof. intros f [[e|u]|] t H; cbn; auto. rewrite H. apply orb_true_r. Qed.

Lemma set_same : forall A (f : nat -> A) n x, set f n x n = x.
Proof. intros. unfold set. rewrite Nat.eqb_refl. reflexivity. Qed.
Lemma set_other : forall A (f : nat -> A) n x m, m <> n -> set f n x m = f m.
Proof. intros. unfold set. apply Nat.eqb_neq in H. rewrite H. reflexivity. Qed.

(** Theorem 1. *)
Theorem step_ok : forall c c', config_ok c -> step c c' -> config_ok c'.
Proof.
  intros c c' [AO IO OC ONE NM NH NB CB NC] ST.
  (* whoever runs becomes another *)
  assert (RUN : forall a x e, runs cpus c a -> agent_ok (level a) x -> code (agent_of c a) <> [] -> config_ok (set_agent c a x e)).
  { intros a x e R X C. destruct a as [t|k]; cbn [agent_of level runs set_agent] in *.
    + destruct R as [k [K [CU HC]]]. constructor; cbn [agent_of thread handler current begun].
      * intros [u|j]; cbn [agent_of thread handler level].
        -- destruct (Nat.eq_dec u t) as [->|N]; [rewrite set_same; exact X|rewrite set_other by assumption; apply (AO (T u))].
        -- apply (AO (Irq j)).
      * intros j u J CJ HJ. destruct (Nat.eq_dec u t) as [->|N].
        -- exfalso. apply HJ. rewrite <- (ONE k j t K J CU CJ). exact HC.
        -- rewrite set_other by assumption. eauto.
      * intros u M. destruct (Nat.eq_dec u t) as [->|N]; [eauto|]. rewrite set_other in M by assumption. auto.
      * exact ONE.
      * intros u U. destruct (Nat.eq_dec u t) as [->|N]; [exfalso; apply C; apply NM; assumption|].
        rewrite set_other by assumption. auto.
      * exact NH.
      * intros u U. apply begin_more in U. destruct (Nat.eq_dec u t) as [->|N].
        -- rewrite (CB k t K CU) in U. discriminate.
        -- rewrite set_other by assumption. auto.
      * intros j u J CJ. apply begin_keeps. eauto.
      * exact NC.
    + constructor; cbn [agent_of thread handler current begun].
      * intros [u|j]; cbn [agent_of thread handler level].
        -- apply (AO (T u)).
        -- destruct (Nat.eq_dec j k) as [->|N]; [rewrite set_same; exact X|rewrite set_other by assumption; apply (AO (Irq j))].
      * intros j u J CJ HJ. apply (IO j u J CJ). destruct (Nat.eq_dec j k) as [->|N]; [assumption|].
        rewrite set_other in HJ by assumption. assumption.
      * exact OC.
      * exact ONE.
      * exact NM.
      * intros j J. destruct (Nat.eq_dec j k) as [->|N]; [exfalso; lia|]. rewrite set_other by assumption. auto.
      * intros u U. apply begin_more in U. auto.
      * intros j u J CJ. apply begin_keeps. eauto.
      * exact NC. }
  destruct ST as [a side x e R L|a R C L0 SP|k h K [C0 AL] HI|k t K [C0 AL] TL BG NO].
  - apply RUN; [exact R|eapply preserved; [apply AO|exact L]|eapply stepping_code; [apply AO|exact L]].
  - apply RUN; [exact R|apply panicked; [apply AO|exact C|exact L0]|exact C].
  - (* an interrupt *)
    constructor; cbn [agent_of thread handler current begun].
    + intros [u|j]; cbn [agent_of thread handler level].
      * apply (AO (T u)).
      * destruct (Nat.eq_dec j k) as [->|N]; [rewrite set_same|rewrite set_other by assumption; apply (AO (Irq j))].
        apply (fresh_ok HardIrq); [auto|]. apply typed_handler. exact HI.
    + intros j u J CJ HJ. destruct (Nat.eq_dec j k) as [->|N].
      * rewrite CJ in AL. exact AL.
      * rewrite set_other in HJ by assumption. eauto.
    + exact OC.
    + exact ONE.
    + exact NM.
    + intros j J. destruct (Nat.eq_dec j k) as [->|N]; [exfalso; lia|]. rewrite set_other by assumption. auto.
    + exact NB.
    + exact CB.
    + exact NC.
  - (* another thread *)
    constructor; cbn [agent_of thread handler current begun].
    + exact AO.
    + intros j u J CJ HJ. destruct (Nat.eq_dec j k) as [->|N]; [congruence|].
      rewrite set_other in CJ by assumption. eauto.
    + intros u M. destruct (OC u M) as [j [J CJ]]. exists j. split; [exact J|].
      destruct (Nat.eq_dec j k) as [->|N]; [|rewrite set_other by assumption; exact CJ].
      exfalso. rewrite CJ in AL. congruence.
    + intros j j' u J J' CJ CJ'. destruct (Nat.eq_dec j k) as [->|N], (Nat.eq_dec j' k) as [->|N'];
        try reflexivity.
      * rewrite set_same in CJ. rewrite set_other in CJ' by assumption. injection CJ as ->. exfalso. exact (NO j' J' CJ').
      * rewrite set_same in CJ'. rewrite set_other in CJ by assumption. injection CJ' as ->. exfalso. exact (NO j J CJ).
      * rewrite set_other in CJ, CJ' by assumption. eauto.
    + exact NM.
    + exact NH.
    + exact NB.
    + intros j u J CJ. destruct (Nat.eq_dec j k) as [->|N]; [rewrite set_same in CJ; congruence|].
      rewrite set_other in CJ by assumption. eauto.
    + intros j u J CJ. destruct (Nat.eq_dec j k) as [->|N]; [rewrite set_same in CJ; congruence|].
      rewrite set_other in CJ by assumption. eauto.
Qed.

Theorem reachable_ok : forall c, reachable c -> config_ok c.
Proof. induction 1; [apply start_ok|eapply step_ok; eauto]. Qed.

(** R2 at run time: of whatever an agent has still to do, the token that it uses next bounds all that it holds. *)
Theorem ceiling_bounds_held : forall c a p ps, reachable c -> code (agent_of c a) = p :: ps ->
  exists f fs, wt (f :: fs) p = true /\ forall r, In r (held (agent_of c a)) -> fst (place r) <= ceil f.
Proof.
  intros c a p ps R C.
  destruct (current_token _ _ _ _ p ps (proj1 (agents_ok _ (reachable_ok c R) a)) C) as [f [fs [rest [W [H [O L]]]]]].
  exists f, fs. split; [exact W|]. intros r IN. rewrite H in IN.
  destruct (R2_top_bounds_all _ _ O r IN) as [A _]. unfold at_most in A. lia.
Qed.

End Safety.
