// Package sparse holds matrices in compressed sparse rows (CSR): (A x)_i = Σ_k Val[k]
// x[Col[k]] over the entries k of row i. It knows no equation.
//
// Saad, Iterative Methods for Sparse Linear Systems, 2nd ed., SIAM 2003, §3.4.
package sparse
