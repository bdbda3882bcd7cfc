(** * Theorem 2: nobody waits in a circle.  Theorem 3: nothing sleeps where it must not. *)

From Coq Require Import List Arith Bool Lia Relation_Operators.
Import ListNotations.
Require Import Rules Machine Safety.

Section NoCircle.
Variable P : program.
Variable cpus : nat.
Hypothesis Typed : well_typed P = true.

Notation reachable := (reachable Nat.ltb P cpus).
Notation waits_for := (waits_for Nat.ltb cpus).
Notation config_ok := (config_ok P cpus).

(** ** The measure that rises along every wait

    First the phase: 3 with interrupts off (a handler, or the holder of something interrupt-safe), 2 with preemption off,
    1 with serialising tokens, 0 otherwise.  Then: in phase 1 the tokens that are held, otherwise what is held, and then
    the number of the thread. *)

Definition handles (a : id) : bool := match a with T _ => false | Irq _ => true end.

Definition irqs (c : config) (a : id) : bool :=
  handles a || existsb (fun r => 2 <=? masking r) (held (agent_of c a)).

Definition phase (c : config) (a : id) : nat :=
  if irqs c a then 3
  else if masks 1 (agent_of c a) then 2
  else match toks (agent_of c a) with [] => if retaking (agent_of c a) then 1 else 0 | _ => 1 end.

Definition upgrading (c : config) (a : id) : bool :=
  match upgrades (agent_of c a) with Some _ => true | None => false end.

Definition at_least (p q : nat * nat) : Prop := before p q \/ p = q.

(** Something that [b] holds stands inside of everything that [a] holds; or as far in, where [a] upgrades and [b] does not. *)
Definition further (c : config) (a b : id) : Prop :=
  exists q, In q (held (agent_of c b)) /\ before (0, 0) (place q)
    /\ ((forall p, In p (held (agent_of c a)) -> before (place p) (place q))
        \/ (upgrading c a = true /\ upgrading c b = false
            /\ forall p, In p (held (agent_of c a)) -> at_least (place p) (place q))).

Definition number (a : id) : nat := match a with T t => t | Irq _ => 0 end.

Definition later (c : config) (a b : id) : Prop :=
  (forall p, In p (held (agent_of c a)) -> place p = (0, 0)) /\ number a < number b.

(** The same for serialising tokens. *)
Definition further_token (c : config) (a b : id) : Prop :=
  exists s, In s (toks (agent_of c b)) /\ forall t, In t (toks (agent_of c a)) -> t < s.

Definition rises (c : config) (a b : id) : Prop :=
  phase c a < phase c b
  \/ (phase c a = phase c b
      /\ ((phase c a = 1 /\ further_token c a b) \/ (phase c a <> 1 /\ (further c a b \/ later c a b)))).

Lemma before_trans : forall p q r, before p q -> before q r -> before p r.
Proof. unfold before. intros. lia. Qed.

Lemma before_irrefl : forall p, ~ before p p.
Proof. unfold before. intros. lia. Qed.

Lemma rises_irrefl : forall c a, ~ rises c a a.
Proof.
  intros c a [H|[_ [[_ [s [S H]]]|[_ [[q [Q [_ [H|[U [V _]]]]]]|[_ H]]]]]]; [lia| |exact (before_irrefl _ (H q Q))|congruence|lia].
  specialize (H s S). lia.
Qed.

Lemma further_trans : forall c x y z, further c x y -> further c y z -> further c x z.
Proof.
  intros c x y z [q [Q [Z H]]] [s [S [Y K]]]. exists s. split; [exact S|]. split; [exact Y|].
  assert (QS : at_least (place q) (place s)) by (destruct K as [K|[_ [_ K]]]; [left; apply K; exact Q|apply K; exact Q]).
  destruct H as [H|[U [V H]]].
  - left. intros p IN. specialize (H p IN). destruct QS as [QS|QS]; [eapply before_trans; eauto|rewrite <- QS; exact H].
  - destruct K as [K|[W _]]; [|congruence]. left. intros p IN. specialize (K q Q).
    destruct (H p IN) as [X|X]; [eapply before_trans; eauto|rewrite X; exact K].
