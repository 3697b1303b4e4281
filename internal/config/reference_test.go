package config

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/configuration.md anew")

const referencePage = "../../docs/configuration.md"

// The page is generated from the struct, so it cannot say other than what the
// program does.
func TestReferencePageIsCurrent(t *testing.T) {
	t.Parallel()
	want := reference()
	if *update {
		if err := os.WriteFile(referencePage, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(referencePage)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/configuration.md is stale; run: make generate")
	}
}

func TestEverySettingIsComplete(t *testing.T) {
	t.Parallel()
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Serve]()) {
		name := f.Tag.Get("name")
		if f.Anonymous || f.Tag.Get("kong") == "-" {
			continue
		}
		if name == "" || f.Tag.Get("help") == "" || f.Tag.Get("example") == "" {
			t.Errorf("%s lacks a name, a help or an example", f.Name)
		}
		if want := variable(name); f.Tag.Get("env") != want {
			t.Errorf("%s: env is %q, want %q", f.Name, f.Tag.Get("env"), want)
		}
	}
}

func reference() string {
	var b strings.Builder
	b.WriteString(`# Configuration

<!-- Generated from internal/config by "make generate". Edit the struct, not this page. -->

Every setting of ` + "`patchboard serve`" + ` can be given as a flag, as an environment variable, or as a key of the JSON
file that ` + "`--config`" + ` names. A flag wins over the environment, the environment over the file, the file over the
default. A key of the file is the flag's name without the dashes; settings are not nested, and a key that is unknown or
given twice is refused. A repeatable setting is a list in the file, is separated by commas in the environment, and is
taken whole from the one place that wins. Relative paths start at the working directory.

The other commands that open the data (` + "`admin`, `audit`" + `) take the settings under Storage and the same file.

A setting that cannot be used is refused at the start, with its name, what is wrong, and an example. So is one that is
given empty (which is what ` + "`--data-dir \"$DIR\"`" + ` becomes where DIR is not set), and one of a single value that is given twice,
and a variable that differs from a setting's in its underscores, capitals or a plural alone.

`)
	for part := range reflect.TypeFor[Serve]().Fields() {
		fmt.Fprintf(&b, "## %s\n\n| setting | default | example | what it does |\n|---|---|---|---|\n", part.Tag.Get("group"))
		for setting := range part.Type.Fields() {
			writeSetting(&b, setting)
		}
		b.WriteString("\n")
		if part.Type == reflect.TypeFor[Storage]() {
			fmt.Fprintf(&b, "The keyset itself can be given in `%s`, and there only: it has no flag and no key in the file. "+
				"With `--database` and without `--data-dir` there is no default place for the keyset and the audit heads, so both must be named.\n\n", keysetVariable)
		}
	}
	b.WriteString(`## Example of a file

` + "```json" + `
{
  "data-dir": "/var/lib/patchboard",
  "listen": "localhost:8480",
  "public-url": "https://patchboard.example.com",
  "trusted-proxy": ["127.0.0.0/8"],
  "allow-network": ["10.20.0.0/16", "10.30.0.0/16"],
  "retain-deliveries-days": 90
}
` + "```\n")
	return b.String()
}

func writeSetting(b *strings.Builder, f reflect.StructField) {
	name := f.Tag.Get("name")
	if name == "" {
		return
	}
	form := "--" + name
	if p := f.Tag.Get("placeholder"); p != "" {
		form += " " + p
	}
	value := "–"
	if d := f.Tag.Get("default"); d != "" {
		value = "`" + d + "`"
	}
	fmt.Fprintf(b, "| `%s`<br>`%s` | %s | `%s` | %s |\n", form, f.Tag.Get("env"), value, f.Tag.Get("example"), f.Tag.Get("help"))
}

func TestExampleFileIsAccepted(t *testing.T) {
	t.Parallel()
	_, example, _ := strings.Cut(reference(), "```json\n")
	example, _, _ = strings.Cut(example, "```")
	if _, err := parse(t, "serve", "--config", write(t, example)); err != nil {
		t.Error(err)
	}
}
