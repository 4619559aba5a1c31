// Package fp is the Fokker–Planck equation of stochastic dynamics in a box,
//
//	∂p/∂t = −∇·J,   J = v p − D∇p,
//
// from its coefficients to its stationary density and current.
//
// A [Problem] names its variables and carries an [Equation]: the effective drift v
// and the diffusion tensor D, made from a drift b and D (or a noise factor σ with
// D = σσᵀ/2) by the convention that reads them, [Ito], [Stratonovich] or
// [HanggiKlimontovich], or from a potential by [Gibbs]. [ReadProblem] makes one
// from a problem file, among them the equation of SGD, dθ = −∇L dt + √(η/B Σ) dW
// with t = kη, for which b = −∇L and D = ηΣ/2B in the sense of Itô.
//
// [SolveStationary] returns the density as cell averages with its evidence, and
// [Stationary.Current] how probability flows. J points where probability goes.
//
// [SolveModes] returns how fast what is not stationary dies out, and in which modes;
// [SolvePassage] and [SolveTransition] how long walkers take from one place to another.
//
// Risken, The Fokker–Planck Equation, Springer 1989. Li, Tai, E, Stochastic modified
// equations, ICML 2017.
package fp