Qed.

Lemma rises_trans : forall c x y z, rises c x y -> rises c y z -> rises c x z.
Proof.
  intros c x y z [H|[E H]] [K|[F K]]; try (left; lia). right. split; [lia|].
  destruct H as [[O H]|[O H]], K as [[U K]|[U K]]; try (exfalso; lia).
  - left. split; [exact O|]. destruct H as [s [S H]], K as [t [T K]]. exists t. split; [exact T|].
    intros u V. specialize (H u V). specialize (K s S). lia.
  - right. split; [exact O|]. destruct H as [H|[H N]], K as [K|[K M]].
    + left. eapply further_trans; eassumption.
    + exfalso. destruct H as [q [Q [Z _]]]. rewrite (K q Q) in Z. exact (before_irrefl _ Z).
    + destruct K as [s [S [Y _]]]. left. exists s. split; [exact S|]. split; [exact Y|]. left.
      intros p IN. rewrite (H p IN). exact Y.
    + right. split; [exact H|lia].
Qed.

(** What is held shows in the phase. *)
Lemma phase_le_3 : forall c a, phase c a <= 3.
Proof.
  intros. unfold phase. destruct (irqs c a); [lia|]. destruct (masks 1 _); [lia|].
  destruct (toks _); [|lia]. destruct (retaking _); lia.
Qed.

Lemma irqs_masking : forall c a, irqs c a = true ->
  handles a = true \/ exists q, In q (held (agent_of c a)) /\ 2 <= masking q.
Proof.
  intros c a H. unfold irqs in H. apply orb_prop in H. destruct H as [H|H]; [auto|].
  apply existsb_exists in H. destruct H as [q [Q M]]. right. exists q. split; [exact Q|apply Nat.leb_le; exact M].
Qed.

Lemma masking_2 : forall c b r, In r (held (agent_of c b)) -> 2 <= masking r -> phase c b = 3.
Proof.
  intros c b r IN M. unfold phase, irqs.
  assert (E : existsb (fun r => 2 <=? masking r) (held (agent_of c b)) = true).
  { apply existsb_exists. exists r. split; [exact IN|apply Nat.leb_le; exact M]. }
  rewrite E, orb_true_r. reflexivity.
Qed.

Lemma masking_1 : forall c b r, In r (held (agent_of c b)) -> 1 <= masking r -> 2 <= phase c b.
Proof.
  intros c b r IN M. unfold phase. destruct (irqs c b); [lia|].
  assert (E : masks 1 (agent_of c b) = true).
  { unfold masks. apply orb_true_intro. left. apply existsb_exists. exists r. split; [exact IN|apply Nat.leb_le; exact M]. }
  rewrite E. lia.
Qed.

Lemma tokens_1 : forall c b s, In s (toks (agent_of c b)) -> 1 <= phase c b.
Proof.
  intros c b s IN. unfold phase. destruct (irqs c b); [lia|]. destruct (masks 1 _); [lia|].
  destruct (toks _); [contradiction|lia].
Qed.

(** Who holds nothing that masks, and does not spin, is in a low phase. *)
Lemma low : forall c a, handles a = false -> spin (agent_of c a) = false ->
  (forall q, In q (held (agent_of c a)) -> masking q = 0) ->
  irqs c a = false /\ masks 1 (agent_of c a) = false.
Proof.
  intros c a H S Z.
  assert (N : forall n, 1 <= n -> existsb (fun r => n <=? masking r) (held (agent_of c a)) = false).
  { intros n L. rewrite <- not_true_iff_false. intros E. apply existsb_exists in E. destruct E as [q [IN M]].
    apply Nat.leb_le in M. specialize (Z q IN). lia. }
  unfold irqs, masks. rewrite H, S, (N 2), (N 1) by lia. auto.
Qed.

Lemma handles_level : forall a, level P a < 2 -> handles a = false.
Proof. intros [t|k] L; [reflexivity|cbn in L; lia]. Qed.

