package event

import (
	"encoding/json"
	"errors"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The units of a check's cost are about 10 ns; budget is thus about a second,
// which only a strange schema and large data together can ask for.
const (
	budget     = 100_000_000
	costVisit  = 100 // one subschema looks at one value
	costNumber = 50  // one exact comparison of numbers
	costUnique = 20 * costNumber

	costCap = 1 << 40 // larger sums stay here
)

// costs bounds the work of checking data, by its depth: the validator cannot be
// stopped, so what it may take is known before it starts. A schema that applies
// itself twice a level doubles the work with each level.
type costs [MaxDepth + 1]cost

// cost is what one value costs, and what each byte of it does.
type cost struct{ value, byte int64 }

func (c cost) plus(o cost) cost {
	return cost{min(c.value+o.value, costCap), min(c.byte+o.byte, costCap)}
}

func (c cost) most(o cost) cost { return cost{max(c.value, o.value), max(c.byte, o.byte)} }

func (c *costs) affordable(s shape) bool {
	each := c[min(s.depth, MaxDepth)]
	if each.value > budget || each.byte > budget { // no overflow below
		return false
	}
	return int64(s.values)*each.value+int64(s.load)*each.byte <= budget
}

// part is one subschema: its own cost on a value and on each name in an object,
// which subschemas look at the same value, and which at the values inside an
// object or array: one of one for each, and all of all.
type part struct {
	own, name           cost
	same                []int
	objectOne, arrayOne []int
	objectAll, arrayAll []int
	now                 reach
}

// reach is the cost on a single value some levels below the one that a part
// looks at, if that is an object and if it is an array.
type reach struct{ object, array cost }

// graph is a compiled schema as parts, the root first.
type graph struct {
	index map[*jsonschema.Schema]int
	parts []part
	order []int // the parts, each after those in its same
}

var (
	errDynamic = errors.New("uses $dynamicRef, which is not supported here; use $ref")
	errDraft   = errors.New("names a $schema other than " + draft)
	errLoop    = errors.New("refers to itself without going deeper into the data")
)

// estimate bounds the work of a compiled schema, or says why it is refused.
func estimate(root *jsonschema.Schema) (costs, error) {
	g := &graph{index: map[*jsonschema.Schema]int{}}
	if err := g.collect(root); err != nil {
		return costs{}, err
	}
	state := make([]byte, len(g.parts))
	for i := range g.parts {
		if !g.sort(i, state) {
			return costs{}, errLoop
		}
	}
	var c costs
	var most cost
	for depth := range c {
		most = most.most(g.level(depth))
		c[depth] = most
	}
	return c, nil
}

// level computes what values depth levels down cost from what they cost one
// level less far down, and gives the root's.
func (g *graph) level(depth int) cost {
	next := make([]reach, len(g.parts))
	for _, i := range g.order {
		p := &g.parts[i]
		var r reach
		if depth == 0 {
			r = reach{p.own, p.own}
		} else {
			r = reach{g.below(p.objectOne, p.objectAll), g.below(p.arrayOne, p.arrayAll)}
		}
		if depth == 1 { // names are bytes of the level below
			r.object = r.object.plus(p.name)
		}
		for _, k := range p.same {
			r.object, r.array = r.object.plus(next[k].object), r.array.plus(next[k].array)
		}
		next[i] = r
	}
	for i := range g.parts {
		g.parts[i].now = next[i]
	}
	return next[0].object.most(next[0].array)
}

func (g *graph) below(one, all []int) (c cost) {
	for _, i := range one {
		c = c.most(g.parts[i].now.object).most(g.parts[i].now.array)
	}
	for _, i := range all {
		c = c.plus(g.parts[i].now.object.most(g.parts[i].now.array))
	}
	return c
}

// sort puts part i into the order; false says that it would look at the same
// value for ever.
func (g *graph) sort(i int, state []byte) bool {
	const open, done = 1, 2
	if state[i] != 0 {
		return state[i] == done
	}
	state[i] = open
	for _, k := range g.parts[i].same {
		if !g.sort(k, state) {
			return false
		}
	}
	state[i] = done
	g.order = append(g.order, i)
	return true
}

// collect numbers the subschemas and reads each.
func (g *graph) collect(root *jsonschema.Schema) error {
	queue := []*jsonschema.Schema{root}
	g.index[root] = 0
	number := func(ss ...*jsonschema.Schema) (ns []int) {
		for _, s := range ss {
			if s == nil {
				continue
			}
			n, ok := g.index[s]
			if !ok {
				n = len(g.index)
				g.index[s] = n
				queue = append(queue, s)
			}
			ns = append(ns, n)
		}
		return ns
	}
	for len(g.parts) < len(queue) {
		s := queue[len(g.parts)]
		switch {
		case !strings.HasPrefix(s.Location, schemaAt+"#"):
			return errOutside
		case s.DraftVersion != 2020:
			return errDraft
		case s.DynamicRef != nil || s.RecursiveRef != nil:
			return errDynamic
		}
		g.parts = append(g.parts, read(s, number))
	}
	return nil
}

func read(s *jsonschema.Schema, number func(...*jsonschema.Schema) []int) part {
	p := part{own: weigh(s), name: cost{value: 1}}
	p.same = number(slices.Concat([]*jsonschema.Schema{s.Ref, s.Not, s.If, s.Then, s.Else}, s.AllOf, s.AnyOf, s.OneOf)...)
	for _, d := range s.DependentSchemas {
		p.same = append(p.same, number(d)...)
	}
	for _, c := range s.Properties {
		p.objectOne = append(p.objectOne, number(c)...)
	}
	if c, ok := s.AdditionalProperties.(*jsonschema.Schema); ok {
		p.objectOne = append(p.objectOne, number(c)...)
	}
	for re, c := range s.PatternProperties {
		p.name = p.name.plus(cost{byte: steps(re.String())})
		p.objectAll = append(p.objectAll, number(c)...)
	}
	p.objectAll = append(p.objectAll, number(s.PropertyNames, s.UnevaluatedProperties)...)
	p.arrayOne = number(append(slices.Clone(s.PrefixItems), s.Items2020)...)
	p.arrayAll = number(s.Contains, s.UnevaluatedItems)
	return p
}

// weigh is the cost of one subschema alone on one value.
func weigh(s *jsonschema.Schema) cost {
	c := cost{value: costVisit + int64(len(s.Required))}
	for _, r := range s.DependentRequired {
		c.value += int64(1 + len(r))
	}
	numeric := []bool{
		s.Minimum != nil, s.Maximum != nil, s.ExclusiveMinimum != nil, s.ExclusiveMaximum != nil, s.MultipleOf != nil,
		s.Types != nil && slices.Contains(s.Types.ToStrings(), "integer"),
	}
	for _, there := range numeric {
		if there { // and longer numbers take longer
			c = c.plus(cost{costNumber, 1})
		}
	}
	if s.Const != nil {
		c.value += weighValue(*s.Const)
	}
	if s.Enum != nil {
		c.value += weighValue(s.Enum.Values)
	}
	if s.UniqueItems {
		c = c.plus(cost{costUnique, 1})
	}
	if s.Pattern != nil {
		c.byte += steps(s.Pattern.String())
	}
	return c
}

func weighValue(v any) int64 {
	n := int64(1)
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			n += weighValue(e)
		}
	case map[string]any:
		for _, e := range v {
			n += weighValue(e)
		}
	case json.Number:
		n += costNumber + int64(len(v))
	}
	return n
}

// steps bounds the work of a pattern on one byte: the length of its program.
func steps(pattern string) int64 {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return costCap // cannot be: it was compiled before
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return costCap
	}
	return int64(len(prog.Inst))
}
