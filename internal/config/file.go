package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// largestFile is the most that a configuration or certificate file may hold.
const largestFile = int64(1 << 20)

// File is the path of a JSON file with settings. As a flag it makes kong take
// from the file what neither the command line nor the environment gives.
type File string

// BeforeResolve reads the file. Kong calls it when the flag or its variable is
// given.
func (File) BeforeResolve(ctx *kong.Context, trace *kong.Path) error {
	path, ok := ctx.FlagValue(trace.Flag).(File)
	if !ok || path == "" {
		return nil
	}
	values, err := readFile(string(path))
	if err != nil {
		return err
	}
	ctx.AddResolver(fileResolver(values))
	return nil
}

// fileResolver answers for a flag that is in the file, unless its environment
// variable is set: kong alone would let the file win.
func fileResolver(values map[string]any) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, name := range flag.Envs {
			if _, set := os.LookupEnv(name); set {
				return nil, nil // how a kong resolver says: not mine
			}
		}
		return values[flag.Name], nil
	})
}

// readFile gives the file's settings by flag name, each as a string or a bool.
// The file may hold settings of commands other than the running one.
func readFile(path string) (map[string]any, error) {
	text, err := readAtMost(path, largestFile)
	if err != nil {
		return nil, fileWrong(err.Error())
	}
	values, err := decodeFile(text)
	if err != nil {
		return nil, fileWrong(fmt.Sprintf("%q: %s", path, err))
	}
	return values, nil
}

func fileWrong(wrong string) error {
	m := mistakes{{"config", wrong, `a file with {"listen": "localhost:8480", "allow-network": ["10.20.0.0/16"]}`}}
	return m.fault()
}

// decodeFile reads token by token, since a duplicate key must not be lost.
func decodeFile(text []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("is not a JSON object")
	}
	known, kinds, values := fileKeys(), fileKinds(), map[string]any{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("is not JSON: %w", err)
		}
		name, _ := key.(string) // inside an object the decoder gives string keys only
		if err := checkKey(name, known); err != nil {
			return nil, err
		}
		if _, twice := values[name]; twice {
			return nil, fmt.Errorf("the key %q is given twice", name)
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("is not JSON: %w", err)
		}
		if values[name], err = settingValue(value, kinds[name]); err != nil {
			return nil, fmt.Errorf("the key %q %w", name, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("is not JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("has something after its end")
	}
	return values, nil
}

// settingValue turns a JSON value into what kong's mappers read: lists become
// text with commas, so that their elements pass the same checks as flags do.
func settingValue(value any, kind reflect.Kind) (any, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case bool:
		if kind != reflect.Bool {
			return nil, fmt.Errorf("holds %t, where a text or a number belongs", v)
		}
		return v, nil
	case json.Number:
		return v.String(), nil
	case []any:
		if kind != reflect.Slice {
			return nil, errors.New("holds a list, but takes one value only")
		}
		if len(v) == 0 {
			return nil, nil //nolint:nilnil // how a kong resolver says: not given
		}
		items := make([]string, len(v))
		for i, item := range v {
			s, ok := item.(string)
			if !ok || s == "" {
				return nil, errors.New("holds a list of something other than texts")
			}
			items[i] = s
		}
		return kong.JoinEscaped(items, ','), nil
	case map[string]any:
		for _, inner := range slices.Sorted(maps.Keys(v)) {
			return nil, fmt.Errorf("holds %q: settings are not nested", inner)
		}
		return nil, errors.New("holds an object: settings are not nested")
	}
	return nil, errors.New("has no value; leave it out to use the default")
}

func checkKey(name string, known []string) error {
	if slices.Contains(known, name) {
		return nil
	}
	switch simple := simplify(name); simple {
	case "keyset":
		return errors.New(`the key "keyset" is not read from a file; set ` + keysetVariable + " or keyset-file")
	case "config":
		return errors.New(`the key "config" cannot be in the file itself`)
	default:
		for _, k := range known {
			if simplify(k) == simple {
				return fmt.Errorf("the key %q is unknown; it is written %q", name, k)
			}
		}
	}
	listed := slices.DeleteFunc(slices.Clone(known), func(k string) bool { return strings.HasPrefix(k, connectorPrefix) })
	return fmt.Errorf("the key %q is unknown; known are %s, and those of providers, as %sgmail-client-id", name, strings.Join(listed, ", "), connectorPrefix)
}

// connectorPrefix begins the names of providers' settings, which are six of a kind.
const connectorPrefix = "connector-"

// simplify makes data_dir, dataDir and --data-dir look alike.
func simplify(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "", ".", "").Replace(name))
}

// fileKinds gives the kind of value that each key takes.
func fileKinds() map[string]reflect.Kind {
	kinds := map[string]reflect.Kind{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Serve]()) {
		kinds[f.Tag.Get("name")] = f.Type.Kind()
	}
	return kinds
}

// fileKeys lists the keys that a file may hold: the flags of Serve.
func fileKeys() []string {
	var keys []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Serve]()) {
		if name := f.Tag.Get("name"); name != "" && name != "config" {
			keys = append(keys, name)
		}
	}
	return keys
}
