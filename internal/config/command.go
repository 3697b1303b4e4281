package config

import (
	"errors"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Arguments prepares a command line for kong, which would take the number of
// "--retain-events-days -1" for a flag: then the setting itself says what is
// wrong with it.
func Arguments(args []string) []string {
	out := make([]string, 0, len(args))
	for _, arg := range args {
		if n := len(out); n > 0 && negative.MatchString(arg) && isFlag(out[n-1]) {
			out[n-1] += "=" + arg
			continue
		}
		out = append(out, arg)
	}
	return out
}

// isFlag reports whether an argument is a flag without a value of its own.
func isFlag(arg string) bool { return strings.HasPrefix(arg, "--") && !strings.Contains(arg, "=") }

var (
	negative   = regexp.MustCompile(`^-\.?[0-9]`)
	ofSetting  = regexp.MustCompile(`^--([a-z-]+): (.*)$`)
	fromEnv    = regexp.MustCompile(` \(from envar .*\)$`)
	noValue    = regexp.MustCompile(`^expected \S+ value but got "(.*)" \((.*)\)`)
	noBool     = regexp.MustCompile(`^bool value must be .* but got (".*")$`)
	unexpected = regexp.MustCompile(`^unexpected argument (\S+)`)
)

// Explain puts what kong says about a setting into the words of Validate: its
// name, what is wrong, and an example. It gives any other error back as it is.
func Explain(err error, args []string) error {
	p, ok := errors.AsType[*kong.ParseError](err)
	if !ok || p.Context == nil {
		return err
	}
	if found := unexpected.FindStringSubmatch(p.Error()); found != nil {
		if flag := before(p.Context, args, found[1]); flag != nil {
			return explained(flag, "the word "+quote(found[1])+" that follows it is too many")
		}
		return err
	}
	found := ofSetting.FindStringSubmatch(p.Error())
	if found == nil {
		return err
	}
	flag := flagOf(p.Context, found[1])
	if flag == nil {
		return err
	}
	wrong := fromEnv.ReplaceAllString(found[2], "")
	if inner := noValue.FindStringSubmatch(wrong); inner != nil {
		wrong = "has no value"
		if inner[1] != "EOL" {
			wrong += ": " + quote(inner[1]) + " follows it"
		}
	} else if inner := noBool.FindStringSubmatch(wrong); inner != nil {
		wrong = inner[1] + " is neither true nor false"
	}
	return explained(flag, wrong)
}

// explained is a mistake in a flag's value. What the value's own decoder says
// ends with an example that fits better than the setting's.
func explained(flag *kong.Flag, wrong string) error {
	wrong, example, ok := strings.Cut(wrong, ". Example: ")
	if !ok {
		example = flag.Tag.Get("example")
	}
	m := mistakes{{flag.Name, wrong, example}}
	return m.fault()
}

// flagOf finds a setting of the command that was chosen.
func flagOf(ctx *kong.Context, name string) *kong.Flag {
	for _, f := range ctx.Flags() {
		if f.Name == name && f.Tag.Get("example") != "" {
			return f
		}
	}
	return nil
}

// before finds the setting that a surplus word follows, with its value if it
// takes one.
func before(ctx *kong.Context, args []string, word string) *kong.Flag {
	at := slices.Index(args, word)
	for back := 1; back <= 2 && at-back >= 0; back++ {
		name, isSetting := strings.CutPrefix(args[at-back], "--")
		name, _, joined := strings.Cut(name, "=")
		if !isSetting {
			continue
		}
		if f := flagOf(ctx, name); f != nil && (f.IsBool() || joined) == (back == 1) {
			return f
		}
	}
	return nil
}

// checkGiven refuses settings that are given twice, of which one would be lost,
// and those that are given without a value: what "--data-dir $DIR" becomes
// where DIR is not set must not be the default.
func checkGiven(ctx *kong.Context, m *mistakes) {
	given := map[*kong.Flag]int{}
	for _, trace := range ctx.Path {
		if trace.Flag != nil {
			given[trace.Flag]++
		}
	}
	for _, f := range ctx.Flags() {
		example := f.Tag.Get("example")
		if example == "" {
			continue
		}
		if given[f] > 1 && !f.IsSlice() && !f.IsBool() {
			m.add(f.Name, "is given twice", example)
		}
		if given[f] > 0 && isEmpty(ctx.FlagValue(f)) || given[f] == 0 && emptyVariable(f.Envs) {
			m.add(f.Name, "is empty; leave it out to use the default", example)
		}
	}
}

// checkVariables refuses variables that are settings but for the spelling, which
// nothing would read. Others are none of ours: a cluster sets some of its own.
func checkVariables(ctx *kong.Context, m *mistakes) {
	known := map[string]*kong.Flag{}
	for _, f := range ctx.Flags() {
		if f.Tag.Get("example") != "" {
			known[simplify(f.Name)] = f
		}
	}
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		setting, ours := strings.CutPrefix(name, "PATCHBOARD_")
		if !ours {
			continue
		}
		f := known[simplify(setting)]
		if f == nil {
			f = known[strings.TrimSuffix(simplify(setting), "s")]
		}
		if f != nil && variable(f.Name) != name {
			m.add(f.Name, "the variable "+name+" is not read; it is written "+variable(f.Name), f.Tag.Get("example"))
		}
	}
}

func isEmpty(value any) bool {
	v := reflect.ValueOf(value)
	switch v.Kind() { //nolint:exhaustive // numbers have a zero that means something
	case reflect.String, reflect.Slice, reflect.Struct: // a struct is a Secret
		return v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0 || slices.Equal([]string{""}, anyStrings(value))
	}
	return false
}

// anyStrings gives a list of texts, nil for any other value.
func anyStrings(value any) []string {
	list, _ := value.([]string)
	return list
}

func emptyVariable(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		text, set := os.LookupEnv(name)
		return set && text == ""
	})
}
