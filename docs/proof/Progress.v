(** * Theorem 4: somebody can go on.

    In every reachable configuration all have ended or wait (in the end) to be notified, or somebody who runs can take a
    step of its program, or some CPU can switch to a thread that then can.  (Not: everybody goes on.  Fairness is the
    cores' and the scheduler's.) *)

From Coq Require Import List Arith Bool Lia Relation_Operators Operators_Properties.
Import ListNotations.
Require Import Rules Machine Safety NoCircle.

Section Progress.
Variable P : program.
Variable cpus : nat.
Hypothesis Typed : well_typed P = true.
Hypothesis a_cpu : 0 < cpus.

Notation reachable := (reachable Nat.ltb P cpus).
Notation waits_for := (waits_for Nat.ltb cpus).
Notation config_ok := (config_ok P cpus).
Notation ids := (ids P cpus).
Notation view_of := (view_of Nat.ltb P cpus).

Definition awaiting (a : agent) : Prop := exists k ps, code a = Await k :: ps.

(** It waits for nobody and can take a step of its program (that nobody else takes for it: being notified does not count,
    nor does a panic). *)
Definition can_step (c : config) (a : id) : Prop :=
  runs cpus c a /\ ~ awaiting (agent_of c a) /\ (forall b, ~ waits_for c a b) /\
  exists side x e, local_step P (view_of c a) side (agent_of c a) = Some (x, e).

Definition switch (c : config) (k t : nat) : config :=
  Config (thread c) (handler c) (set (current c) k (Some t)) (is_done c) (begun c).

(** A handler, or a thread that has begun. *)
Definition alive (c : config) (a : id) : Prop := match a with T t => begun c t = true | Irq _ => True end.

Section At.
Variable c : config.
Hypothesis OK : config_ok c.
Hypothesis acyclic : forall a, ~ clos_trans id (waits_for c) a a.

Lemma finished_holds_nothing : forall a, code (agent_of c a) = [] ->
  held (agent_of c a) = [] /\ spin (agent_of c a) = false /\ toks (agent_of c a) = [] /\ lost (agent_of c a) = [].
Proof.
  intros a C. destruct (agents_ok _ _ _ OK a) as [[st [Ty [H [_ [_ S]]]]] [_ [_ [_ [T4 _]]]]].
  rewrite C in Ty. inversion Ty; subst. cbn in H. rewrite H in T4.
  split; [exact H|]. split; [|split].
  - destruct (spin (agent_of c a)) eqn:SP; [|reflexivity].
    destruct (S eq_refl) as [r [W _]]. rewrite C in W. discriminate.
  - destruct (toks (agent_of c a)) as [|s l]; [reflexivity|]. destruct (T4 s) as [m []]. left. left. reflexivity.
  - destruct (lost (agent_of c a)) as [|s l]; [reflexivity|]. destruct (T4 s) as [m []]. right. left. reflexivity.
Qed.

Lemma holder_unfinished : forall a r, In r (held (agent_of c a)) -> code (agent_of c a) <> [].
Proof. intros a r H C. destruct (finished_holds_nothing a C) as [E _]. rewrite E in H. contradiction. Qed.

Lemma token_holder_unfinished : forall a s, In s (toks (agent_of c a)) -> code (agent_of c a) <> [].
Proof. intros a s H C. destruct (finished_holds_nothing a C) as [_ [_ [E _]]]. rewrite E in H. contradiction. Qed.

Lemma unfinished_in_ids : forall a, code (agent_of c a) <> [] -> In a ids.
Proof.
  clear a_cpu. intros [t|k] C; apply in_or_app; cbn in C.
  - left. apply in_map. apply in_seq. destruct (le_lt_dec (length (threads P)) t) as [L|L]; [|lia].
    exfalso. apply C. apply (no_more _ _ _ OK). exact L.
  - right. apply in_map. apply in_seq. destruct (le_lt_dec cpus k) as [L|L]; [|lia].
    exfalso. apply C. apply (no_more_handlers _ _ _ OK). exact L.
Qed.

Lemma waited_for_unfinished : forall a b, waits_for c a b -> code (agent_of c b) <> [].
Proof.
  intros a b [x y r h NOW W H ME|x y l h NOW U H ME|k t K C N|t u NOW JO LT BG N|x y s l R L H].
  - eapply holder_unfinished; eauto.
  - eapply holder_unfinished; eauto.
  - exact N.
  - exact N.
  - eapply token_holder_unfinished; eauto.
Qed.

