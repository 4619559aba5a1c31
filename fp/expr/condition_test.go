package expr

import (
	"math"
	"strings"
	"testing"
)

func TestConditions(t *testing.T) {
	names := Names{Variables: []string{"x", "y"}, Constants: map[string]float64{"r": 0.5}}
	circle := func(x, y float64) bool { return (x+1)*(x+1)+y*y < 0.25 }
	for src, want := range map[string]func(x, y float64) bool{
		"x < -0.8":                       func(x, _ float64) bool { return x < -0.8 },
		"-0.8 > x":                       func(x, _ float64) bool { return x < -0.8 },
		"x <= 1":                         func(x, _ float64) bool { return x <= 1 },
		"x >= 1":                         func(x, _ float64) bool { return x >= 1 },
		"(x+1)^2 + y^2 < r^2":            circle,
		"((x+1)^2 + y^2) < (r^2)":        circle,
		"-1 < x <= 1":                    func(x, _ float64) bool { return -1 < x && x <= 1 },
		"x < 0 and y > 1":                func(x, y float64) bool { return x < 0 && y > 1 },
		"x < 0 or y > 1 and x < 1":       func(x, y float64) bool { return x < 0 || y > 1 && x < 1 },
		"(x < 0 || y > 1) && x < 1":      func(x, y float64) bool { return (x < 0 || y > 1) && x < 1 },
		"not (x < 0) and y < 1":          func(x, y float64) bool { return !(x < 0) && y < 1 },
		"!(x < 0)":                       func(x, _ float64) bool { return !(x < 0) },
		"not ((x+1)^2 + y^2 < r^2)":      func(x, y float64) bool { return !circle(x, y) },
		"log(x) < 0":                     func(x, _ float64) bool { return math.Log(x) < 0 },
		"abs(x) < 1 and max(x, y) > 0.2": func(x, y float64) bool { return math.Abs(x) < 1 && max(x, y) > 0.2 },
		"1 < 2":                          func(_, _ float64) bool { return true },
	} {
		c, err := ParseCondition(src, names)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		for _, x := range []float64{-2, -1.4, -1, -0.8, -0.3, 0, 0.5, 1, 1.7} {
			for _, y := range []float64{-0.45, 0, 0.2, 1, 1.3} {
				if got := c.Holds([]float64{x, y}); got != want(x, y) {
					t.Errorf("%s at (%g, %g): %v", src, x, y, got)
				}
			}
		}
	}
}

func TestBadConditionsSayWhatIsWrong(t *testing.T) {
	names := Names{Variables: []string{"x", "y"}}
	for src, want := range map[string]string{
		"":                   "want a formula",
		"x":                  "want a condition, as in x < 1",
		"x + 1":              "want a condition, as in x < 1",
		"x == 1":             `"==" leaves a set without volume`,
		"x = 1":              `"=" has no meaning here; want < <= > >=`,
		"x <":                "the formula ends here",
		"x < 1 and":          "the formula ends here",
		"and x < 1":          "want a number, a name",
		"x < 1 y < 2":        "want an operator before",
		"x < 1, y < 2":       "comma",
		"(x < 1":             "never closed",
		"x < z":              `undefined name "z"`,
		"x < 1 and y":        "want a condition, as in x < 1",
		"(x < 1) + 2 < 3":    `"<" has no meaning in a formula`,
		"x in [1, 2]":        `"in" has no meaning`,
		"x < 1 ? y < 1 : x":  `"?" has no meaning`,
		"sin(x < 1) < 0":     `"<" has no meaning in a formula`,
		"x < y^":             "the formula ends here",
		"x < 1 & y < 1":      `"&"`,
		"not x":              "want a condition",
		"x << 1":             "want a number, a name",
		"x <> 1":             "want a number, a name",
		"1 < x < 2 < y < \"": `"\"" has no meaning`,
	} {
		_, err := ParseCondition(src, names)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", src, err, want)
		}
	}
}
