// Package multigrid finds stationary masses of generators on nearest neighbours of a
// box in two and three dimensions, A m = 0, by multiplicative multigrid: Gauss–Seidel
// sweeps, coarse generators made from the present masses, and corrections that
// multiply. Masses stay positive and converge entry by entry, far tails included; work
// and memory are linear in the number of cells.
//
// De Sterck, Manteuffel, McCormick, Nguyen, Ruge, SIAM J. Sci. Comput. 30 (2008) 2235;
// Horton, Leutenegger, ACM SIGMETRICS 22 (1994) 191.
package multigrid
