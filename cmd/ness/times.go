package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/floats"
)

// mostTimes bounds how many densities are kept.
const mostTimes = 10000

// parseTimes reads times: numbers, FROM:TO:COUNT, FROM:TO:COUNT:log. They come back in order,
// each once.
func parseTimes(list []string) ([]float64, error) {
	var times []float64
	for _, s := range list {
		some, err := parseRange(s)
		if err != nil {
			return nil, err
		}
		times = append(times, some...)
	}
	slices.Sort(times)
	times = slices.Compact(times)
	if len(times) > mostTimes {
		return nil, fmt.Errorf("want at most %d, have %d", mostTimes, len(times))
	}
	return times, nil
}

// parseRange reads one number, or a range.
func parseRange(s string) ([]float64, error) {
	const form = "want a time ≥ 0, FROM:TO:COUNT or FROM:TO:COUNT:log, have %q"
	parts := strings.Split(s, ":")
	var v []float64
	for _, part := range parts[:min(len(parts), 2)] {
		x, err := strconv.ParseFloat(part, 64)
		if err != nil || !(x >= 0) || math.IsInf(x, 1) {
			return nil, fmt.Errorf(form, s)
		}
		v = append(v, x)
	}
	if len(parts) == 1 {
		return v, nil
	}
	if len(parts) < 3 || len(parts) > 4 || len(parts) == 4 && parts[3] != "log" {
		return nil, fmt.Errorf(form, s)
	}
	count, err := strconv.Atoi(parts[2])
	switch {
	case err != nil || count < 2 || count > mostTimes:
		return nil, fmt.Errorf("%s: want a COUNT from 2 to %d", s, mostTimes)
	case !(v[1] > v[0]):
		return nil, fmt.Errorf("%s: want TO after FROM", s)
	case len(parts) == 4 && v[0] == 0:
		return nil, fmt.Errorf("%s: want FROM above 0 for equal ratios", s)
	case len(parts) == 4:
		return floats.LogSpan(make([]float64, count), v[0], v[1]), nil
	}
	return floats.Span(make([]float64, count), v[0], v[1]), nil
}
