(** * The machine's locks do exclude: a writer all others, an upgradeable reader another one; a promise is made once, a
    serialising token held by one agent or shared, and there are no more permits than a semaphore has.

    A check of the model rather than of the library: without it the other theorems could be about nothing. *)

From Coq Require Import FinFun List Arith Bool Lia.
Import ListNotations.
Require Import Rules Machine Safety NoCircle Progress.

Section Exclusion.
Variable P : program.
Variable cpus : nat.
Hypothesis Typed : well_typed P = true.

Notation count := (count_occ res_eq_dec).

Definition exclusive (r : res) : bool := match r with RLock _ | RUp _ | REvent _ => true | _ => false end.
Definition lockish (r : res) : bool := match r with RLock _ | RRead _ | RUp _ | REvent _ => true | _ => false end.

Definition once (c : config) : Prop :=
  (forall r a, exclusive r = true -> count (held (agent_of c a)) r <= 1)
  /\ (forall r h a b, clash r h = true -> In r (held (agent_of c a)) -> In h (held (agent_of c b)) -> a = b)
  /\ (forall r h a, clash r h = true -> In r (held (agent_of c a)) -> In h (held (agent_of c a)) -> r = h)
  /\ (forall s a b, In s (toks (agent_of c a)) -> In s (toks (agent_of c b)) ->
       a = b \/ (mode_in s (held (agent_of c a)) = Shared /\ mode_in s (held (agent_of c b)) = Shared))
  /\ (forall s, taken P cpus c s <= permits s).

