package fp

import (
	"fmt"
	"strings"
)

// This file reads learning rates: a number, or a schedule.

// rateDoc is a number, or the keys of a schedule.
type rateDoc struct {
	number   float64
	schedule *scheduleDoc
}

type scheduleDoc struct {
	Schedule string   `yaml:"schedule"`
	Initial  float64  `yaml:"initial"`
	Final    *float64 `yaml:"final"`
	Factor   *float64 `yaml:"factor"`
	Every    *float64 `yaml:"every"`
	Steps    *float64 `yaml:"steps"`
}

// UnmarshalYAML reads either form.
func (d *rateDoc) UnmarshalYAML(unmarshal func(any) error) error {
	var value any
	if err := unmarshal(&value); err != nil {
		return err
	}
	if _, ok := value.(map[string]any); ok { // which would do for a number, 0
		d.schedule = &scheduleDoc{}
		return unmarshal(d.schedule)
	}
	return unmarshal(&d.number)
}

// text says it in the words of the file.
func (d *rateDoc) text() string {
	s := d.schedule
	if s == nil {
		return fmt.Sprintf("%g", d.number)
	}
	t := fmt.Sprintf("%s from %g", s.Schedule, s.Initial)
	for _, key := range s.given() {
		t += fmt.Sprintf(", %s %g", key.name, *key.value)
	}
	return t
}

type scheduleKey struct {
	name  string
	value *float64
}

// given lists the keys of the schedule beside its name and initial.
func (s *scheduleDoc) given() (list []scheduleKey) {
	for _, k := range []scheduleKey{{"final", s.Final}, {"factor", s.Factor}, {"every", s.Every}, {"steps", s.Steps}} {
		if k.value != nil {
			list = append(list, k)
		}
	}
	return list
}

// scheduleKeys are the keys that each schedule wants, beside initial.
var scheduleKeys = map[string][]string{
	"constant": nil, "inverse-sqrt": nil, "step": {"factor", "every"}, "cosine": {"final", "steps"},
}

func (r *reader) learningRate() (Schedule, error) {
	const key = "sgd.learning_rate"
	d := &r.doc.SGD.LearningRate
	if !r.has(key) {
		return nil, r.fail("sgd", "learning_rate is missing")
	}
	if d.schedule == nil {
		if !isRate(d.number) {
			return nil, r.fail(key, "want a number > 0 and at most 1e6, have %g", d.number)
		}
		return ConstantRate(d.number), nil
	}
	s := d.schedule
	if err := r.scheduleKeys(key, s); err != nil {
		return nil, err
	}
	switch s.Schedule {
	case "constant":
		return ConstantRate(s.Initial), nil
	case "inverse-sqrt":
		return InverseSqrtRate(s.Initial), nil
	case "step":
		if !(*s.Factor > 0 && *s.Factor <= 1) {
			return nil, r.fail(key+".factor", "want a number > 0 and at most 1, have %g", *s.Factor)
		}
		return StepDecayRate{Initial: s.Initial, Factor: *s.Factor, Every: int(*s.Every)}, nil
	}
	if !(*s.Final >= 0 && *s.Final <= s.Initial) {
		return nil, r.fail(key+".final", "want a number from 0 to initial, have %g", *s.Final)
	}
	return CosineRate{Initial: s.Initial, Final: *s.Final, Steps: int(*s.Steps)}, nil
}

func isRate(v float64) bool { return v > 0 && v <= 1e6 }

// scheduleKeys says whether the keys are those of the schedule, and numbers of their kind.
func (r *reader) scheduleKeys(key string, s *scheduleDoc) error {
	want, ok := scheduleKeys[s.Schedule]
	switch {
	case !ok:
		return r.fail(key+".schedule", "want constant, inverse-sqrt, step or cosine, have %q", s.Schedule)
	case !isRate(s.Initial):
		return r.fail(key+".initial", "want a number > 0 and at most 1e6, have %g", s.Initial)
	}
	have := map[string]float64{}
	for _, k := range s.given() {
		have[k.name] = *k.value
	}
	for _, name := range want {
		v, ok := have[name]
		switch {
		case !ok:
			return r.fail(key, "the schedule %s wants %s beside initial", s.Schedule, strings.Join(want, " and "))
		case (name == "every" || name == "steps") && !(isWhole(v) && v >= 1):
			return r.fail(key+"."+name, "want a whole number ≥ 1, have %g", v)
		}
		delete(have, name)
	}
	for name := range have {
		return r.fail(key+"."+name, "has no meaning for the schedule %s", s.Schedule)
	}
	return nil
}
