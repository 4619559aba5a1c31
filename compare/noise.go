package compare

// noiseSums has, walker after walker, what the autocovariance of gradient noise is made of.
type noiseSums struct {
	recent []float64 // ξ of the last NoiseLags+1 steps, d numbers each, in a ring
	sums   []float64 // Σ ξ_k ξ_{k−h}ᵀ, d² numbers per lag h = 0 … NoiseLags
}

// tallyNoise adds the noise of the step that comes next, of a block that has done so many.
func (w *worker) tallyNoise(b *block, done, first int) {
	d, ring := len(b.theta), w.opt.NoiseLags+1
	w.xi = cut(w.xi, w.noise, 0, b.walkers())
	xi := w.xi
	w.runner.(*sgdRunner).noise(xi, b, done-b.start)
	if w.opt.RecordNoise != nil {
		w.opt.RecordNoise(done, first, b.theta, xi)
	}
	if w.opt.NoiseLags == 0 {
		return
	}
	index := done - w.opt.BurnIn
	for i := range b.walkers() {
		recent := w.state.noise.recent[(first+i)*ring*d:][:ring*d]
		sums := w.state.noise.sums[(first+i)*ring*d*d:][:ring*d*d]
		now := recent[index%ring*d:][:d]
		for a := range now {
			now[a] = xi[a][i]
		}
		for h := range min(ring, index+1) {
			then := recent[(index-h)%ring*d:][:d]
			to := sums[h*d*d:]
			for a, x := range now {
				for c, y := range then {
					to[a*d+c] += float64(x * y)
				}
			}
		}
	}
}

// A NoiseCovariance is the autocovariance of the gradient noise ξ_k = g(θ_k) − g_B(θ_k)
// along trajectories, E ξ_k ξ_{k−h}ᵀ, about 0, which is its mean. Injected noise is not
// part of it.
type NoiseCovariance struct {
	// Cov[h] has d × d numbers by rows for lag h, Err[h] their standard errors between walkers.
	Cov, Err [][]float64
}

// NoiseCovariance returns that of all steps since BurnIn, or nil if there are no more
// than NoiseLags of them, or it was not asked for.
func (e *Ensemble) NoiseCovariance() *NoiseCovariance {
	steps := e.Step() - e.opt.BurnIn
	if e.opt.NoiseLags == 0 || steps <= e.opt.NoiseLags {
		return nil
	}
	d, ring := e.process.dim(), e.opt.NoiseLags+1
	c := &NoiseCovariance{}
	x := make([]float64, e.opt.Walkers)
	for h := range ring {
		cov, se := make([]float64, d*d), make([]float64, d*d)
		for k := range cov {
			for w := range x {
				pairs := int(e.done[w/e.lanes]) - e.opt.BurnIn - h
				x[w] = e.noise.sums[(w*ring+h)*d*d+k] / float64(pairs)
			}
			cov[k], se[k] = estimate(x)
		}
		c.Cov, c.Err = append(c.Cov, cov), append(c.Err, se)
	}
	return c
}