Lemma of_lock_sym : forall l h, of_lock l h = true -> exists l', lock_of h = Some l' /\ l = l'.
Proof.
  intros l h H. unfold of_lock in H. destruct (lock_of h) as [l'|]; [|discriminate].
  destruct (res_eq_dec _ _) as [E|]; [injection E as <-; eauto|discriminate].
Qed.

Lemma of_lock_refl : forall l h, lock_of h = Some l -> of_lock l h = true.
Proof. intros l h H. unfold of_lock. rewrite H. destruct (res_eq_dec _ _); congruence. Qed.

Lemma clash_sym : forall r h, clash r h = true -> clash h r = true.
Proof.
  intros r h H. destruct r; cbn [clash] in H; try discriminate H.
  4: destruct (res_eq_dec _ h) as [<-|]; [cbn [clash]; destruct (res_eq_dec _ _); congruence|discriminate].
  all: repeat match goal with X : _ && _ = true |- _ => apply andb_prop in X; destruct X end.
  all: match goal with X : of_lock _ _ = true |- _ => destruct (of_lock_sym _ _ X) as [l' [E <-]] end.
  all: destruct h; cbn [lock_of] in E; try discriminate E; injection E as ->; cbn [clash is_read is_up negb] in *;
    try discriminate; rewrite ?of_lock_refl by reflexivity; reflexivity.
Qed.

Lemma clash_lockish : forall r h, clash r h = true -> lockish r = true.
Proof. intros [] h H; try reflexivity; discriminate H. Qed.

Lemma count_remove1 : forall r q l, count (remove1 q l) r <= count l r.
Proof.
  induction l as [|x l IH]; cbn; [lia|].
  destruct (res_eq_dec q x), (res_eq_dec x r); cbn; try lia; destruct (res_eq_dec x r); try lia; congruence.
Qed.

Lemma count_remove1_other : forall r q l, q <> r -> count (remove1 q l) r = count l r.
Proof.
  intros r q l N. induction l as [|x l IH]; [reflexivity|]. cbn [remove1 count_occ].
  destruct (res_eq_dec q x) as [E|E].
  - subst x. destruct (res_eq_dec q r); [congruence|reflexivity].
  - cbn [count_occ]. destruct (res_eq_dec x r); rewrite IH; reflexivity.
Qed.

(** What an upgrade or a downgrade makes out of what. *)
Definition turned (v : view) (a x : agent) (r : res) : Prop :=
  exists r0, held x = r :: remove1 r0 (held a)
    /\ ((exists l, upgrades a = Some l /\ r0 = RUp l /\ r = RLock l /\ alone v l = true)
        \/ exists k ps, code a = Downgrade r0 r k :: ps).

(** What is new was free, or is what an upgrade gives when the readers have left, or what a downgrade leaves. *)
Lemma gained : forall v side a x e r, lockish r = true -> local_step P v side a = Some (x, e) ->
  count (held x) r <= count (held a) r
  \/ (free v r = true /\ held x = r :: held a)
  \/ turned v a x r.
Proof.
  intros v side a x e r X ST.
  assert (OP : forall sd y f, operate P v sd a = Some (y, f) ->
    count (held y) r <= count (held a) r \/ (free v r = true /\ held y = r :: held a) \/ turned v a y r).
  { clear x e ST. intros sd y f ST. unfold operate in ST. destruct (code a) as [|p ps] eqn:C; [discriminate|].
    assert (none : forall q c t l g, (q = r -> free v r = true) -> y = Agent c (q :: held a) false t l g ->
      count (held y) r <= count (held a) r \/ (free v r = true /\ held y = r :: held a) \/ turned v a y r).
    { intros q c t l g F ->. cbn [held]. destruct (res_eq_dec q r) as [E|E]; [subst q; auto|left].
      cbn. destruct (res_eq_dec q r); [congruence|lia]. }
    assert (same : forall h, count h r <= count (held a) r -> held y = h ->
      count (held y) r <= count (held a) r \/ (free v r = true /\ held y = r :: held a) \/ turned v a y r)
      by (intros h L ->; auto).
    destruct p; try (injection ST as <- <-; eapply same; [|reflexivity]; auto; fail).
    - destruct o; cbn [awaits gives opt app] in ST;
        repeat match type of ST with (if ?b then _ else _) = _ => destruct b eqn:? end; try discriminate ST;
        injection ST as <- <-; try (eapply same; [|reflexivity]; auto; fail); (eapply none; [|reflexivity]);
        intros <-; try discriminate X; try assumption.
      match goal with H : _ && _ = true |- _ => apply andb_prop in H; apply H end.
    - injection ST as <- <-. eapply same; [|reflexivity]. apply count_remove1.
    - destruct (nth_error (functions P) n) as [[s body]|]; [|discriminate]. injection ST as <- <-. eapply same; [|reflexivity]. auto.
    - destruct (done v e); [|destruct (free v (REvent e)); [|discriminate]]; injection ST as <- <-; (eapply same; [|reflexivity]); auto.
    - destruct (toks a); [|discriminate]. injection ST as <- <-. eapply same; [|reflexivity]. auto.
    - destruct (alone v l) eqn:AL; [|discriminate]. injection ST as <- <-. cbn [held].
      pose proof (count_remove1 r (RUp l) (held a)) as CR. destruct (res_eq_dec (RLock l) r) as [<-|E]; [right; right|left].
      + exists (RUp l). split; [reflexivity|]. left. exists l. unfold upgrades. rewrite C. auto.
      + cbn [count_occ]. destruct (res_eq_dec (RLock l) r); [congruence|exact CR].
    - injection ST as <- <-. cbn [held]. pose proof (count_remove1 r r0 (held a)) as CR.
      destruct (res_eq_dec r' r) as [<-|E]; [right; right|left].
      + exists r0. split; [reflexivity|]. right. rewrite C. eauto.
      + cbn [count_occ]. destruct (res_eq_dec r' r); [congruence|exact CR].
    - destruct (younger v t); [destruct (ended v t); [|discriminate]|]; injection ST as <- <-; (eapply same; [|reflexivity]); auto.
    - destruct (held a) as [|q h] eqn:HE; injection ST as <- <-; cbn [held]; left; [auto|].
      cbn. destruct (res_eq_dec q r); lia. }
  unfold local_step in ST. destruct (retaking a).
  - destruct (lost a); [discriminate|]. destruct (unheld v n _); [|discriminate]. injection ST as <- <-. left. auto.
  - destruct (_ && _); [destruct side; [destruct (operate P v true a) as [[y f]|] eqn:O|]|].
    + injection ST as <- <-. eapply OP; exact O.
    + injection ST as <- <-. left. auto.
    + injection ST as <- <-. left. auto.
    + eapply OP; exact ST.
Qed.

Lemma gained_permit : forall v side a x e s, local_step P v side a = Some (x, e) ->
  count (held x) (RPermit s) <= count (held a) (RPermit s)
  \/ (room v s = true /\ count (held x) (RPermit s) = S (count (held a) (RPermit s)))
  \/ exists r r' k ps, code a = Downgrade r r' k :: ps /\ held x = r' :: remove1 r (held a).
Proof.
  intros v side a x e s ST.
  assert (OP : forall sd y f, operate P v sd a = Some (y, f) ->
    count (held y) (RPermit s) <= count (held a) (RPermit s)
    \/ (room v s = true /\ count (held y) (RPermit s) = S (count (held a) (RPermit s)))
    \/ exists r r' k ps, code a = Downgrade r r' k :: ps /\ held y = r' :: remove1 r (held a)).
  { clear x e ST. intros sd y f ST. unfold operate in ST. destruct (code a) as [|p ps] eqn:C; [discriminate|].
    destruct p; try (injection ST as <- <-; cbn [held]; left; auto; fail).
    - destruct o; cbn [awaits gives opt app] in ST;
        repeat match type of ST with (if ?b then _ else _) = _ => destruct b eqn:? end; try discriminate ST;
        injection ST as <- <-; cbn [held]; try (left; auto; fail); cbn [count_occ];
        match goal with |- context [res_eq_dec ?q ?p] => destruct (res_eq_dec q p) as [E|E] end; try discriminate E; auto;
        injection E as <-; auto.
    - injection ST as <- <-. left. apply count_remove1.
    - destruct (nth_error (functions P) n) as [[q body]|]; [|discriminate]. injection ST as <- <-. left. auto.
    - destruct (done v e); [|destruct (free v (REvent e)); [|discriminate]]; injection ST as <- <-; left; auto.
    - destruct (toks a); [|discriminate]. injection ST as <- <-. left. auto.
    - destruct (alone v l) eqn:AL; [|discriminate]. injection ST as <- <-. cbn [held]. left. cbn [count_occ].
      destruct (res_eq_dec (RLock l) (RPermit s)); [discriminate|]. apply count_remove1.
    - injection ST as <- <-. right. right. exists r, r', p, ps. auto.
    - destruct (younger v t); [destruct (ended v t); [|discriminate]|]; injection ST as <- <-; left; auto.
    - destruct (held a) as [|q h] eqn:HE; injection ST as <- <-; cbn [held]; left; [auto|].
      cbn. destruct (res_eq_dec q (RPermit s)); lia. }
  unfold local_step in ST. destruct (retaking a).
  - destruct (lost a); [discriminate|]. destruct (unheld v n _); [|discriminate]. injection ST as <- <-. left. auto.
  - destruct (_ && _); [destruct side; [destruct (operate P v true a) as [[y f]|] eqn:O|]|].
    + injection ST as <- <-. eapply OP; exact O.
    + injection ST as <- <-. left. auto.
    + injection ST as <- <-. left. auto.
    + eapply OP; exact ST.
Qed.

Lemma mode_spec : forall s h, mode_in s h = Exclusive <-> In (RSerial s Exclusive) h.
Proof.
  intros. unfold mode_in. destruct (holds _ h) eqn:E; split; intros H; try reflexivity; try discriminate H.
  - apply holds_In. exact E.
  - exfalso. apply holds_In in H. congruence.
Qed.

(** A token that an agent has it had before, and no less alone; or nobody barred it. *)
Lemma gained_token : forall v side a x e s, local_step P v side a = Some (x, e) -> In s (toks x) ->
  (In s (toks a) /\ (mode_in s (held x) = Exclusive -> mode_in s (held a) = Exclusive))
  \/ (unheld v s (mode_in s (held x)) = true \/ sole v s = true)
  \/ exists r r' k ps, code a = Downgrade r r' k :: ps /\ held x = r' :: remove1 r (held a) /\ In s (toks a).
Proof.
  intros v side a x e s ST IN.
  assert (LEFT : forall r h t, In s (left_after r h t) -> In s t).
  { intros r h t L. destruct r; cbn [left_after] in L; try exact L. destruct (in_scope _ _); [exact L|].
    apply in_remove in L. apply L. }
  assert (OTHER : forall q h, q <> RSerial s Exclusive -> mode_in s (q :: h) = Exclusive -> mode_in s h = Exclusive).
  { intros q h N M. apply mode_spec in M. destruct M as [M|M]; [congruence|apply mode_spec; exact M]. }
  assert (FEWER : forall q h, mode_in s (remove1 q h) = Exclusive -> mode_in s h = Exclusive).
  { intros q h M. apply mode_spec in M. apply mode_spec. eapply In_remove1. exact M. }
  assert (OP : forall sd y f, operate P v sd a = Some (y, f) -> In s (toks y) ->
    (In s (toks a) /\ (mode_in s (held y) = Exclusive -> mode_in s (held a) = Exclusive))
    \/ (unheld v s (mode_in s (held y)) = true \/ sole v s = true)
    \/ exists r r' k ps, code a = Downgrade r r' k :: ps /\ held y = r' :: remove1 r (held a) /\ In s (toks a)).
  { clear x e ST IN. intros sd y f ST IN. unfold operate in ST. destruct (code a) as [|p ps] eqn:C; [discriminate|].
    destruct p; try (injection ST as <- <-; cbn [held toks] in *; left; auto; fail).
    - destruct o; cbn [awaits gives opt app] in ST;
        repeat match type of ST with (if ?b then _ else _) = _ => destruct b eqn:? end; try discriminate ST;
        injection ST as <- <-; cbn [held toks] in *; try contradiction;
        try (left; split; [exact IN|]; try (intros M; exact M); apply OTHER; discriminate).
      + (* once more *)
        destruct (sole v s) eqn:SO; [right; left; right; reflexivity|].
        left. split; [exact IN|]. intros M. apply mode_spec in M. destruct M as [M|M]; [|apply mode_spec; exact M].
        injection M as -> ->. match goal with H : _ && _ = true |- _ => apply andb_prop in H; destruct H as [_ H] end.
        rewrite SO in *. cbn [shared orb andb] in *. destruct (mode_in s (held a)); [reflexivity|discriminate].
      + (* a token that is free *)
        destruct IN as [->|IN].
        * right. left. left. match goal with H : _ && _ && _ = true |- _ => apply andb_prop in H; destruct H as [H _];
            apply andb_prop in H; destruct H as [_ H]; exact H end.
        * destruct (Nat.eq_dec s0 s) as [->|NE].
          -- right. left. left. match goal with H : _ && _ && _ = true |- _ => apply andb_prop in H; destruct H as [H _];
               apply andb_prop in H; destruct H as [_ H]; exact H end.
          -- left. split; [exact IN|]. apply OTHER. congruence.
    - injection ST as <- <-. cbn [held toks] in *. left. split; [eapply LEFT; exact IN|apply FEWER].
    - destruct (nth_error (functions P) n) as [[q body]|]; [|discriminate]. injection ST as <- <-. left. auto.
    - destruct (done v e); [|destruct (free v (REvent e)); [|discriminate]]; injection ST as <- <-; left; auto.
    - destruct (toks a) eqn:E; [|discriminate]. injection ST as <- <-. contradiction.
    - destruct (alone v l) eqn:AL; [|discriminate]. injection ST as <- <-. cbn [held toks] in *. left. split; [exact IN|].
      intros M. eapply FEWER. eapply OTHER; [|exact M]. discriminate.
    - injection ST as <- <-. right. right. exists r, r', p, ps. auto.
    - destruct (younger v t); [destruct (ended v t); [|discriminate]|]; injection ST as <- <-; left; auto.
    - destruct (held a) as [|q h] eqn:HE; injection ST as <- <-; cbn [held toks] in *; left; [auto|].
      split; [eapply LEFT; exact IN|]. intros M. apply mode_spec. right. apply mode_spec. exact M. }
  unfold local_step in ST. destruct (retaking a).
  - destruct (lost a) as [|n l]; [discriminate|]. destruct (unheld v n _) eqn:U; [|discriminate]. injection ST as <- <-.
    cbn [held toks] in *. destruct IN as [->|IN]; auto.
  - destruct (_ && _); [destruct side; [destruct (operate P v true a) as [[y f]|] eqn:O|]|].
    + injection ST as <- <-. eapply OP; [exact O|exact IN].
    + injection ST as <- <-. contradiction.
    + injection ST as <- <-. contradiction.
    + eapply OP; [exact ST|exact IN].
Qed.

(** What a downgrade finds. *)
Lemma downgrade_of : forall c a r r' k ps, config_ok P cpus c -> code (agent_of c a) = Downgrade r r' k :: ps ->
  downgrades r r' = true /\ exists rest, held (agent_of c a) = r :: rest.
Proof.
  intros c a r r' k ps OK C.
  destruct (current_token P _ _ _ _ _ ps (proj1 (agents_ok _ _ _ OK a)) C) as [f [fs [rest [W [H _]]]]].
  cbn [wt] in W. destruct (guard f) as [x|] eqn:G; [|discriminate W].
  apply andb_prop in W. destruct W as [W _]. apply andb_prop in W. destruct W as [W D].
  destruct (res_eq_dec r x) as [<-|]; [|discriminate W]. split; [exact D|].
  exists (guards (fs ++ rest)). rewrite H. unfold guards. cbn [app flat_map]. rewrite G. reflexivity.
Qed.

Lemma downgrades_clash : forall r r' h, downgrades r r' = true -> clash r' h = true -> clash r h = true.
Proof.
  intros r r' h D CL. unfold downgrades in D. destruct r; try discriminate D; destruct r'; try discriminate D;
    (destruct (res_eq_dec _ _) as [E|]; [injection E as <-|discriminate D]); cbn [clash] in *;
    repeat match goal with X : _ && _ = true |- _ => apply andb_prop in X; destruct X end;
    repeat (apply andb_true_intro; split); assumption.
Qed.

Lemma downgrades_exclusive : forall r r', downgrades r r' = true -> exclusive r = true /\ r <> r'
  /\ (exclusive r' = true -> clash r r' = true)
  /\ (forall s m, r <> RSerial s m /\ r' <> RSerial s m) /\ forall s, r' <> RPermit s.
Proof.
  intros r r' D. unfold downgrades in D. destruct r; try discriminate D; destruct r'; try discriminate D;
    (destruct (res_eq_dec _ _) as [E|]; [injection E as <-|discriminate D]);
    (split; [reflexivity|]); (split; [discriminate|]); (split; [intros X; try discriminate X; cbn [clash]; apply of_lock_refl; reflexivity|]);
    (split; [intros; split; discriminate|intros; discriminate]).
Qed.

Lemma sum_changed : forall (f g : id -> nat) a l, NoDup l -> In a l -> (forall b, b <> a -> g b = f b) ->
  list_sum (map g l) + f a = list_sum (map f l) + g a.
Proof.
  intros f g a l ND IN E. induction l as [|x l IH]; [contradiction|].
  inversion ND as [|x' l' NI ND']; subst.
  change (list_sum (map g (x :: l))) with (g x + list_sum (map g l)).
  change (list_sum (map f (x :: l))) with (f x + list_sum (map f l)).
  destruct (id_eq_dec x a) as [->|NE].
  - assert (S : map g l = map f l) by (apply map_ext_in; intros b B; apply E; intros ->; contradiction). rewrite S. lia.
  - destruct IN as [->|IN]; [congruence|]. rewrite (E x NE). specialize (IH ND' IN). lia.
Qed.

Lemma NoDup_both : forall (A : Type) (l m : list A), NoDup l -> NoDup m -> (forall x, In x l -> ~ In x m) -> NoDup (l ++ m).
Proof.
  intros A l m N M D. induction N as [|x l NI N IH]; [exact M|]. cbn. constructor.
  - intros IN. apply in_app_or in IN. destruct IN as [IN|IN]; [contradiction|]. apply (D x); [left; reflexivity|exact IN].
  - apply IH. intros y Y. apply D. right. exact Y.
Qed.

Lemma ids_once : NoDup (ids P cpus).
Proof.
  unfold ids. apply NoDup_both.
  - apply Injective_map_NoDup; [intros x y E; injection E; auto|apply seq_NoDup].
  - apply Injective_map_NoDup; [intros x y E; injection E; auto|apply seq_NoDup].
  - intros x X Y. apply in_map_iff in X. apply in_map_iff in Y. destruct X as [t [<- _]], Y as [k [E _]]. discriminate E.
Qed.

(** The permits that are held after one agent has become another. *)
Lemma taken_changed : forall c c' a s, In a (ids P cpus) -> (forall b, b <> a -> agent_of c' b = agent_of c b) ->
  taken P cpus c' s + count (held (agent_of c a)) (RPermit s) = taken P cpus c s + count (held (agent_of c' a)) (RPermit s).
Proof.
  intros c c' a s IN E. unfold taken.
  apply (sum_changed (fun a => count (held (agent_of c a)) (RPermit s)) (fun a => count (held (agent_of c' a)) (RPermit s)) a).
  - apply ids_once.
  - exact IN.
  - intros b B. rewrite (E b B). reflexivity.
Qed.

(** One agent becomes another: what it has got nobody barred. *)
Lemma once_agent : forall c a x e, config_ok P cpus c -> once c -> code (agent_of c a) <> [] ->
  (forall r, lockish r = true -> count (held x) r <= count (held (agent_of c a)) r
     \/ (is_free P cpus c r = true /\ held x = r :: held (agent_of c a))
     \/ turned (view_of Nat.ltb P cpus c a) (agent_of c a) x r) ->
  (forall s, In s (toks x) -> (In s (toks (agent_of c a)) /\ (mode_in s (held x) = Exclusive -> mode_in s (held (agent_of c a)) = Exclusive))
     \/ is_unheld P cpus c s (mode_in s (held x)) = true \/ is_sole P cpus c a s = true) ->
  (forall s, count (held x) (RPermit s) <= count (held (agent_of c a)) (RPermit s)
     \/ ((taken P cpus c s <? permits s) = true /\ count (held x) (RPermit s) = S (count (held (agent_of c a)) (RPermit s)))) ->
  once (set_agent c a x e).
Proof.
  intros c a x e OK [O1 [O2 [O3 [O4 O5]]]] CO GA GT GP.
  assert (W : forall b, agent_of (set_agent c a x e) b = if id_eq_dec b a then x else agent_of c b).
  { intros b. destruct (id_eq_dec b a) as [->|N]; destruct a as [t|k]; cbn; [apply set_same|apply set_same| |];
      destruct b as [u|j]; cbn; try reflexivity; apply set_other; congruence. }
  assert (NF : forall r, is_free P cpus c r = true -> forall b h, In h (held (agent_of c b)) -> clash r h = false).
  { intros r F b h. apply (anybody_none P cpus c OK (clash r)). unfold is_free in F. apply negb_true_iff in F. exact F. }
  assert (NA : forall l, is_alone P cpus c l = true -> forall b h, In h (held (agent_of c b)) -> stays l h = false).
  { intros l F b h. apply (anybody_none P cpus c OK (stays l)). unfold is_alone in F. apply negb_true_iff in F. exact F. }
  assert (SELF : forall r, exclusive r = true -> clash r r = true).
  { intros [l|l|l|e0|e0|q| | |s m] X; try discriminate X; cbn [clash is_read negb]; rewrite ?of_lock_refl by reflexivity; auto.
    destruct (res_eq_dec _ _); congruence. }
  (* what was turned into [r] clashed with whatever [r] clashes with, and was alone *)
  assert (TURN : forall r, turned (view_of Nat.ltb P cpus c a) (agent_of c a) x r ->
      exists r0 rest, held (agent_of c a) = r0 :: rest /\ held x = r :: rest /\ exclusive r0 = true /\ r0 <> r
        /\ (exclusive r = true -> clash r0 r = true)
        /\ forall b h, clash r h = true -> In h (held (agent_of c b)) -> clash r0 h = true \/ (b = a /\ h = r0)).
  { intros r [r0 [HX [[l [U [-> [-> AL]]]]|[k [ps C]]]]].
    - destruct (upgrades_inside P _ _ l (agents_ok _ _ _ OK a) U) as [_ [_ [rest [HA _]]]].
      exists (RUp l), rest. split; [exact HA|]. rewrite HX, HA. cbn [remove1]. destruct (res_eq_dec (RUp l) (RUp l)); [|congruence].
      split; [reflexivity|]. split; [reflexivity|]. split; [discriminate|].
      split; [intros _; cbn [clash is_read negb]; rewrite of_lock_refl by reflexivity; reflexivity|].
      intros b h CL IH. pose proof (NA l AL b h IH) as ST. unfold stays in ST. cbn [clash] in CL. rewrite CL in ST. cbn in ST.
      apply negb_false_iff in ST. destruct h; try discriminate ST.
      destruct (of_lock_sym _ _ CL) as [l' [E <-]]. injection E as ->. left. apply SELF. reflexivity.
    - destruct (downgrade_of c a r0 r k ps OK C) as [D [rest HA]]. destruct (downgrades_exclusive r0 r D) as [X [NE [XC _]]].
      exists r0, rest. split; [exact HA|]. rewrite HX, HA. cbn [remove1]. destruct (res_eq_dec r0 r0); [|congruence].
      split; [reflexivity|]. split; [exact X|]. split; [exact NE|]. split; [exact XC|].
      intros b h CL IH. left. eapply downgrades_clash; eauto. }
  assert (G : forall r h b, In r (held x) -> clash r h = true -> b <> a -> In h (held (agent_of c b)) -> False).
  { intros r h b IN CL NB IH. pose proof (clash_lockish _ _ CL) as X.
    destruct (GA r X) as [LE|[[F _]|T]].
    - apply NB. symmetry. apply (O2 r h a b CL); [|exact IH].
      apply (count_occ_In res_eq_dec). apply (count_occ_In res_eq_dec) in IN. lia.
    - rewrite (NF r F b h IH) in CL. discriminate.
    - destruct (TURN r T) as [r0 [rest [HA [_ [_ [_ [_ CL0]]]]]]]. destruct (CL0 b h CL IH) as [C0|[-> _]]; [|congruence].
      apply NB. symmetry. apply (O2 r0 h a b C0); [|exact IH]. rewrite HA. left. reflexivity. }
  (* of what is turned, nothing that clashes is left *)
  assert (REST : forall r, turned (view_of Nat.ltb P cpus c a) (agent_of c a) x r -> forall h, In h (held x) -> clash r h = true -> h = r).
  { intros r T h IH CL. destruct (TURN r T) as [r0 [rest [HA [HX [X0 [NE [XC CL0]]]]]]]. rewrite HX in IH.
    destruct IH as [<-|IH]; [reflexivity|exfalso].
    assert (IA : In h (held (agent_of c a))) by (rewrite HA; right; exact IH).
    assert (I0 : In r0 (held (agent_of c a))) by (rewrite HA; left; reflexivity).
    assert (E : h = r0).
    { destruct (CL0 a h CL IA) as [C0|[_ E]]; [symmetry; apply (O3 r0 h a C0 I0 IA)|exact E]. }
    subst h. pose proof (O1 r0 a X0) as C1. rewrite HA in C1. cbn in C1. destruct (res_eq_dec r0 r0); [|congruence].
    apply (count_occ_In res_eq_dec) in IH. lia. }
  split; [|split; [|split; [|split]]].
  - intros r b X. rewrite W. destruct (id_eq_dec b a) as [->|N]; [|auto].
    assert (XL : lockish r = true) by (destruct r; try discriminate X; reflexivity).
    destruct (GA r XL) as [LE|[[F E]|T]]; [specialize (O1 r a X); lia| |].
    + assert (NI : ~ In r (held (agent_of c a))).
      { intros IN. pose proof (NF r F a r IN) as Z. rewrite (SELF r X) in Z. discriminate. }
      apply (count_occ_not_In res_eq_dec) in NI. rewrite E. cbn. destruct (res_eq_dec r r); lia.
    + destruct (TURN r T) as [r0 [rest [HA [HX [X0 [NE [XC CL0]]]]]]].
      assert (NI : ~ In r rest).
      { intros IN. assert (IA : In r (held (agent_of c a))) by (rewrite HA; right; exact IN).
        apply NE. apply (O3 r0 r a (XC X)); [rewrite HA; left; reflexivity|exact IA]. }
      apply (count_occ_not_In res_eq_dec) in NI. rewrite HX. cbn. destruct (res_eq_dec r r); lia.
  - intros r h b d CL. rewrite !W. destruct (id_eq_dec b a) as [->|NB], (id_eq_dec d a) as [->|ND]; intros B D; auto.
    + exfalso. eapply G; eauto.
    + exfalso. eapply (G h r b); eauto. apply clash_sym. exact CL.
    + eauto.
  - intros r h b CL. rewrite W. destruct (id_eq_dec b a) as [->|NB]; [|eauto]. intros IR IH.
    assert (GS : (In r (held (agent_of c a)) /\ In h (held (agent_of c a))) \/ r = h
       \/ (exists q, (q = r \/ q = h) /\ is_free P cpus c q = true /\ held x = q :: held (agent_of c a))
       \/ (exists q, (q = r \/ q = h) /\ turned (view_of Nat.ltb P cpus c a) (agent_of c a) x q)).
    { assert (Y : forall y, lockish y = true -> In y (held x) -> In y (held (agent_of c a))
         \/ (is_free P cpus c y = true /\ held x = y :: held (agent_of c a))
         \/ turned (view_of Nat.ltb P cpus c a) (agent_of c a) x y).
      { intros y L IY. destruct (GA y L) as [LE|[?|?]]; auto. left.
        apply (count_occ_In res_eq_dec). apply (count_occ_In res_eq_dec) in IY. lia. }
      destruct (Y r (clash_lockish _ _ CL) IR) as [A|[A|A]]; [|right; right; left; exists r; auto|right; right; right; exists r; auto].
      destruct (Y h (clash_lockish _ _ (clash_sym _ _ CL)) IH) as [B|[B|B]];
        [auto|right; right; left; exists h; auto|right; right; right; exists h; auto]. }
    destruct GS as [[A1 A2]|[E|[[q [Q [F E]]]|[q [Q T]]]]]; [eauto|exact E| |].
    + assert (CASE : forall y, In y (held x) -> clash q y = true -> q = y).
      { intros y Y C. rewrite E in Y. destruct Y as [Y|Y]; [exact Y|]. rewrite (NF q F a y Y) in C. discriminate. }
      destruct Q as [-> | ->]; [apply CASE; assumption|]. symmetry. apply CASE; [assumption|apply clash_sym; exact CL].
    + destruct Q as [-> | ->]; [symmetry; apply REST; assumption|apply REST; [assumption|assumption|apply clash_sym; exact CL]].
  - assert (TT : forall s d, In s (toks x) -> d <> a -> In s (toks (agent_of c d)) ->
        mode_in s (held x) = Shared /\ mode_in s (held (agent_of c d)) = Shared).
    { intros s d S ND D. destruct (GT s S) as [[S' M]|[U|U]].
      - destruct (O4 s a d S' D) as [E|[M1 M2]]; [congruence|]. split; [|exact M2].
        destruct (mode_in s (held x)); [|reflexivity]. rewrite (M eq_refl) in M1. discriminate M1.
      - destruct (is_unheld_none P cpus c OK s _ U d D) as [M1 M2]. auto.
      - exfalso. unfold is_sole in U. apply negb_true_iff in U. rewrite <- not_true_iff_false in U. apply U.
        apply existsb_exists. exists d. split; [apply (unfinished_in_ids P cpus c OK); eapply token_holder_unfinished; eauto|].
        apply andb_true_intro. split; [|apply has_In; exact D]. unfold id_eqb. destruct (id_eq_dec a d); [congruence|reflexivity]. }
    intros s b d. rewrite !W. destruct (id_eq_dec b a) as [->|NB], (id_eq_dec d a) as [->|ND]; intros B D; auto.
    + right. destruct (TT s b D NB B). auto.
  - intros s. pose proof (taken_changed c (set_agent c a x e) a s (unfinished_in_ids P cpus c OK a CO)) as TC.
    rewrite W in TC. destruct (id_eq_dec a a) as [_|]; [|congruence].
    assert (E : forall b, b <> a -> agent_of (set_agent c a x e) b = agent_of c b).
    { intros b N. rewrite W. destruct (id_eq_dec b a); [congruence|reflexivity]. }
    specialize (TC E). specialize (O5 s). destruct (GP s) as [LE|[R EQ]]; [lia|]. apply Nat.ltb_lt in R. lia.
Qed.

Lemma once_step : forall c c', config_ok P cpus c -> once c -> step Nat.ltb P cpus c c' -> once c'.
Proof.
  intros c c' OK O ST. destruct ST as [a side x e R L|a R C L0 SP|k h K [C0 AL] HI|k t K AL TL BG NO].
  - apply once_agent; [exact OK|exact O|eapply stepping_code; [apply (agents_ok _ _ _ OK)|exact L]| | |].
    + intros r X. destruct (gained _ _ _ _ _ r X L) as [G|[[F G]|G]]; auto.
    + intros s IN. destruct (gained_token _ _ _ _ _ s L IN) as [G|[[G|G]|[r [r' [k [ps [C [HX IT]]]]]]]]; auto.
      left. split; [exact IT|]. intros M. apply mode_spec in M. rewrite HX in M. apply mode_spec.
      destruct (downgrade_of c a r r' k ps OK C) as [D _]. destruct (downgrades_exclusive r r' D) as [_ [_ [_ [N _]]]].
      destruct M as [M|M]; [exfalso; apply (N s Exclusive); exact M|eapply In_remove1; exact M].
    + intros s. destruct (gained_permit _ _ _ _ _ s L) as [G|[[F G]|[r [r' [k [ps [C HX]]]]]]]; auto.
      left. destruct (downgrade_of c a r r' k ps OK C) as [D _]. destruct (downgrades_exclusive r r' D) as [_ [_ [_ [_ N]]]].
      rewrite HX. cbn [count_occ]. destruct (res_eq_dec r' (RPermit s)) as [E|E]; [exfalso; exact (N s E)|apply count_remove1].
  - apply once_agent; [exact OK|exact O|exact C| | |]; cbn [held toks]; auto.
  - change (once (set_agent c (Irq k) (fresh h) None)).
    destruct O as [O1 [O2 [O3 [O4 O5]]]].
    (* the handler that has ended held nothing, and the new one holds nothing *)
    destruct (finished_holds_nothing P cpus c OK (Irq k) C0) as [H0 [_ [T0 _]]].
    assert (W : forall b, held (agent_of (set_agent c (Irq k) (fresh h) None) b) = held (agent_of c b)
                       /\ toks (agent_of (set_agent c (Irq k) (fresh h) None) b) = toks (agent_of c b)).
    { intros [u|j]; cbn; [auto|]. unfold set. destruct (j =? k) eqn:E; [|auto]. apply Nat.eqb_eq in E. subst j.
      cbn in H0, T0. rewrite H0, T0. auto. }
    split; [|split; [|split; [|split]]].
    + intros r b. destruct (W b) as [-> _]. apply O1.
    + intros r q b d. destruct (W b) as [-> _], (W d) as [-> _]. apply O2.
    + intros r q b. destruct (W b) as [-> _]. apply O3.
    + intros s b d. destruct (W b) as [-> ->], (W d) as [-> ->]. apply O4.
    + intros s. assert (E : taken P cpus (set_agent c (Irq k) (fresh h) None) s = taken P cpus c s).
      { unfold taken. f_equal. apply map_ext. intros b. destruct (W b) as [-> _]. reflexivity. }
      rewrite E. apply O5.
  - exact O.
Qed.

Theorem exclusion : forall c, reachable Nat.ltb P cpus c -> once c.
Proof.
  induction 1 as [|c c' R IH ST]; [|eapply once_step; eauto; apply (reachable_ok Nat.ltb); assumption].
  assert (E : forall a, held (agent_of (start P) a) = [] /\ toks (agent_of (start P) a) = []).
  { intros [t|k]; cbn; [destruct (nth_error (threads P) t) as [[x p]|]|]; auto. }
  split; [|split; [|split; [|split]]].
  - intros r a _. destruct (E a) as [-> _]. cbn. lia.
  - intros r h a b _ A. destruct (E a) as [X _]. rewrite X in A. contradiction.
  - intros r h a _ A. destruct (E a) as [X _]. rewrite X in A. contradiction.
  - intros s a b A. destruct (E a) as [_ X]. rewrite X in A. contradiction.
  - intros s. unfold taken. assert (Z : forall l, list_sum (map (fun a => count (held (agent_of (start P) a)) (RPermit s)) l) = 0).
    { induction l as [|a l IHl]; [reflexivity|]. destruct (E a) as [X _].
      change (count (held (agent_of (start P) a)) (RPermit s) + list_sum (map (fun a => count (held (agent_of (start P) a)) (RPermit s)) l) = 0).
      rewrite IHl, X. reflexivity. }
    rewrite Z. lia.
Qed.

End Exclusion.
