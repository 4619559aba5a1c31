package fp

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// This file finds what the YAML reader lets pass: keys without a value, which it takes for 0, and numbers in
// quotes.

// checkValues returns a [*FileError] where a value is missing, or a quoted text where a number is wanted. The
// type is what the value, at the key, is read into.
func (r *reader) checkValues(n ast.Node, t reflect.Type, key string) error {
	switch n := n.(type) {
	case *ast.AnchorNode:
		return r.checkValues(n.Value, t, key)
	case *ast.TagNode:
		return r.checkValues(n.Value, t, key)
	case *ast.MappingNode:
		for _, v := range n.Values {
			if err := r.checkValues(v, t, key); err != nil {
				return err
			}
		}
	case *ast.MappingValueNode:
		name := n.Key.GetToken().Value
		return r.checkValues(n.Value, typeWithin(t, name), strings.TrimPrefix(key+"."+name, "."))
	case *ast.SequenceNode:
		for k, v := range n.Values {
			if err := r.checkValues(v, typeWithin(t, ""), fmt.Sprintf("%s[%d]", key, k)); err != nil {
				return err
			}
		}
	case *ast.NullNode:
		return r.fail(key, "want %s, have nothing", wanted(t, key))
	case *ast.FloatNode:
		if t.Kind() == reflect.Uint64 && n.Value != math.Trunc(n.Value) { // the YAML reader cuts it off
			return r.fail(key, "want %s, have %g", plainType(t.Name()), n.Value)
		}
	case *ast.StringNode:
		quoted := n.Token.Type == token.SingleQuoteType || n.Token.Type == token.DoubleQuoteType
		switch want := wanted(t, ""); {
		case n.Value == "":
			return r.fail(key, "want %s, have nothing", wanted(t, key))
		case quoted && strings.HasPrefix(want, aNumber):
			return r.fail(key, "want %s, have text in quotes", want)
		}
	}
	return nil
}

// typeWithin returns the type of what is at a name in a value of that type, or of the elements of a list; that
// of any value where it is not said.
func typeWithin(t reflect.Type, name string) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[rateDoc]():
		return typeWithin(reflect.TypeFor[scheduleDoc](), name)
	case reflect.TypeFor[domainDoc]():
		return reflect.TypeFor[intervalDoc]()
	}
	switch t.Kind() {
	case reflect.Struct:
		for k := range t.NumField() {
			if t.Field(k).Tag.Get("yaml") == name {
				return t.Field(k).Type
			}
		}
	case reflect.Map, reflect.Slice:
		return t.Elem()
	}
	return reflect.TypeFor[any]()
}

// texts are what texts at some keys have to be.
var texts = map[string]string{
	"min": "a number or a formula", "max": "a number or a formula", "loss": "a formula", "potential": "a formula", "formula": "a formula",
	"sampling": "one of " + strings.Join(samplingNames[:], ", "),
}

// wanted says in words what is read into a type at a key.
func wanted(t reflect.Type, key string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[rateDoc]():
		return aNumber + " or a schedule"
	case reflect.TypeFor[domainDoc]():
		return "auto or an interval per variable"
	case reflect.TypeFor[any]():
		return "a value"
	}
	if words, ok := texts[key[strings.LastIndex(key, ".")+1:]]; ok && t.Kind() == reflect.String {
		return words
	}
	if t.Kind() == reflect.Struct {
		return "keys with values"
	}
	return plainType(t.String())
}