(** Who wants what masks as much as all that it holds waits for somebody in no lower a phase. *)
Lemma phases : forall c a b h, config_ok c ->
  level P a <= masking h -> (forall q, In q (held (agent_of c a)) -> masking q <= masking h) ->
  (spin (agent_of c a) = true -> 1 <= masking h) ->
  (masking h = 0 -> sleeps_in (code (agent_of c a)) = true) ->
  waits_now (agent_of c a) = true -> In h (held (agent_of c b)) ->
  phase c a < phase c b \/ (phase c a = phase c b /\ phase c a <> 1).
Proof.
  intros c a b h OK L Q SPN SLN NOW H. pose proof (agents_ok _ _ _ OK a) as A.
  assert (M1 : phase c a = 1 -> 1 <= masking h).
  { (* with tokens nobody waits where it may sleep *)
    intros P1. unfold waits_now in NOW. apply andb_prop in NOW. destruct NOW as [NR NT].
    destruct (masking h) eqn:MR; [exfalso|lia]. specialize (SLN eq_refl).
    rewrite SLN in NT. cbn in NT. destruct (toks (agent_of c a)) eqn:TK; [|discriminate].
    destruct (retaking (agent_of c a)) eqn:RE; [discriminate|].
    destruct (R6_sleeps P _ _ A SLN) as [LV [SP MZ]].
    destruct (low c a) as [X Y]; [apply handles_level; lia|exact SP|exact MZ|].
    unfold phase in P1. rewrite X, Y, TK, RE in P1. discriminate. }
  assert (P3 : phase c a = 3 -> 2 <= masking h).
  { intros P3. assert (I3 : irqs c a = true).
    { unfold phase in P3. destruct (irqs c a); [reflexivity|]. destruct (masks 1 _); [discriminate|].
      destruct (toks _); [destruct (retaking _)|]; discriminate. }
    destruct (irqs_masking c a I3) as [HA|[q [IN MQ]]].
    - destruct a; [discriminate|exact L].
    - specialize (Q q IN). lia. }
  assert (P2 : phase c a = 2 -> 1 <= masking h).
  { intros P2. assert (I2 : masks 1 (agent_of c a) = true).
    { unfold phase in P2. destruct (irqs c a); [discriminate|]. destruct (masks 1 _); [reflexivity|].
      destruct (toks _); [destruct (retaking _)|]; discriminate. }
    unfold masks in I2. apply orb_prop in I2. destruct I2 as [I2|I2].
    - apply existsb_exists in I2. destruct I2 as [q [IN MQ]]. apply Nat.leb_le in MQ. specialize (Q q IN). lia.
    - apply andb_prop in I2. apply SPN, I2. }
  pose proof (phase_le_3 c a) as LE.
  destruct (Nat.eq_dec (phase c a) 3) as [E3|N3].
  - right. rewrite (masking_2 c b h H (P3 E3)). lia.
  - destruct (Nat.eq_dec (phase c a) 0) as [E0|N0]; [lia|].
    assert (1 <= masking h) by (destruct (Nat.eq_dec (phase c a) 2); [auto|apply M1; lia]).
    pose proof (masking_1 c b h H ltac:(assumption)). lia.
Qed.

Lemma of_lock_place : forall l h, of_lock l h = true -> place h = place (RLock l) /\ masking h = masking (RLock l).
Proof.
  intros l h H. unfold of_lock in H. destruct h; cbn [lock_of] in H; try discriminate H;
    (destruct (res_eq_dec _ _) as [E|]; [injection E as <-; auto|discriminate H]).
Qed.

Lemma meets_place : forall r h, meets r h = true -> place h = place r /\ masking h = masking r.
Proof.
  intros r h H. unfold meets in H.
  destruct r; cbn [lock_of] in H; try (apply of_lock_place in H; exact H);
    (destruct (res_eq_dec _ h) as [<-|]; [auto|discriminate H]).
Qed.

