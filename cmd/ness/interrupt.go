package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// This file says what an interrupt does. Solvers cannot be stopped on their way, and have written
// nothing: the program ends. Where there is something to keep or to remove, a context ends.

// interrupts has what ends at an interrupt, nil for the program, and the command that says so.
var interrupts = struct {
	sync.Mutex
	end     context.CancelFunc
	command string
}{command: "ness"}

// watchInterrupts ends the program at the first interrupt, or what [untilInterrupt] returned; a second
// one kills.
func watchInterrupts(stderr io.Writer) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-c
		signal.Stop(c)
		interrupts.Lock() // nobody begins to write meanwhile
		defer interrupts.Unlock()
		if interrupts.end != nil {
			interrupts.end()
			return
		}
		fmt.Fprintf(stderr, "%s: %v\n", interrupts.command, errInterrupted)
		os.Exit(statusInterrupted)
	}()
}

// untilInterrupt returns a context that an interrupt ends, until stop is called.
func untilInterrupt() (ctx context.Context, stop func()) {
	ctx, end := context.WithCancel(context.Background())
	setEnd(end)
	return ctx, func() {
		setEnd(nil)
		end()
	}
}

func setEnd(end context.CancelFunc) {
	interrupts.Lock()
	defer interrupts.Unlock()
	interrupts.end = end
}

// nameInterrupted sets the command that is interrupted.
func nameInterrupted(command string) {
	interrupts.Lock()
	defer interrupts.Unlock()
	interrupts.command = command
}
