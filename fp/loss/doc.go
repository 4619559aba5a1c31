// Package loss holds losses that are means over samples, with their derivatives and
// the covariance of their gradient noise,
//
//	L(θ) = (1/n) Σ ℓ_i(θ),   g = ∇L,   Σ(θ) = (1/n) Σ (g_i − g)(g_i − g)ᵀ,   g_i = ∇ℓ_i.
//
// The mean gradient of a minibatch of B samples drawn with replacement has the
// covariance Σ/B. Σ depends on θ, and is positive semi-definite only: one sample, or a
// model whose gradients all point one way, makes it singular. Its divergence
// (∇·Σ)_i = ∂_jΣ_ij is what separates the conventions of Itô and Hänggi–Klimontovich;
// from its definition, with H_i = ∇²ℓ_i and H = ∇²L,
//
//	∇·Σ = (1/n) Σ (H_i g_i + g_i tr H_i) − (H g + g tr H).
//
// [ReadCSV] makes [Data] of a table, [New] a [Loss] of a [Model] and data, and
// [Loss.Evaluator] what computes all of this at one θ after the other. Symmetric
// matrices are packed upper triangles by rows: (0,0), (0,1), …, (0,d−1), (1,1), ….
//
// Mandt, Hoffman, Blei, Stochastic gradient descent as approximate Bayesian inference,
// JMLR 18 (2017) 134.
package loss