Lemma waited_for_alive : forall a b, waits_for c a b -> alive c b.
Proof.
  assert (B : forall t, held (thread c t) <> [] \/ toks (thread c t) <> [] -> begun c t = true).
  { intros t H. destruct (begun c t) eqn:B; [reflexivity|exfalso].
    destruct (not_begun _ _ _ OK t B) as [X [Y _]]. rewrite X, Y in H. destruct H; congruence. }
  intros a b [x y r h NOW W H ME|x y l h NOW U H ME|k t K C N|t u NOW JO LT BG N|x y s l R L H].
  - destruct y as [t|k]; [apply B; left; intros E; cbn in H; rewrite E in H; contradiction|exact I].
  - destruct y as [t|k]; [apply B; left; intros E; cbn in H; rewrite E in H; contradiction|exact I].
  - exact I.
  - exact BG.
  - destruct y as [t|k]; [apply B; right; intros E; cbn in H; rewrite E in H; contradiction|exact I].
Qed.

(** Whether anybody holds something of a kind. *)
Definition anybody (f : res -> bool) : bool := existsb (fun a => existsb f (held (agent_of c a))) ids.

Lemma anybody_spec : forall f, anybody f = true -> exists b h, In h (held (agent_of c b)) /\ f h = true.
Proof.
  intros f H. apply existsb_exists in H. destruct H as [b [_ H]]. apply existsb_exists in H.
  destruct H as [h [H F]]. eauto.
Qed.

Lemma anybody_none : forall f, anybody f = false -> forall b h, In h (held (agent_of c b)) -> f h = false.
Proof.
  intros f H b h IN. destruct (f h) eqn:F; [exfalso|reflexivity]. rewrite <- not_true_iff_false in H. apply H.
  apply existsb_exists. exists b. split; [apply unfinished_in_ids; eapply holder_unfinished; eauto|].
  apply existsb_exists. eauto.
Qed.

Lemma clash_meets : forall r h, clash r h = true -> meets r h = true.
Proof.
  intros r h H. destruct r; cbn [clash] in H; unfold meets; cbn [lock_of]; try discriminate H; try exact H;
    repeat (apply andb_prop in H; destruct H as [H _]); exact H.
Qed.

Lemma has_In : forall s l, has s l = true <-> In s l.
Proof.
  intros. unfold has. rewrite existsb_exists. split.
  - intros [x [IN E]]. apply Nat.eqb_eq in E. subst. exact IN.
  - intros IN. exists s. split; [exact IN|apply Nat.eqb_refl].
Qed.

Lemma is_unheld_spec : forall s m, is_unheld P cpus c s m = false -> exists b, In s (toks (agent_of c b)).
Proof.
  intros s m F. unfold is_unheld in F. apply negb_false_iff in F. apply existsb_exists in F.
  destruct F as [b [_ H]]. unfold bars in H. apply andb_prop in H. destruct H as [H _]. apply has_In in H. eauto.
Qed.

(** Who has a token that is to be had by another one shares it, and so will that one. *)
Lemma is_unheld_none : forall s m, is_unheld P cpus c s m = true -> forall b, In s (toks (agent_of c b)) ->
  m = Shared /\ mode_in s (held (agent_of c b)) = Shared.
Proof.
  intros s m F b H. unfold is_unheld in F. apply negb_true_iff in F.
  assert (N : bars s m (agent_of c b) = false).
  { destruct (bars s m (agent_of c b)) eqn:E; [|reflexivity]. rewrite <- F. symmetry. apply existsb_exists. exists b.
    split; [apply unfinished_in_ids; eapply token_holder_unfinished; eauto|exact E]. }
  unfold bars in N. apply has_In in H. rewrite H in N. cbn [andb] in N. apply negb_false_iff in N. apply andb_prop in N.
  destruct N as [N1 N2]. destruct m; [discriminate N1|]. destruct (mode_in s _); [discriminate N2|auto].
Qed.

(** A semaphore without a permit left has somebody who holds one. *)
Lemma room_spec : forall s, 1 <= permits s -> (taken P cpus c s <? permits s) = false ->
  exists b, In (RPermit s) (held (agent_of c b)).
