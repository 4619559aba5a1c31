package expr

// Diff returns the derivative by a variable. At the kinks of abs, min and max it is
// the mean of both sides; sign counts as constant.
func (e Expr) Diff(variable string) Expr {
	return differ{variable, map[*node]Expr{}}.diff(e.n)
}

// A differ remembers derivatives of shared parts, so that work does not double at
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
	a, b := Expr{n.a}, Expr{n.b}
	switch n.op {
	case opNum:
		return Num(0)
	case opVar:
		if n.name == d.variable {
			return Num(1)
		}
		return Num(0)
	case opNeg:
		return Neg(d.diff(n.a))
	case opAdd:
		return Add(d.diff(n.a), d.diff(n.b))
	case opSub:
		return Sub(d.diff(n.a), d.diff(n.b))
	case opMul:
		return Add(Mul(d.diff(n.a), b), Mul(a, d.diff(n.b)))
	case opDiv:
		// a′/b − (a/b)(b′/b): no square that could overflow.
		return Sub(Div(d.diff(n.a), b), Mul(Expr{n}, Div(d.diff(n.b), b)))
	case opPow:
		return d.power(n)
	case opMin, opMax:
		da, db := d.diff(n.a), d.diff(n.b)
		side := Mul(apply(opSign, Sub(a, b)), Sub(da, db))
		if n.op == opMin {
			side = Neg(side)
		}
		return Mul(Num(0.5), Add(Add(da, db), side))
	}
	return Mul(functions[n.op].slope(a), d.diff(n.a))
}

// power differentiates a^b: b a^(b−1) a′ + a^b log(a) b′.
func (d differ) power(n *node) Expr {
	a, b := Expr{n.a}, Expr{n.b}
	v := Mul(Mul(b, Pow(a, Sub(b, Num(1)))), d.diff(n.a))
	db := d.diff(n.b)
	if db.is(0) {
		return v
	}
	return Add(v, Mul(Mul(Expr{n}, apply(opLog, a)), db))
}
