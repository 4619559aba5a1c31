//go:build ignore

package main

import (
	"fmt"
	"math/bits"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// An order is how the indices of walkers lie.
type order interface {
	parameter() (name, meaning string) // of kernels
	begin(first Register)
	walkers(groups int) // goes on to the first, or the next, so many groups of as many walkers as there are lanes
	next()              // goes on to the next index of these
	index(group, walker int) Mem
}

// apart are indices of each walker behind those of the one before.
type apart struct {
	lanes
	stride, triple Register // from those of one walker to the next, and three times that
	group          Register
	bases          []Register // of every fourth walker
}

func (o *apart) parameter() (name, meaning string) {
	return "stride", "Their indices are so many apart."
}

func (o *apart) begin(first Register) {
	o.group, o.stride, o.triple = first, Load(Param("stride"), GP64()), GP64()
	SHLQ(Imm(2), o.stride)
	LEAQ(Mem{Base: o.stride, Index: o.stride, Scale: 2}, o.triple)
}

func (o *apart) walkers(groups int) {
	o.bases = nil
	for begun := 0; begun < groups*o.count; begun += 4 {
		o.bases = append(o.bases, GP64())
		MOVQ(o.group, o.bases[begun/4])
		LEAQ(Mem{Base: o.group, Index: o.stride, Scale: uint8(min(4, groups*o.count-begun))}, o.group)
	}
}

func (o *apart) next() {
	for _, b := range o.bases {
		ADDQ(Imm(4), b)
	}
}

func (o *apart) index(group, walker int) Mem {
	walker += group * o.count
	at := Mem{Base: o.bases[walker/4]}
	switch walker % 4 {
	case 1, 2:
		at.Index, at.Scale = o.stride, uint8(walker%4)
	case 3:
		at.Index, at.Scale = o.triple, 1
	}
	return at
}

// woven are indices of as many walkers as there are lanes by turns.
type woven struct {
	lanes
	group, each, at Register
}

func (o *woven) parameter() (name, meaning string) {
	return "each", fmt.Sprintf("Indices of %d lie by turns, and each so many further on those of the next ones.", o.count)
}

func (o *woven) begin(first Register) {
	o.group, o.each, o.at = first, Load(Param("each"), GP64()), GP64()
	SHLQ(Imm(uint64(bits.TrailingZeros(4*uint(o.count)))), o.each)
}

func (o *woven) walkers(groups int) {
	MOVQ(o.group, o.at)
	LEAQ(Mem{Base: o.group, Index: o.each, Scale: uint8(groups)}, o.group) // one or two
}

func (o *woven) next() { ADDQ(Imm(uint64(4*o.count)), o.at) }

func (o *woven) index(group, walker int) Mem {
	at := Mem{Base: o.at, Disp: 4 * walker}
	if group > 0 {
		at.Index, at.Scale = o.each, uint8(group)
	}
	return at
}