Proof.
  intros s L F. apply Nat.ltb_ge in F. unfold taken in F.
  assert (E : forall l, 1 <= list_sum (map (fun a => count_occ res_eq_dec (held (agent_of c a)) (RPermit s)) l) ->
      exists b, In (RPermit s) (held (agent_of c b))).
  { induction l as [|a l IH]; [cbn; lia|]. intros X.
    change (1 <= count_occ res_eq_dec (held (agent_of c a)) (RPermit s)
                 + list_sum (map (fun a => count_occ res_eq_dec (held (agent_of c a)) (RPermit s)) l)) in X.
    destruct (count_occ res_eq_dec (held (agent_of c a)) (RPermit s)) eqn:N; [apply IH; exact X|].
    exists a. apply (count_occ_In res_eq_dec). lia. }
  apply (E ids). lia.
Qed.

Lemma served_spec : forall e, is_served P cpus c e = true -> exists b, In (RServe e) (held (agent_of c b)).
Proof.
  intros e F. unfold is_served in F. apply existsb_exists in F. destruct F as [b [_ H]]. apply holds_In in H. eauto.
Qed.

(** Whether [a] waits for anybody is decided by looking. *)
Lemma waits_dec : forall a, (exists b, waits_for c a b) \/ (forall b, ~ waits_for c a b).
Proof.
  intros a.
  assert (L : (exists b, waits_for c a b)
              \/ (waits_now (agent_of c a) = true -> forall b h, In h (held (agent_of c b)) ->
                    (forall r, wanted (agent_of c a) = Some r -> meets r h = false)
                    /\ (forall l, upgrades (agent_of c a) = Some l -> stays l h = false))).
  { destruct (waits_now (agent_of c a)) eqn:NOW; [|right; discriminate].
    destruct (wanted (agent_of c a)) as [r|] eqn:W.
    - destruct (anybody (meets r)) eqn:F.
      + left. destruct (anybody_spec _ F) as [b [h [H ME]]]. exists b. eapply For_a_lock_or_event; eauto.
      + right. intros _ b h IN. split; [intros r' E; injection E as <-; eapply anybody_none; eauto|].
        intros l U. exfalso. unfold wanted in W. unfold upgrades in U.
        destruct (code (agent_of c a)) as [|[] ?]; discriminate.
    - destruct (upgrades (agent_of c a)) as [l|] eqn:U.
      + destruct (anybody (stays l)) eqn:F.
        * left. destruct (anybody_spec _ F) as [b [h [H ME]]]. exists b. eapply For_the_readers; eauto.
        * right. intros _ b h IN. split; [discriminate|]. intros l' E. injection E as <-. eapply anybody_none; eauto.
      + right. intros _ b h _. split; discriminate. }
  destruct L as [L|L]; [left; exact L|].
  assert (L1 : forall b r h, waits_now (agent_of c a) = true -> wanted (agent_of c a) = Some r ->
      In h (held (agent_of c b)) -> meets r h = true -> False).
  { intros b r h NOW W IN ME. destruct (L NOW b h IN) as [X _]. rewrite (X r W) in ME. discriminate. }
  assert (L2 : forall b l h, waits_now (agent_of c a) = true -> upgrades (agent_of c a) = Some l ->
      In h (held (agent_of c b)) -> stays l h = true -> False).
  { intros b l h NOW U IN ME. destruct (L NOW b h IN) as [_ X]. rewrite (X l U) in ME. discriminate. }
  clear L.
  assert (K : (exists b s l, retaking (agent_of c a) = true /\ lost (agent_of c a) = s :: l /\ In s (toks (agent_of c b)))
              \/ (forall b s l, retaking (agent_of c a) = true -> lost (agent_of c a) = s :: l -> ~ In s (toks (agent_of c b)))).
  { destruct (retaking (agent_of c a)); [|right; discriminate].
    destruct (lost (agent_of c a)) as [|s l]; [right; discriminate|].
    destruct (existsb (fun b => has s (toks (agent_of c b))) ids) eqn:F.
    - left. apply existsb_exists in F. destruct F as [b [_ H]]. apply has_In in H. exists b, s, l. auto.
    - right. intros b s' l' _ E IN. injection E as <- <-. rewrite <- not_true_iff_false in F. apply F.
      apply existsb_exists. exists b. split; [apply unfinished_in_ids; eapply token_holder_unfinished; eauto|].
      apply has_In. exact IN. }
  destruct K as [[b [s [l [RT [LO H]]]]]|K]; [left; exists b; eapply For_a_token; eauto|].
  assert (H : forall t, (exists k, k < cpus /\ current c k = Some t /\ code (handler c k) <> [])
              \/ (forall k, k < cpus -> current c k = Some t -> code (handler c k) = [])).
  { intros t. generalize cpus as n. induction n as [|n IH]; [right; intros; lia|].
    destruct IH as [[k [X Y]]|IH]; [left; exists k; split; [lia|exact Y]|].
    destruct (code (handler c n)) eqn:C.
    - right. intros k X Y. destruct (Nat.eq_dec k n) as [->|]; [exact C|apply IH; [lia|exact Y]].
    - destruct (current c n) as [u|] eqn:CU.
      + destruct (Nat.eq_dec u t) as [->|N].
        * left. exists n. rewrite C. split; [lia|]. split; [exact CU|discriminate].
        * right. intros k X Y. destruct (Nat.eq_dec k n) as [->|]; [congruence|apply IH; [lia|exact Y]].
      + right. intros k X Y. destruct (Nat.eq_dec k n) as [->|]; [congruence|apply IH; [lia|exact Y]]. }
  assert (J : (exists b, waits_for c a b) \/ forall t u, a = T t -> waits_now (thread c t) = true ->
      joins (thread c t) = Some u -> t <? u = true -> begun c u = true -> code (thread c u) = []).
  { destruct a as [t|k]; [|right; discriminate].
    destruct (waits_now (thread c t)) eqn:NOW; [|right; intros ? ? E; injection E as <-; congruence].
    destruct (joins (thread c t)) as [u|] eqn:JO; [|right; intros ? ? E; injection E as <-; congruence].
    destruct (t <? u) eqn:LT; [|right; intros ? ? E; injection E as <-; congruence].
    destruct (begun c u) eqn:BG; [|right; intros ? ? E; injection E as <-; congruence].
    destruct (code (thread c u)) eqn:C.
    - right. intros ? ? E. injection E as <-. congruence.
    - left. exists (T u). apply For_its_end; auto. rewrite C. discriminate. }
  destruct J as [J|J]; [left; exact J|].
  assert (H2 : (exists b, waits_for c a b) \/ forall t k, a = T t -> k < cpus -> current c k = Some t -> code (handler c k) = []).
  { destruct a as [t|k]; [|right; discriminate]. destruct (H t) as [[k [X [CU N]]]|H'].
    - left. exists (Irq k). apply For_the_handler; assumption.
    - right. intros ? ? E. injection E as <-. auto. }
  destruct H2 as [H2|H2]; [left; exact H2|].
  right. intros b W. inversion W; subst.
  - eapply L1; eauto.
  - eapply L2; eauto.
  - match goal with X : code (handler _ _) <> [] |- _ => apply X; eauto end.
  - match goal with X : code (thread _ _) <> [] |- _ => apply X; eauto end.
  - eapply K; eauto.
Qed.

(** Whoever waits for nobody is stopped by nothing. *)
Lemma unblocked : forall a, code (agent_of c a) <> [] -> (forall b, ~ waits_for c a b) ->
  exists side x e, local_step P (view_of c a) side (agent_of c a) = Some (x, e).
Proof.
  intros a C N. exists true. unfold local_step. destruct (retaking (agent_of c a)) eqn:RT.
  { (* taking tokens again *)
    destruct (lost (agent_of c a)) as [|s l] eqn:LO; [unfold retaking in RT; rewrite LO in RT; discriminate|].
    cbn [view_of Machine.view_of unheld]. destruct (is_unheld P cpus c s _) eqn:F; [eauto|exfalso].
    destruct (is_unheld_spec s _ F) as [b H]. apply (N b). eapply For_a_token; eauto. }
  destruct (sleeps_in (code (agent_of c a)) && negb (match toks (agent_of c a) with [] => true | _ => false end)) eqn:BK.
  { destruct (operate P (view_of c a) true (agent_of c a)) as [[x e]|]; eauto. }
  assert (NOW : waits_now (agent_of c a) = true).
  { unfold waits_now. rewrite RT. cbn. destruct (sleeps_in (code (agent_of c a))); [|reflexivity]. cbn in *.
    destruct (toks (agent_of c a)); [reflexivity|discriminate]. }
  destruct (code (agent_of c a)) as [|p ps] eqn:E; [congruence|].
  destruct (current_token P _ _ _ _ p ps (proj1 (agents_ok _ _ _ OK a)) E) as [f [fs [rest [W _]]]].
  assert (F : forall r, wanted_by p = Some r -> is_free P cpus c r = true).
  { intros r WR. destruct (is_free P cpus c r) eqn:F; [reflexivity|exfalso].
    unfold is_free in F. apply negb_false_iff in F. destruct (anybody_spec _ F) as [b' [h [H CL]]].
    apply (N b'). eapply For_a_lock_or_event; [exact NOW| |exact H|apply clash_meets; exact CL].
    unfold wanted. rewrite E. exact WR. }
  assert (G : forall l, upgrades_in (p :: ps) = Some l -> is_alone P cpus c l = true).
  { intros l U. destruct (is_alone P cpus c l) eqn:FA; [reflexivity|exfalso].
    unfold is_alone in FA. apply negb_false_iff in FA. destruct (anybody_spec _ FA) as [b' [h [H CL]]].
    apply (N b'). eapply For_the_readers; [exact NOW| |exact H|exact CL]. unfold upgrades. rewrite E. exact U. }
  assert (ROOM : forall s ok err, p = Do (OPermit s) ok err -> (taken P cpus c s <? permits s) = true).
  { intros s ok err ->. destruct (taken P cpus c s <? permits s) eqn:FR; [reflexivity|exfalso].
    assert (PE : 1 <= permits s).
    { cbn [wt push_with fallible] in W. apply andb_prop in W. destruct W as [W _].
      destruct (permits s); [|lia]. cbn [Nat.leb] in W. rewrite andb_false_r in W. discriminate W. }
    destruct (room_spec s PE FR) as [b' H]. apply (N b'). eapply For_a_lock_or_event; [exact NOW| |exact H|].
    - unfold wanted. rewrite E. reflexivity.
    - unfold meets. cbn [lock_of]. destruct (res_eq_dec (RPermit s) (RPermit s)); congruence. }
  destruct p; unfold operate; rewrite E; cbn [view_of Machine.view_of alone free room served done ended unheld sole younger].
  - eauto.
  - cbn in F. destruct o; cbn [awaits] in F |- *; try rewrite (F _ eq_refl); try rewrite (ROOM _ _ _ eq_refl);
      repeat match goal with |- context [if ?x then _ else _] => destruct x end; eauto.
  - eauto.
  - eauto.
  - eauto.
  - cbn in W. destruct (nth_error (functions P) n) as [[s body]|]; [eauto|discriminate].
  - cbn in F. rewrite (F _ eq_refl). destruct (is_done c e); eauto.
  - eauto.
  - cbn in BK. destruct (toks (agent_of c a)); [eauto|discriminate].
  - rewrite (G _ eq_refl). eauto.
  - eauto.
  - destruct a as [u|k]; [|eauto]. destruct (u <? t) eqn:LT; [|eauto].
    destruct (code (thread c t)) eqn:X; unfold no_code; rewrite ?X; [cbn; eauto|].
    destruct (begun c t) eqn:BG; [exfalso|cbn; eauto].
    apply (N (T t)). apply For_its_end; [exact NOW| |exact LT|exact BG|rewrite X; discriminate].
    unfold joins. cbn in E. rewrite E. reflexivity.
  - eauto.
  - destruct (held (agent_of c a)); eauto.
Qed.

(** From everybody the waits lead to somebody who waits for nobody: there are finitely many, and no circle. *)
Lemma waits_end : forall n L x, length L <= n -> (forall y, clos_trans id (waits_for c) x y -> In y L) ->
  exists m, (m = x \/ clos_trans id (waits_for c) x m) /\ forall b, ~ waits_for c m b.
Proof.
  induction n as [|n IH]; intros L x LEN IN.
  - exists x. split; [auto|]. intros b W. destruct L; [|cbn in LEN; lia]. apply (IN b). constructor. exact W.
  - destruct (waits_dec x) as [[y W]|N]; [|exists x; auto].
    assert (Y : In y L) by (apply IN; constructor; exact W).
    destruct (IH (remove id_eq_dec y L) y) as [m [M E]].
    + pose proof (remove_length_lt id_eq_dec L y Y). lia.
    + intros z Z. apply in_in_remove.
      * intros ->. exact (acyclic y Z).
      * apply IN. eapply t_trans; [constructor; exact W|exact Z].
    + exists m. split; [|exact E]. right. destruct M as [->|M]; [constructor; exact W|].
      eapply t_trans; [constructor; exact W|exact M].
Qed.

Lemma waits_end_here : forall x, code (agent_of c x) <> [] ->
  exists m, (m = x \/ clos_trans id (waits_for c) x m) /\ code (agent_of c m) <> []
    /\ (alive c x -> alive c m) /\ forall b, ~ waits_for c m b.
Proof.
  intros x C.
  assert (U : forall x y, clos_trans id (waits_for c) x y -> code (agent_of c y) <> [] /\ alive c y).
  { intros a b E. induction E; [split; [eapply waited_for_unfinished|eapply waited_for_alive]|]; eauto. }
  destruct (waits_end (length ids) ids x (le_n _)) as [m [M E]].
  { intros y Y. apply unfinished_in_ids. apply (U x y Y). }
  exists m. split; [exact M|]. split; [destruct M as [->|M]; [exact C|apply (U x m M)]|]. split; [|exact E].
  intros A. destruct M as [->|M]; [exact A|apply (U x m M)].
Qed.

(** Whoever keeps its CPU for itself. *)
Definition keeps_cpu (a : id) : Prop :=
  match a with T t => masks 1 (thread c t) = true | Irq k => code (handler c k) <> [] end.

Lemma keeps_cpu_level : forall a, keeps_cpu a -> (level P a = 0 -> masks 1 (agent_of c a) = true).
Proof. intros [t|k] K L; [exact K|discriminate L]. Qed.

(** R6: it waits only for somebody who does so as well. *)
Lemma keeps_cpu_edge : forall a b, waits_for c a b -> keeps_cpu a -> keeps_cpu b.
Proof.
  assert (HOLD : forall b h, In h (held (agent_of c b)) -> 1 <= masking h -> keeps_cpu b).
  { intros [t|k] h H M; cbn.
    - unfold masks. apply orb_true_intro. left. apply existsb_exists. exists h. split; [exact H|apply Nat.leb_le; exact M].
    - eapply (holder_unfinished (Irq k)); eauto. }
  intros a b W K. destruct W as [a b r h NOW W H ME|a b l h NOW U H ME|k t LT CU N|t u NOW JO LT BG N|a b s l RT LO H].
  - apply (HOLD b h H). destruct (meets_place r h ME) as [_ ->].
    { destruct (waits_inside P _ _ r (agents_ok _ _ _ OK a) W) as [L [_ Q]]. destruct a as [t|k]; cbn in K.
      - unfold masks in K. apply orb_prop in K. destruct K as [K|K].
        + apply existsb_exists in K. destruct K as [q [IN M]]. apply Nat.leb_le in M. destruct (Q q IN). lia.
        + apply andb_prop in K. destruct K as [_ K]. cbn in W. rewrite W in K. apply Nat.leb_le. exact K.
      - cbn in L. lia. }
  - apply (HOLD b h H). unfold stays in ME. apply andb_prop in ME. destruct ME as [ME _].
    destruct (of_lock_place l h ME) as [_ ->].
    destruct (upgrades_inside P _ _ l (agents_ok _ _ _ OK a) U) as [L [_ [rest [HA Q]]]].
    destruct a as [t|k]; cbn in K; [|cbn in L |- *; lia].
    unfold masks in K. apply orb_prop in K. destruct K as [K|K].
    + apply existsb_exists in K. destruct K as [q [IN M]]. apply Nat.leb_le in M. cbn in HA. rewrite HA in IN.
      destruct IN as [<-|IN]; [exact M|]. destruct (Q q IN) as [_ Y]. cbn in Y |- *. lia.
    + exfalso. apply andb_prop in K. destruct K as [_ K]. unfold upgrades in U. cbn in U. unfold wanted in K.
      destruct (code (thread c t)) as [|[] ?]; discriminate.
  - exact N.
  - exfalso. cbn in K. assert (SL : sleeps_in (code (thread c t)) = true).
    { unfold joins in JO. destruct (code (thread c t)) as [|[] ?]; try discriminate JO. reflexivity. }
    destruct (R6_sleeps P _ _ (agents_ok _ _ _ OK (T t)) SL) as [_ [SP MZ]].
    destruct (low c (T t) eq_refl SP MZ) as [_ Y]. cbn in Y. congruence.
  - exfalso. destruct (agents_ok _ _ _ OK a) as [_ [T1 _]]. destruct T1 as [LV [SP MZ]]; [rewrite LO; discriminate|].
    destruct (low c a) as [_ Y]; [apply (handles_level P); lia|exact SP|exact MZ|].
    rewrite (keeps_cpu_level a K LV) in Y. discriminate.
Qed.

Lemma keeps_cpu_path : forall a b, clos_trans id (waits_for c) a b -> keeps_cpu a -> keeps_cpu b.
Proof. intros a b E. induction E; eauto using keeps_cpu_edge. Qed.

Lemma keeps_cpu_unfinished : forall a, keeps_cpu a -> code (agent_of c a) <> [].
Proof.
  intros [t|k] K; cbn in *; [|exact K]. intros C.
  destruct (finished_holds_nothing (T t) C) as [H [S _]]. cbn in H, S. unfold masks in K. rewrite H, S in K. discriminate.
Qed.

Lemma keeps_cpu_runs : forall a, keeps_cpu a -> (forall b, ~ waits_for c a b) -> runs cpus c a.
Proof.
  intros [t|k] K N; cbn in *.
  - destruct (on_a_cpu _ _ _ OK t K) as [k [LT CU]]. exists k. split; [exact LT|]. split; [exact CU|].
    destruct (code (handler c k)) eqn:C; [reflexivity|exfalso]. apply (N (Irq k)). apply For_the_handler; try assumption.
    rewrite C. discriminate.
  - destruct (le_lt_dec cpus k) as [L|L]; [exfalso; apply K; apply (no_more_handlers _ _ _ OK); exact L|exact L].
Qed.

Lemma search : forall (Q : nat -> Prop), (forall k, Q k \/ ~ Q k) -> forall n,
  (exists k, k < n /\ Q k) \/ (forall k, k < n -> ~ Q k).
Proof.
  intros Q D. induction n as [|n [[k [L X]]|IH]]; [right; intros; lia|left; exists k; split; [lia|exact X]|].
  destruct (D n) as [X|X]; [left; exists n; split; [lia|exact X]|right].
  intros k L. destruct (Nat.eq_dec k n) as [->|]; [exact X|apply IH; lia].
Qed.

(** It waits to be notified, or for somebody who does. *)
Definition idle_at (a : id) : Prop := exists b, (b = a \/ clos_trans id (waits_for c) a b) /\ awaiting (agent_of c b).

Lemma awaiting_dec : forall a, awaiting a \/ ~ awaiting a.
Proof.
  intros a. unfold awaiting. destruct (code a) as [|p ps]; [right; intros [k [qs E]]; discriminate|].
  destruct p; try (right; intros [k0 [qs E]]; discriminate). left. eauto.
Qed.

Lemma keeps_cpu_not_awaiting : forall a, keeps_cpu a -> ~ awaiting (agent_of c a).
Proof.
  intros a K [k [ps E]].
  assert (SL : sleeps_in (code (agent_of c a)) = true) by (rewrite E; reflexivity).
  destruct (R6_sleeps P _ _ (agents_ok _ _ _ OK a) SL) as [LV [SP MZ]].
  destruct (low c a) as [_ Y]; [apply (handles_level P); lia|exact SP|exact MZ|].
  rewrite (keeps_cpu_level a K LV) in Y. discriminate.
Qed.

Lemma progress_at :
  (forall a, alive c a -> code (agent_of c a) = [] \/ idle_at a)
  \/ (exists a, can_step c a)
  \/ (exists k t, step Nat.ltb P cpus c (switch c k t) /\ can_step (switch c k t) (T t)).
Proof.
  assert (UN : (exists m, alive c m /\ code (agent_of c m) <> [] /\ (forall b, ~ waits_for c m b) /\ ~ awaiting (agent_of c m))
               \/ forall a, alive c a -> code (agent_of c a) = [] \/ idle_at a).
  { assert (AD : forall a, alive c a \/ ~ alive c a).
    { intros [t|k]; cbn; [destruct (begun c t); [auto|right; discriminate]|auto]. }
    assert (D : forall L, (exists m, alive c m /\ code (agent_of c m) <> [] /\ (forall b, ~ waits_for c m b) /\ ~ awaiting (agent_of c m))
                          \/ forall a, In a L -> alive c a -> code (agent_of c a) = [] \/ idle_at a).
    { induction L as [|a L [X|IH]]; [right; contradiction|auto|].
      destruct (code (agent_of c a)) as [|p ps] eqn:C; [right; intros b [<-|I]; auto|].
      destruct (AD a) as [A|A]; [|right; intros b [<-|I] B; [contradiction|auto]].
      destruct (waits_end_here a) as [m [M [CM [AM N]]]]; [rewrite C; discriminate|].
      destruct (awaiting_dec (agent_of c m)) as [W|W].
      - right. intros b [<-|I] B; [right; exists m; auto|auto].
      - left. exists m. auto. }
    destruct (D ids) as [X|N]; [auto|right]. intros a A.
    destruct (code (agent_of c a)) as [|p ps] eqn:C; [auto|]. right.
    destruct (N a) as [X|X]; [apply unfinished_in_ids; rewrite C; discriminate|exact A|congruence|exact X]. }
  destruct UN as [[m [AM [C [N NA]]]]|UN]; [right|auto].
  (* stepping once nobody is waited for *)
  assert (GO : forall m, runs cpus c m -> code (agent_of c m) <> [] -> (forall b, ~ waits_for c m b) ->
      ~ awaiting (agent_of c m) -> can_step c m).
  { intros m' R' C' N' A'. split; [exact R'|]. split; [exact A'|]. split; [exact N'|apply unblocked; assumption]. }
  destruct m as [t|k].
  2: { left. exists (Irq k). apply GO; [|exact C|exact N|exact NA]. apply keeps_cpu_runs; [exact C|exact N]. }
  destruct (search (fun k => current c k = Some t)) with (n := cpus) as [[k [L CU]]|OFF].
  { intros k. destruct (current c k) as [u|]; [|right; discriminate].
    destruct (Nat.eq_dec u t) as [->|NE]; [auto|right; congruence]. }
  - left. exists (T t). apply GO; [|exact C|exact N|exact NA]. exists k. split; [exact L|]. split; [exact CU|].
    destruct (code (handler c k)) eqn:HC; [reflexivity|exfalso]. apply (N (Irq k)). apply For_the_handler; try assumption.
    rewrite HC. discriminate.
  - destruct (search (fun k => allows 1 c k)) with (n := cpus) as [[k [L AL1]]|BUSY].
    { intros k. unfold allows. destruct (code (handler c k)); [|right; intros [X _]; discriminate].
      destruct (current c k) as [u|]; [|auto]. destruct (masks 1 (thread c u)); [right; intros [_ X]; discriminate|auto]. }
    + right. exists k, t. split.
      * apply Switch; try assumption.
        destruct (le_lt_dec (length (threads P)) t) as [LE|LT]; [|exact LT].
        exfalso. apply C. apply (no_more _ _ _ OK). exact LE.
      * split; [|split; [|split]].
        -- exists k. split; [exact L|]. cbn. split; [apply set_same|apply AL1].
        -- exact NA.
        -- intros b W. inversion W; subst.
           ++ apply (N b). eapply For_a_lock_or_event; eassumption.
           ++ apply (N b). eapply For_the_readers; eassumption.
           ++ match goal with X : current _ ?j = Some t, Y : ?j < cpus, Z : code (handler _ ?j) <> [] |- _ =>
                cbn in X, Z; destruct (Nat.eq_dec j k) as [->|NE];
                [apply Z; apply AL1|rewrite set_other in X by assumption; exact (OFF j Y X)] end.
           ++ apply (N (T u)). apply For_its_end; assumption.
           ++ apply (N b). eapply For_a_token; eassumption.
        -- exact (unblocked (T t) C N).
    + (* every CPU is kept: follow the waits of whoever keeps the first *)
      assert (KEEP : exists y, keeps_cpu y).
      { specialize (BUSY 0 a_cpu). unfold allows in BUSY. destruct (code (handler c 0)) eqn:HC.
        - destruct (current c 0) as [u|]; [|exfalso; apply BUSY; auto].
          exists (T u). cbn. destruct (masks 1 (thread c u)); [reflexivity|exfalso; apply BUSY; auto].
        - exists (Irq 0). cbn. rewrite HC. discriminate. }
      destruct KEEP as [y KEEP]. left.
      destruct (waits_end_here y (keeps_cpu_unfinished y KEEP)) as [z [Z [CZ [_ NZ]]]].
      assert (KZ : keeps_cpu z) by (destruct Z as [->|Z]; [exact KEEP|eapply keeps_cpu_path; eauto]).
      exists z. apply GO; [apply keeps_cpu_runs; assumption|exact CZ|exact NZ|apply keeps_cpu_not_awaiting; exact KZ].
Qed.

End At.

(** Theorem 4. *)
Theorem progress : forall c, reachable c ->
  (forall a, alive c a ->                                      (* all that have begun have ended, *)
     code (agent_of c a) = [] \/ idle_at c a)                  (* or wait to be notified, or for one that does *)
  \/ (exists a, can_step c a)                                  (* or somebody who runs goes on *)
  \/ (exists k t, step Nat.ltb P cpus c (switch c k t) /\ can_step (switch c k t) (T t)).
Proof.
  intros c R. exact (progress_at c (reachable_ok Nat.ltb P cpus Typed c R) (no_circular_wait P cpus Typed c R)).
Qed.

End Progress.
