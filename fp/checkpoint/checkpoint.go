// Package checkpoint writes states from which long runs go on, and reads them back: a magic word,
// whose last byte is a version; the hash of all that has to be the same; numbers, little
// endian; and the SHA-256 of all before.
package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrDamaged says that a state is not as it was written.
var ErrDamaged = errors.New("the saved state is damaged or cut short")

// ErrOther says that a state does not belong to this run.
var ErrOther = errors.New("the saved state is one of another process, other options or another version")

// ErrVersion is [ErrOther] of a magic word that differs in nothing but its last byte.
var ErrVersion = fmt.Errorf("%w: of another version", ErrOther)

// An OtherError is [ErrOther] with the hash that the state has in place of the one wanted.
type OtherError struct{ Mark [sha256.Size]byte }

func (e *OtherError) Error() string { return ErrOther.Error() }

// Unwrap returns [ErrOther].
func (e *OtherError) Unwrap() error { return ErrOther }

// Write writes a state. numbers calls do for every number or slice of numbers, in an order that
// the magic word stands for.
func Write(w io.Writer, magic string, mark [sha256.Size]byte, numbers func(do func(any) error) error) error {
	hash := sha256.New()
	all := io.MultiWriter(w, hash)
	if _, err := all.Write(append([]byte(magic), mark[:]...)); err != nil {
		return err
	}
	if err := numbers(func(v any) error { return binary.Write(all, binary.LittleEndian, v) }); err != nil {
		return err
	}
	_, err := w.Write(hash.Sum(nil))
	return err
}

// Read reads a state into what numbers calls do for, which is of no use after an error:
// [ErrDamaged], [ErrOther], [ErrVersion], [OtherError] or one of r.
func Read(r io.Reader, magic string, mark [sha256.Size]byte, numbers func(do func(any) error) error) error {
	hash := sha256.New()
	all := io.TeeReader(r, hash)
	head := make([]byte, len(magic)+sha256.Size)
	if _, err := io.ReadFull(all, head); err != nil {
		return damaged(err)
	}
	if string(head[:len(magic)]) != magic {
		if last := len(magic) - 1; string(head[:last]) == magic[:last] {
			return ErrVersion
		}
		return ErrOther
	}
	if have := [sha256.Size]byte(head[len(magic):]); have != mark {
		return &OtherError{have}
	}
	if err := numbers(func(v any) error { return binary.Read(all, binary.LittleEndian, v) }); err != nil {
		return damaged(err)
	}
	found := make([]byte, sha256.Size)
	if _, err := io.ReadFull(r, found); err != nil {
		return damaged(err)
	}
	if !bytes.Equal(found, hash.Sum(nil)) {
		return ErrDamaged
	}
	return nil
}

// damaged turns the end of input into ErrDamaged.
func damaged(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrDamaged
	}
	return err
}
