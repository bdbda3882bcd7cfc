(** * The machine as a function, so that a schedule can be computed. *)

From Coq Require Import List Arith Bool Lia Relation_Operators.
Import ListNotations.
Require Import Rules Machine.

Section Exec.
Variable may_join : nat -> nat -> bool.
Variable P : program.
Variable cpus : nat.

Inductive action := Go (a : id) (side : bool) | Fail (a : id) | Irupt (k j : nat) | To (k t : nat).

Definition on (c : config) (k t : nat) : bool :=
  match current c k with Some u => u =? t | None => false end.

Definition runs_b (c : config) (a : id) : bool :=
  match a with
  | T t => existsb (fun k => on c k t && no_code (handler c k)) (seq 0 cpus)
  | Irq k => k <? cpus
  end.

Definition allows_b (n : nat) (c : config) (k : nat) : bool :=
  no_code (handler c k) && match current c k with Some t => negb (masks n (thread c t)) | None => true end.

Definition exec (c : config) (x : action) : option config :=
  match x with
  | Go a side =>
      if runs_b c a then
        match local_step P (view_of may_join P cpus c a) side (agent_of c a) with
        | Some (y, e) => Some (set_agent c a y e)
        | None => None
        end
      else None
  | Fail a =>
      if runs_b c a && negb (no_code (agent_of c a)) && (match lost (agent_of c a) with [] => true | _ => false end)
         && negb (spin (agent_of c a))
      then Some (set_agent c a (Agent [Unwind] (held (agent_of c a)) false (toks (agent_of c a)) [] false) None) else None
  | Irupt k j =>
      match nth_error (handlers P) j with
      | Some h =>
          if (k <? cpus) && allows_b 2 c k
          then Some (Config (thread c) (set (handler c) k (fresh h)) (current c) (is_done c) (begun c)) else None
      | None => None
      end
  | To k t =>
      if (k <? cpus) && allows_b 1 c k && (t <? length (threads P)) && begun c t && forallb (fun k' => negb (on c k' t)) (seq 0 cpus)
      then Some (Config (thread c) (handler c) (set (current c) k (Some t)) (is_done c) (begun c)) else None
  end.

Fixpoint run (c : config) (xs : list action) : option config :=
  match xs with [] => Some c | x :: xs => match exec c x with Some c' => run c' xs | None => None end end.

(** How many of the actions can be taken: for writing schedules. *)
Fixpoint steps_taken (c : config) (xs : list action) : nat :=
  match xs with [] => 0 | x :: xs => match exec c x with Some c' => S (steps_taken c' xs) | None => 0 end end.

Lemma no_code_spec : forall a, no_code a = true -> code a = [].
Proof. intros a. unfold no_code. destruct (code a); [reflexivity|discriminate]. Qed.

Lemma on_spec : forall c k t, on c k t = true <-> current c k = Some t.
Proof.
  intros. unfold on. destruct (current c k) as [u|]; [|split; discriminate]. rewrite Nat.eqb_eq.
  split; [intros ->; reflexivity|intros H; injection H; auto].
Qed.

Lemma allows_spec : forall n c k, allows_b n c k = true -> allows n c k.
Proof.
  intros n c k H. apply andb_prop in H. destruct H as [H1 H2]. split; [apply no_code_spec; exact H1|].
  destruct (current c k); [apply negb_true_iff; exact H2|exact I].
Qed.

Lemma runs_spec : forall c a, runs_b c a = true -> runs cpus c a.
Proof.
  intros c [t|k] R; cbn in *.
  - apply existsb_exists in R. destruct R as [k [K R]]. apply andb_prop in R. destruct R as [R1 R2].
    exists k. apply in_seq in K. split; [lia|]. split; [apply on_spec; exact R1|apply no_code_spec; exact R2].
  - apply Nat.ltb_lt. exact R.
Qed.

