(* Finite sums and maxima over ranges of integers, indicators, and the functions of learning, over the reals, Z2 and the integers.

   Every file that symcat exports imports this one.  Nothing here is assumed: the lemmas are proved from Coq's own library. *)

Require Import ZArith Lia List Ring InitialRing.
Require Import Reals Lra Psatz.

Set Implicit Arguments.

(* ---- sums in any commutative ring *)
Section Sums.

Set Default Proof Using "laws".

Variable T : Type.
Variables zero one : T.
Variables add mul sub : T -> T -> T.
Variable opp : T -> T.
Hypothesis laws : ring_theory zero one add mul sub opp (@eq T).
Add Ring laws_ring : laws.

Fixpoint upto (n : nat) (f : Z -> T) : T :=
  match n with
  | O => zero
  | S k => add (upto k f) (f (Z.of_nat k))
  end.

(* f 0 + ... + f (n - 1) *)
Definition total (n : Z) (f : Z -> T) : T := upto (Z.to_nat n) f.

Definition at_least_zero (e : Z) : T := if Z.leb 0 e then one else zero.
Definition is_zero (e : Z) : T := if Z.eqb e 0 then one else zero.

(* a combination of sums, and its value at one index *)
Fixpoint combined (n : Z) (parts : list (T * (Z -> T))) : T :=
  match parts with
  | nil => zero
  | cons (c, f) rest => add (mul c (total n f)) (combined n rest)
  end.

Fixpoint combined_at (parts : list (T * (Z -> T))) (i : Z) : T :=
  match parts with
  | nil => zero
  | cons (c, f) rest => add (mul c (f i)) (combined_at rest i)
  end.

Lemma upto_same : forall n f g, (forall i, (0 <= i < Z.of_nat n)%Z -> f i = g i) -> upto n f = upto n g.
Proof.
  induction n; intros f g H; simpl; auto.
  rewrite (IHn f g); [rewrite H; auto; lia | intros; apply H; lia].
Qed.

Lemma total_same : forall n f g, (forall i, (0 <= i < n)%Z -> f i = g i) -> total n f = total n g.
Proof. intros; apply upto_same; intros; apply H; lia. Qed.

Lemma upto_zero : forall n, upto n (fun _ => zero) = zero.
Proof. induction n; simpl; auto. rewrite IHn; ring. Qed.

Lemma upto_add : forall n f g, upto n (fun i => add (f i) (g i)) = add (upto n f) (upto n g).
Proof. induction n; intros; simpl; [ring | rewrite IHn; ring]. Qed.

Lemma upto_mul : forall n c f, upto n (fun i => mul c (f i)) = mul c (upto n f).
Proof. induction n; intros; simpl; [ring | rewrite IHn; ring]. Qed.

Lemma total_combined : forall n f parts,
  (forall i, (0 <= i < n)%Z -> f i = combined_at parts i) -> total n f = combined n parts.
Proof.
  intros n f parts H; rewrite (total_same f (combined_at parts) H); clear f H; unfold total.
  induction parts as [| [c g] rest IH]; simpl; [apply upto_zero |].
  rewrite upto_add, upto_mul, IH; reflexivity.
Qed.

Lemma upto_swap : forall n m f, upto n (fun i => upto m (fun j => f i j)) = upto m (fun j => upto n (fun i => f i j)).
Proof. induction n; intros; simpl; [symmetry; apply upto_zero | rewrite IHn, <- upto_add; reflexivity]. Qed.

Lemma total_swap : forall n m f, total n (fun i => total m (fun j => f i j)) = total m (fun j => total n (fun i => f i j)).
Proof. intros; apply upto_swap. Qed.

Lemma upto_pick : forall n e f,
  upto n (fun i => mul (is_zero (i - e)) (f i)) = mul (at_least_zero e) (mul (at_least_zero (Z.of_nat n - 1 - e)) (f e)).
Proof.
  unfold is_zero, at_least_zero; induction n; intros; simpl upto.
  - destruct (Z.leb_spec 0 e); destruct (Z.leb_spec 0 (Z.of_nat 0 - 1 - e)); try ring; lia.
  - rewrite IHn; destruct (Z.eqb_spec (Z.of_nat n - e) 0);
    destruct (Z.leb_spec 0 e); destruct (Z.leb_spec 0 (Z.of_nat n - 1 - e));
    destruct (Z.leb_spec 0 (Z.of_nat (S n) - 1 - e)); try ring; try lia.
    replace (Z.of_nat n) with e by lia; ring.
Qed.

(* the sum over i of [i = e] f i is f e where e is in the range, else 0 *)
Lemma total_pick : forall n e f, (0 <= n)%Z ->
  total n (fun i => mul (is_zero (i - e)) (f i)) = mul (at_least_zero e) (mul (at_least_zero (n - 1 - e)) (f e)).
Proof. intros; unfold total; rewrite upto_pick, Z2Nat.id; auto. Qed.

Lemma at_least_zero_yes : forall e, (0 <= e)%Z -> at_least_zero e = one.
Proof. intros; unfold at_least_zero; destruct (Z.leb_spec 0 e); [reflexivity | lia]. Qed.

Lemma at_least_zero_no : forall e, (e < 0)%Z -> at_least_zero e = zero.
Proof. intros; unfold at_least_zero; destruct (Z.leb_spec 0 e); [lia | reflexivity]. Qed.

Lemma at_least_zero_twice : forall e, mul (at_least_zero e) (at_least_zero e) = at_least_zero e.
Proof. intros; unfold at_least_zero; destruct (Z.leb_spec 0 e); ring. Qed.

Lemma is_zero_yes : forall e, e = 0%Z -> is_zero e = one.
Proof. intros; subst; reflexivity. Qed.

Lemma is_zero_no : forall e, e <> 0%Z -> is_zero e = zero.
Proof. intros; unfold is_zero; destruct (Z.eqb_spec e 0); [lia | reflexivity]. Qed.

Lemma is_zero_twice : forall e, mul (is_zero e) (is_zero e) = is_zero e.
Proof. intros; unfold is_zero; destruct (Z.eqb_spec e 0); ring. Qed.

Lemma is_zero_same : forall d e, (d = 0 <-> e = 0)%Z -> is_zero d = is_zero e.
Proof. intros; unfold is_zero; destruct (Z.eqb_spec d 0); destruct (Z.eqb_spec e 0); auto; lia. Qed.

Unset Default Proof Using.

End Sums.

(* ---- the reals *)
Module Real.

Local Open Scope R_scope.

Definition sum : Z -> (Z -> R) -> R := total 0 Rplus.
Definition bracket : Z -> R := at_least_zero 0 1.
Definition delta : Z -> R := is_zero 0 1.

(* a combination of sums, and its value at one index *)
Fixpoint parts (n : Z) (l : list (R * (Z -> R))) : R :=
  match l with
  | nil => 0
  | cons (c, f) rest => c * sum n f + parts n rest
  end.

Fixpoint parts_at (l : list (R * (Z -> R))) (i : Z) : R :=
  match l with
  | nil => 0
  | cons (c, f) rest => c * f i + parts_at rest i
  end.

Lemma sum_same : forall n f g, (forall i, (0 <= i < n)%Z -> f i = g i) -> sum n f = sum n g.
Proof. exact (total_same RTheory). Qed.

Lemma sum_parts : forall n f l, (forall i, (0 <= i < n)%Z -> f i = parts_at l i) -> sum n f = parts n l.
Proof. exact (total_combined RTheory). Qed.

Lemma sum_swap : forall n m f, sum n (fun i => sum m (fun j => f i j)) = sum m (fun j => sum n (fun i => f i j)).
Proof. exact (total_swap RTheory). Qed.

Lemma sum_pick : forall n e f, (0 <= n)%Z -> sum n (fun i => delta (i - e) * f i) = bracket e * (bracket (n - 1 - e) * f e).
Proof. exact (total_pick RTheory). Qed.

Lemma sum_one : forall n, (0 <= n)%Z -> sum n (fun _ => 1) = IZR n.
Proof.
  intros n H; unfold sum, total; rewrite <- (Z2Nat.id n H) at 2.
  generalize (Z.to_nat n) as k; induction k; simpl upto; [reflexivity |].
  rewrite IHk, Nat2Z.inj_succ, succ_IZR; reflexivity.
Qed.

Lemma bracket_yes : forall e, (0 <= e)%Z -> bracket e = 1.
Proof. exact (at_least_zero_yes RTheory). Qed.
Lemma bracket_no : forall e, (e < 0)%Z -> bracket e = 0.
Proof. exact (at_least_zero_no RTheory). Qed.
Lemma bracket_twice : forall e, bracket e * bracket e = bracket e.
Proof. exact (at_least_zero_twice RTheory). Qed.
Lemma delta_yes : forall e, (e = 0)%Z -> delta e = 1.
Proof. exact (is_zero_yes RTheory). Qed.
Lemma delta_no : forall e, (e <> 0)%Z -> delta e = 0.
Proof. exact (is_zero_no RTheory). Qed.
Lemma delta_twice : forall e, delta e * delta e = delta e.
Proof. exact (is_zero_twice RTheory). Qed.
Lemma delta_same : forall d e, (d = 0 <-> e = 0)%Z -> delta d = delta e.
Proof. exact (is_zero_same RTheory). Qed.

Lemma sum_nonnegative : forall n f, (forall i, (0 <= i < n)%Z -> 0 <= f i) -> 0 <= sum n f.
Proof.
  intros n f H; unfold sum, total.
  assert (G : forall i, (0 <= i < Z.of_nat (Z.to_nat n))%Z -> 0 <= f i) by (intros; apply H; lia).
  clear H; revert G; generalize (Z.to_nat n) as k; induction k; intros; simpl; [lra |].
  apply Rplus_le_le_0_compat; [apply IHk; intros; apply G; lia | apply G; lia].
Qed.

Lemma sum_positive : forall n f, (0 < n)%Z -> (forall i, (0 <= i < n)%Z -> 0 < f i) -> 0 < sum n f.
Proof.
  intros n f P H; unfold sum, total.
  assert (G : forall i, (0 <= i < Z.of_nat (Z.to_nat n))%Z -> 0 < f i) by (intros; apply H; lia).
  assert (K : (0 < Z.to_nat n)%nat) by lia.
  clear H P; revert G K; generalize (Z.to_nat n) as k; intros k G K; destruct k; [lia |]; simpl.
  apply Rplus_le_lt_0_compat; [| apply G; lia].
  clear K; induction k; simpl; [lra |].
  apply Rplus_le_le_0_compat; [apply IHk; intros; apply G; lia | apply Rlt_le; apply G; lia].
Qed.

(* the greatest of f 0, ..., f (n - 1), for n of at least 1 *)
Fixpoint up_to_greatest (n : nat) (f : Z -> R) : R :=
  match n with
  | O => f 0%Z
  | S k => Rmax (up_to_greatest k f) (f (Z.of_nat n))
  end.
Definition greatest (n : Z) (f : Z -> R) : R := up_to_greatest (Z.to_nat (n - 1)) f.

Lemma greatest_same : forall n f g, (0 < n)%Z -> (forall i, (0 <= i < n)%Z -> f i = g i) -> greatest n f = greatest n g.
Proof.
  intros n f g P H; unfold greatest.
  assert (G : forall i, (0 <= i <= Z.of_nat (Z.to_nat (n - 1)))%Z -> f i = g i) by (intros; apply H; lia).
  clear H P; revert G; generalize (Z.to_nat (n - 1)) as k; induction k; intros; simpl; [apply G; lia |].
  rewrite IHk by (intros; apply G; lia); f_equal; apply G; lia.
Qed.

(* functions *)
Definition sigmoid (x : R) : R := / (1 + exp (- x)).
Definition softplus (x : R) : R := ln (1 + exp x).
Definition relu (x : R) : R := Rmax x 0.
Definition step (x : R) : R := if Rlt_dec 0 x then 1 else 0.
Definition absolute (x : R) : R := Rabs x.
Definition sign (x : R) : R := if Rlt_dec 0 x then 1 else if Rlt_dec x 0 then -1 else 0.
Definition maximum (x y : R) : R := Rmax x y.
Definition minimum (x y : R) : R := Rmin x y.
Definition equal (x y : R) : R := if Req_EM_T x y then 1 else 0.
Definition chosen (c x y : R) : R := if Req_EM_T c 0 then y else x.
Definition detach (x : R) : R := x.

(* products of inverses; inverses that stay are variables for the ring *)
Ltac apart := repeat (rewrite Rinv_mult || rewrite <- pow_inv || rewrite Rinv_inv).
Ltac keep_inverses :=
  repeat match goal with
  | |- context [/ ?d] => lazymatch d with IZR _ => fail | _ => let v := fresh "inverse" in set (v := / d) in *; clearbody v end
  end.
Ltac casts := rewrite ?plus_IZR, ?minus_IZR, ?mult_IZR, ?opp_IZR.

(* what is positive by its form *)
Ltac positive :=
  first
    [ lra
    | assumption
    | apply exp_pos
    | apply IZR_lt; lia
    | apply sum_positive; [lia | intros; positive]
    | apply Rmult_lt_0_compat; positive
    | apply Rplus_lt_0_compat; positive
    | apply Rinv_0_lt_compat; positive
    | apply pow_lt; positive
    | apply sqrt_lt_R0; positive
    | match goal with H : forall i, _ |- _ => apply H; lia end ].

(* equality up to the arithmetic of indices *)
Ltac alike :=
  first
    [ reflexivity
    | lia
    | apply sum_same; intros; alike
    | apply greatest_same; [lia | intros; alike]
    | f_equal; alike ].

End Real.

(* ---- order between scalars: branches one by one; then inverses, roots and exponentials as variables of which laws are known *)
Module Order.

Import Real.
Local Open Scope R_scope.

Lemma below_exp : forall x, 1 + x <= exp x.
Proof. intros; destruct (Req_EM_T x 0) as [-> | n]; [rewrite exp_0; lra | left; apply exp_ineq1; exact n]. Qed.

Lemma ln_below : forall x, 0 < x -> ln x <= x - 1.
Proof. intros x p; pose proof (below_exp (ln x)) as b; rewrite exp_ln in b by exact p; lra. Qed.

Ltac opened := unfold relu, step, absolute, sign, maximum, minimum, equal, chosen, detach, sigmoid, softplus in *.
Ltac branch :=
  match goal with
  | |- context [Rabs ?x] => unfold Rabs at 1; destruct (Rcase_abs x)
  | h : context [Rabs ?x] |- _ => unfold Rabs at 1 in h; destruct (Rcase_abs x)
  | |- context [Rmax ?x ?y] => unfold Rmax at 1; destruct (Rle_dec x y)
  | h : context [Rmax ?x ?y] |- _ => unfold Rmax at 1 in h; destruct (Rle_dec x y)
  | |- context [Rmin ?x ?y] => unfold Rmin at 1; destruct (Rle_dec x y)
  | h : context [Rmin ?x ?y] |- _ => unfold Rmin at 1 in h; destruct (Rle_dec x y)
  | |- context [Rcase_abs ?x] => destruct (Rcase_abs x)
  | |- context [Rlt_dec ?x ?y] => destruct (Rlt_dec x y)
  | h : context [Rlt_dec ?x ?y] |- _ => destruct (Rlt_dec x y)
  | |- context [Rle_dec ?x ?y] => destruct (Rle_dec x y)
  | h : context [Rle_dec ?x ?y] |- _ => destruct (Rle_dec x y)
  | |- context [Req_EM_T ?x ?y] => destruct (Req_EM_T x y)
  | h : context [Req_EM_T ?x ?y] |- _ => destruct (Req_EM_T x y)
  end.
Ltac law e :=
  lazymatch e with
  | / (IZR _) => fail
  | / ?d =>
      let l := fresh "law" in
      assert (l : d * / d = 1) by (apply Rinv_r; first [assumption | lra | apply Rgt_not_eq; positive | nra])
  | sqrt ?t =>
      let l := fresh "law" in
      pose proof (sqrt_pos t); assert (l : sqrt t * sqrt t = t) by (apply sqrt_sqrt; first [lra | nra])
  | exp ?t => pose proof (exp_pos t); pose proof (below_exp t)
  | ln ?t => assert (ln t <= t - 1) by (apply ln_below; first [assumption | lra | positive | nra])
  end;
  let v := fresh "v" in set (v := e) in *; clearbody v.
Ltac atoms :=
  repeat match goal with
  | |- context [sqrt ?t] => law (sqrt t)
  | h : context [sqrt ?t] |- _ => law (sqrt t)
  | |- context [exp ?t] => law (exp t)
  | |- context [/ ?d] => law (/ d)
  | h : context [/ ?d] |- _ => law (/ d)
  | |- context [ln ?t] => law (ln t)
  end.
Ltac squares :=
  repeat first
    [ lra | apply pow2_ge_0 | apply Rmult_le_pos | apply Rplus_le_le_0_compat | apply pow_le ].
Ltac ordered :=
  intros; opened; repeat branch; try lra;
  atoms; try lra; try nra; repeat (intuition idtac; try branch); first [lra | nra].

End Order.

(* ---- the field with two elements: addition is exclusive or *)
Module Two.

Declare Scope two_scope.
Delimit Scope two_scope with two.
Notation "x + y" := (xorb x y) : two_scope.
Notation "x * y" := (andb x y) : two_scope.
Notation "x - y" := (xorb x y) : two_scope.
Notation "- x" := (x : bool) : two_scope.
Notation "0" := false : two_scope.
Notation "1" := true : two_scope.

Local Open Scope two_scope.

Definition sum : Z -> (Z -> bool) -> bool := total 0 xorb.
Definition bracket : Z -> bool := at_least_zero 0 1.
Definition delta : Z -> bool := is_zero 0 1.

(* a combination of sums, and its value at one index *)
Fixpoint parts (n : Z) (l : list (bool * (Z -> bool))) : bool :=
  match l with
  | nil => 0
  | cons (c, f) rest => c * sum n f + parts n rest
  end.

Fixpoint parts_at (l : list (bool * (Z -> bool))) (i : Z) : bool :=
  match l with
  | nil => 0
  | cons (c, f) rest => c * f i + parts_at rest i
  end.

Lemma sum_same : forall n f g, (forall i, (0 <= i < n)%Z -> f i = g i) -> sum n f = sum n g.
Proof. exact (total_same BoolTheory). Qed.
Lemma sum_parts : forall n f l, (forall i, (0 <= i < n)%Z -> f i = parts_at l i) -> sum n f = parts n l.
Proof. exact (total_combined BoolTheory). Qed.
Lemma sum_swap : forall n m f, sum n (fun i => sum m (fun j => f i j)) = sum m (fun j => sum n (fun i => f i j)).
Proof. exact (total_swap BoolTheory). Qed.
Lemma sum_pick : forall n e f, (0 <= n)%Z -> sum n (fun i => delta (i - e) * f i) = bracket e * (bracket (n - 1 - e) * f e).
Proof. exact (total_pick BoolTheory). Qed.
Lemma bracket_yes : forall e, (0 <= e)%Z -> bracket e = 1.
Proof. exact (at_least_zero_yes BoolTheory). Qed.
Lemma bracket_no : forall e, (e < 0)%Z -> bracket e = 0.
Proof. exact (at_least_zero_no BoolTheory). Qed.
Lemma bracket_twice : forall e, bracket e * bracket e = bracket e.
Proof. exact (at_least_zero_twice BoolTheory). Qed.
Lemma delta_yes : forall e, (e = 0)%Z -> delta e = 1.
Proof. exact (is_zero_yes BoolTheory). Qed.
Lemma delta_no : forall e, (e <> 0)%Z -> delta e = 0.
Proof. exact (is_zero_no BoolTheory). Qed.
Lemma delta_twice : forall e, delta e * delta e = delta e.
Proof. exact (is_zero_twice BoolTheory). Qed.
Lemma delta_same : forall d e, (d = 0 <-> e = 0)%Z -> delta d = delta e.
Proof. exact (is_zero_same BoolTheory). Qed.

Ltac alike :=
  first
    [ reflexivity
    | lia
    | apply sum_same; intros; alike
    | f_equal; alike ].

End Two.

(* ---- the integers: what holds of sums and products of integers holds modulo every number *)
Module Whole.

Local Open Scope Z_scope.

Definition sum : Z -> (Z -> Z) -> Z := total 0 Z.add.
Definition bracket : Z -> Z := at_least_zero 0 1.
Definition delta : Z -> Z := is_zero 0 1.

(* a combination of sums, and its value at one index *)
Fixpoint parts (n : Z) (l : list (Z * (Z -> Z))) : Z :=
  match l with
  | nil => 0
  | cons (c, f) rest => c * sum n f + parts n rest
  end.

Fixpoint parts_at (l : list (Z * (Z -> Z))) (i : Z) : Z :=
  match l with
  | nil => 0
  | cons (c, f) rest => c * f i + parts_at rest i
  end.

Lemma sum_same : forall n f g, (forall i, (0 <= i < n)%Z -> f i = g i) -> sum n f = sum n g.
Proof. exact (total_same Zth). Qed.
Lemma sum_parts : forall n f l, (forall i, (0 <= i < n)%Z -> f i = parts_at l i) -> sum n f = parts n l.
Proof. exact (total_combined Zth). Qed.
Lemma sum_swap : forall n m f, sum n (fun i => sum m (fun j => f i j)) = sum m (fun j => sum n (fun i => f i j)).
Proof. exact (total_swap Zth). Qed.
Lemma sum_pick : forall n e f, (0 <= n)%Z -> sum n (fun i => delta (i - e) * f i) = bracket e * (bracket (n - 1 - e) * f e).
Proof. exact (total_pick Zth). Qed.
Lemma bracket_yes : forall e, (0 <= e)%Z -> bracket e = 1.
Proof. exact (at_least_zero_yes Zth). Qed.
Lemma bracket_no : forall e, (e < 0)%Z -> bracket e = 0.
Proof. exact (at_least_zero_no Zth). Qed.
Lemma bracket_twice : forall e, bracket e * bracket e = bracket e.
Proof. exact (at_least_zero_twice Zth). Qed.
Lemma delta_yes : forall e, (e = 0)%Z -> delta e = 1.
Proof. exact (is_zero_yes Zth). Qed.
Lemma delta_no : forall e, (e <> 0)%Z -> delta e = 0.
Proof. exact (is_zero_no Zth). Qed.
Lemma delta_twice : forall e, delta e * delta e = delta e.
Proof. exact (is_zero_twice Zth). Qed.
Lemma delta_same : forall d e, (d = 0 <-> e = 0)%Z -> delta d = delta e.
Proof. exact (is_zero_same Zth). Qed.

Ltac alike :=
  first
    [ reflexivity
    | lia
    | apply sum_same; intros; alike
    | f_equal; alike ].

End Whole.
