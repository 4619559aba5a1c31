// Package loss holds losses that are means over samples, with their derivatives and
// the covariance of their gradient noise,
//
//	L(θ) = (1/n) Σ ℓ_i(θ),   g = ∇L,   Σ(θ) = (1/n) Σ (g_i − g)(g_i − g)ᵀ,   g_i = ∇ℓ_i.
//
// The mean gradient of a minibatch of B samples drawn with replacement has the
// covariance Σ/B. Symmetric matrices are packed upper triangles by rows.
//
// Mandt, Hoffman, Blei, JMLR 18 (2017) 134.
package loss
