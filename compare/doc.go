// Package compare runs the processes that a Fokker–Planck equation stands for, as large
// ensembles of independent walkers: stochastic gradient descent itself ([SGD]),
//
//	θ_{k+1} = θ_k − η_k g_B(θ_k),
//
// and the stochastic differential equation dθ = b dt + σ dW in the sense of Itô ([SDE]).
//
// An [Ensemble] advances walkers in blocks, on all cores, and tallies them on line: a
// [Histogram] on a grid, [Moments], the autocovariance of gradient noise. Its memory does
// not depend on the number of steps, and its results have the same bits for any number of
// workers: a walker's random numbers come from a stream that its number and the seed fix.
//
// [NoiseIdentities] holds minibatches at one θ against what is known of their mean and
// covariances exactly.
//
// Every error bar is between walkers, or groups of them, which are independent; steps of
// one walker are not.
package compare