Lemma edge_rises : forall c a b, config_ok c -> waits_for c a b -> rises c a b.
Proof.
  intros c a b OK W. destruct W as [a b r h NOW W H ME|a b l h NOW U H ME|k t K C N|t u NOW JO LT BG N|a b s l RT LO H].
  - (* a lock, or an event *)
    pose proof (agents_ok _ _ _ OK a) as A. destruct (meets_place r h ME) as [PL MK].
    destruct (waits_inside P _ _ r A W) as [L [Z Q]].
    assert (F : further c a b).
    { exists h. rewrite PL. split; [exact H|]. split; [exact Z|]. left. intros p IN. apply Q. exact IN. }
    destruct (phases c a b h OK) as [G|[G1 G2]]; try rewrite MK; auto.
    + intros q IN. apply Q. exact IN.
    + intros SP. destruct A as [[st [_ [_ [_ [_ S]]]]] _]. destruct (S SP) as [r' [W' M]].
      unfold wanted in W. rewrite W in W'. injection W' as <-. exact M.
    + intros MR. unfold wanted in W. destruct (code (agent_of c a)) as [|p ps]; [discriminate|]. cbn in W. cbn.
      destruct p; try discriminate W; [|reflexivity|reflexivity].
      destruct o; try discriminate W; cbn in W; injection W as <-; cbn in MR; cbn; rewrite ?MR; reflexivity.
    + left. exact G.
    + right. split; [exact G1|]. right. auto.
  - (* the readers, for who upgrades *)
    pose proof (agents_ok _ _ _ OK a) as A. unfold stays in ME. apply andb_prop in ME. destruct ME as [ME NU].
    destruct (of_lock_place l h ME) as [PL MK].
    destruct (upgrades_inside P _ _ l A U) as [L [Z [rest [HA Q]]]].
    assert (F : further c a b).
    { destruct (upgrades (agent_of c b)) as [l'|] eqn:UB.
      - destruct (upgrades_inside P _ _ l' (agents_ok _ _ _ OK b) UB) as [_ [_ [rest' [HB Q']]]].
        rewrite HB in H. destruct H as [<-|H]; [discriminate NU|]. destruct (Q' h H) as [X _].
        exists (RUp l'). rewrite HB. split; [left; reflexivity|]. split; [eapply before_trans; [|exact X]; rewrite PL; exact Z|].
        left. rewrite HA. intros p [<-|IN].
        + replace (place (RUp l)) with (place h) by exact PL. exact X.
        + destruct (Q p IN) as [Y _]. eapply before_trans; [exact Y|].
          replace (place (RUp l)) with (place h) by exact PL. exact X.
      - exists h. split; [exact H|]. split; [rewrite PL; exact Z|]. right. split; [unfold upgrading; rewrite U; reflexivity|].
        split; [unfold upgrading; rewrite UB; reflexivity|]. rewrite HA, PL. intros p [<-|IN]; [right; reflexivity|].
        left. destruct (Q p IN) as [Y _]. exact Y. }
    destruct (phases c a b h OK) as [G|[G1 G2]]; try rewrite MK; auto.
    + rewrite HA. intros q [<-|IN]; [auto|]. destruct (Q q IN) as [_ Y]. exact Y.
    + intros SP. destruct A as [[st [_ [_ [_ [_ S]]]]] _]. destruct (S SP) as [r' [W' M]].
      unfold upgrades in U. destruct (code (agent_of c a)) as [|[] ?]; try discriminate U. discriminate W'.
    + intros MR. unfold upgrades in U. destruct (code (agent_of c a)) as [|[] ?]; try discriminate U.
      injection U as ->. cbn. cbn in MR. rewrite MR. reflexivity.
    + left. exact G.
    + right. split; [exact G1|]. right. auto.
  - (* an interrupted thread: its interrupts were on, so it holds nothing interrupt-safe *)
    left. pose proof (interrupted_ok _ _ _ OK k t K C N) as M.
    assert (B : phase c (Irq k) = 3) by reflexivity. rewrite B.
    assert (A : irqs c (T t) = false).
    { unfold irqs. unfold masks in M. apply orb_false_elim in M. destruct M as [M _]. exact M. }
    unfold phase. rewrite A. destruct (masks 1 _); [lia|]. destruct (toks _); [destruct (retaking _)|]; lia.
  - (* a join *)
    pose proof (agents_ok _ _ _ OK (T t)) as A.
    destruct (R7_joins P _ _ u A JO) as [H LV]. cbn in H. apply Nat.ltb_lt in LT.
    assert (SL : sleeps_in (code (thread c t)) = true).
    { unfold joins in JO. destruct (code (thread c t)) as [|[] ?]; try discriminate JO. reflexivity. }
    destruct (R6_sleeps P _ _ A SL) as [_ [SP MZ]].
    destruct (low c (T t) eq_refl SP MZ) as [X Y].
    unfold waits_now in NOW. apply andb_prop in NOW. destruct NOW as [NR NT]. rewrite SL in NT. cbn in NT.
    destruct (toks (thread c t)) eqn:TK; [|discriminate]. destruct (retaking (thread c t)) eqn:RE; [discriminate|].
    assert (P0 : phase c (T t) = 0) by (unfold phase; cbn [agent_of] in *; rewrite X, Y, TK, RE; reflexivity).
    destruct (Nat.eq_dec (phase c (T u)) 0) as [E|E]; [|left; lia].
    right. split; [lia|]. right. split; [lia|]. right. split; [|cbn; lia].
    intros p IN. destruct (H p IN) as [s [m ->]]. reflexivity.
  - (* a serialising token that is taken again *)
    destruct (agents_ok _ _ _ OK a) as [_ [T1 [_ [T3 _]]]].
    destruct T1 as [LV [SP MZ]]; [rewrite LO; discriminate|].
    destruct (low c a) as [X Y]; [apply handles_level; lia|exact SP|exact MZ|].
    assert (P1 : phase c a = 1) by (unfold phase; rewrite X, Y, RT; destruct (toks (agent_of c a)); reflexivity).
    pose proof (tokens_1 c b s H) as PB. destruct (Nat.eq_dec (phase c b) 1) as [E|E]; [|left; lia].
    right. split; [lia|]. left. split; [exact P1|]. exists s. split; [exact H|].
    intros t IN. apply T3; [exact IN|]. rewrite LO. left. reflexivity.
Qed.

(** Theorem 2. *)
Theorem no_circular_wait : forall c, reachable c -> forall a, ~ clos_trans id (waits_for c) a a.
Proof.
  intros c R a H. pose proof (reachable_ok Nat.ltb P cpus Typed c R) as OK.
  apply (rises_irrefl c a).
  assert (G : forall x y, clos_trans id (waits_for c) x y -> rises c x y).
  { intros x y E. induction E as [x y E|x y z E1 IH1 E2 IH2]; [apply edge_rises; assumption|].
    eapply rises_trans; eassumption. }
  apply G. exact H.
Qed.

(** Theorem 3. *)
Theorem nothing_sleeps_where_it_must_not : forall c, reachable c ->
  forall a, sleeps_in (code (agent_of c a)) = true ->
    (exists t, a = T t /\ forall x q, nth_error (threads P) t = Some (x, q) -> x = Task)   (* in a thread that may *)
    /\ (forall r, In r (held (agent_of c a)) -> masking r = 0)            (* no spinning lock, interrupts and preemption on *)
    /\ masks 1 (agent_of c a) = false.
Proof.
  intros c R a S. pose proof (reachable_ok Nat.ltb P cpus Typed c R) as OK.
  destruct (R6_sleeps P _ _ (agents_ok _ _ _ OK a) S) as [LV [SP Z]].
  split; [|split; [exact Z|apply (low c a); [apply handles_level; lia|exact SP|exact Z]]].
  destruct a as [t|k]; [|discriminate LV]. exists t. split; [reflexivity|]. intros x q E.
  cbn in LV. rewrite E in LV. destruct x; try discriminate LV. reflexivity.
Qed.

(** R8: who cannot step where it may sleep has given its tokens back. *)
Theorem R8_blocked_holds_no_token : forall c a, sleeps_in (code (agent_of c a)) = true ->
  retaking (agent_of c a) = false -> local_step P (view_of Nat.ltb P cpus c a) true (agent_of c a) = None ->
  toks (agent_of c a) = [].
Proof.
  intros c a S R L. unfold local_step in L. rewrite R, S in L. cbn [andb] in L.
  destruct (toks (agent_of c a)) as [|s l]; [reflexivity|]. cbn [negb] in L.
  destruct (operate _ _ _ _); discriminate.
Qed.

End NoCircle.
