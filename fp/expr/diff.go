package expr

// Diff returns the derivative by a variable, simplified. Wherever it is finite it is
// right; at the kinks of abs, min and max it is the mean of both sides, and sign counts
// as constant.
func (e Expr) Diff(variable string) Expr {
	return differ{variable, map[*node]Expr{}}.diff(e.n)
}

// A differ remembers the derivatives of shared parts, so that work does not double at
// every level.
type differ struct {
	variable string
	known    map[*node]Expr
}

func (d differ) diff(n *node) Expr {
	if v, ok := d.known[n]; ok {
		return v
	}
	v := d.rule(n)
	d.known[n] = v
	return v
}

func (d differ) rule(n *node) Expr {
	switch {
	case n.op == opVar && n.name == d.variable:
		return Num(1)
	case n.op == opVar || n.op == opNum:
		return Num(0)
	}
	f, a, da := Expr{n}, Expr{n.a}, d.diff(n.a)
	if n.b == nil {
		if n.op == opNeg {
			return Neg(da)
		}
		slope, _ := functions[n.op].slopes(f, a, Expr{})
		return Mul(slope, da)
	}
	b, db := Expr{n.b}, d.diff(n.b)
	switch n.op {
	case opAdd:
		return Add(da, db)
	case opSub:
		return Sub(da, db)
	case opMul:
		return Add(Mul(da, b), Mul(a, db))
	case opDiv: // a′/b − (a/b)(b′/b): no square that could overflow
		return Sub(Div(da, b), Mul(f, Div(db, b)))
	case opPow: // b a^(b−1) a′ + a^b log(a) b′; Mul drops what is constant
		byBase := Mul(b, Pow(a, Sub(b, Num(1))))
		if db.is(0) {
			return Mul(byBase, da)
		}
		return Add(Mul(byBase, da), Mul(Mul(f, apply(opLog, a)), db))
	}
	byA, byB := functions[n.op].slopes(f, a, b)
	return Add(Mul(byA, da), Mul(byB, db))
}