Lemma exec_step : forall c x c', exec c x = Some c' -> step may_join P cpus c c'.
Proof.
  intros c [a side|a|k j|k t] c' H; unfold exec in H.
  - destruct (runs_b c a) eqn:R; [|discriminate].
    destruct (local_step P (view_of may_join P cpus c a) side (agent_of c a)) as [[y e]|] eqn:L; [|discriminate].
    injection H as <-. eapply Run; [apply runs_spec; exact R|exact L].
  - match type of H with (if ?b then _ else _) = _ => destruct b eqn:B; [|discriminate H] end. injection H as <-.
    repeat (apply andb_prop in B; destruct B as [B ?]). apply Panic.
    + apply runs_spec. exact B.
    + intros E. match goal with X : negb (no_code _) = true |- _ => unfold no_code in X; rewrite E in X; discriminate X end.
    + destruct (lost (agent_of c a)); [reflexivity|discriminate].
    + apply negb_true_iff. assumption.
  - destruct (nth_error (handlers P) j) as [h|] eqn:N; [|discriminate].
    destruct ((k <? cpus) && allows_b 2 c k) eqn:B; [|discriminate]. injection H as <-.
    apply andb_prop in B. destruct B as [B1 B2].
    apply Interrupt; [apply Nat.ltb_lt; exact B1|apply allows_spec; exact B2|eapply nth_error_In; exact N].
  - match type of H with (if ?b then _ else _) = _ => destruct b eqn:B; [|discriminate H] end. injection H as <-.
    repeat (apply andb_prop in B; destruct B as [B ?]).
    apply Switch; [apply Nat.ltb_lt; exact B|apply allows_spec; assumption|apply Nat.ltb_lt; assumption|assumption|].
    intros k' K' C. rewrite forallb_forall in H. apply on_spec in C.
    assert (X : negb (on c k' t) = true) by (apply H; apply in_seq; lia). rewrite C in X. discriminate X.
Qed.

Lemma run_reachable : forall xs c c', reachable may_join P cpus c -> run c xs = Some c' -> reachable may_join P cpus c'.
Proof.
  induction xs as [|x xs IH]; intros c c' R H; cbn in H; [injection H as <-; exact R|].
  destruct (exec c x) as [d|] eqn:E; [|discriminate]. eapply IH; [|exact H]. eapply Step; [exact R|]. eapply exec_step; exact E.
Qed.

(** ** Finding a circle *)

Definition waits_b (c : config) (a b : id) : bool :=
  waits_now (agent_of c a)
    && (match wanted (agent_of c a) with Some r => existsb (meets r) (held (agent_of c b)) | None => false end
        || match upgrades (agent_of c a) with Some l => existsb (stays l) (held (agent_of c b)) | None => false end)
  || retaking (agent_of c a)
    && match lost (agent_of c a) with s :: _ => has s (toks (agent_of c b)) | [] => false end
  || match a, b with
     | T t, Irq k => (k <? cpus) && on c k t && negb (no_code (handler c k))
     | T t, T u =>
         waits_now (thread c t)
         && match joins (thread c t) with Some v => (v =? u) && may_join t u && begun c u && negb (no_code (thread c u)) | None => false end
     | _, _ => false
     end.

Fixpoint path_b (c : config) (a : id) (l : list id) : bool :=
  match l with [] => true | b :: l => waits_b c a b && path_b c b l end.

Lemma waits_spec : forall c a b, waits_b c a b = true -> waits_for may_join cpus c a b.
Proof.
  intros c a b H. apply orb_prop in H. destruct H as [H|H]; [apply orb_prop in H; destruct H as [H|H]|].
  - apply andb_prop in H. destruct H as [N H]. apply orb_prop in H. destruct H as [H|H].
    + destruct (wanted (agent_of c a)) as [r|] eqn:W; [|discriminate]. apply existsb_exists in H. destruct H as [h [H ME]].
      eapply For_a_lock_or_event; eauto.
    + destruct (upgrades (agent_of c a)) as [l|] eqn:U; [|discriminate]. apply existsb_exists in H. destruct H as [h [H ME]].
      eapply For_the_readers; eauto.
  - apply andb_prop in H. destruct H as [N H]. destruct (lost (agent_of c a)) as [|s l] eqn:L; [discriminate|].
    eapply For_a_token; [exact N|exact L|]. unfold has in H. apply existsb_exists in H. destruct H as [x [IN E]].
    apply Nat.eqb_eq in E. subst. exact IN.
  - assert (NC : forall x, negb (no_code x) = true -> code x <> []).
    { intros x X E. unfold no_code in X. rewrite E in X. discriminate. }
    destruct a as [t|k], b as [u|j]; try discriminate.
    + apply andb_prop in H. destruct H as [N H].
      destruct (joins (thread c t)) as [v|] eqn:J; [|discriminate]. apply andb_prop in H. destruct H as [H1 H2].
      apply andb_prop in H1. destruct H1 as [H1 H3]. apply andb_prop in H1. destruct H1 as [H1 H4].
      apply Nat.eqb_eq in H1. subst. apply For_its_end; auto.
    + repeat (apply andb_prop in H; destruct H as [H ?]). apply For_the_handler.
      * apply Nat.ltb_lt. exact H.
      * apply on_spec. assumption.
      * auto.
Qed.

Lemma path_spec : forall l c a b, path_b c a (l ++ [b]) = true -> clos_trans id (waits_for may_join cpus c) a b.
Proof.
  induction l as [|x l IH]; intros c a b H; cbn in H.
  - rewrite andb_true_r in H. constructor. apply waits_spec. exact H.
  - apply andb_prop in H. destruct H as [H1 H2]. eapply t_trans; [constructor; apply waits_spec; exact H1|apply IH; exact H2].
Qed.

(** After the schedule [xs] the agents [l] wait in a circle. *)
Definition circle_after (xs : list action) (l : list id) : bool :=
  match l, run (start P) xs with
  | a :: l, Some c => path_b c a (l ++ [a])
  | _, _ => false
  end.

Theorem circle_found : forall xs l, circle_after xs l = true ->
  exists c a, reachable may_join P cpus c /\ clos_trans id (waits_for may_join cpus c) a a.
Proof.
  intros xs [|a l] H; [discriminate|]. unfold circle_after in H.
  destruct (run (start P) xs) as [c|] eqn:R; [|discriminate].
  exists c, a. split; [eapply run_reachable; [constructor|exact R]|apply (path_spec l); exact H].
Qed.

End Exec.
