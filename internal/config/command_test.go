package config

import (
	"reflect"
	"strings"
	"testing"
)

// Every bad value is told in one form, whoever found it: kong, a decoder or a
// check.
func TestOddCommandLinesAreRefusedInOneForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--retain-events-days", "-1"}, "-1 is not between 1 and 3650 days. Example: 30"},
		{[]string{"--retain-events-days", "-x"}, `has no value: "-x" follows it. Example: 30`},
		{[]string{"--retain-events-days"}, "has no value. Example: 30"},
		{[]string{"--retain-events-days="}, `"" is not a number of days. Example: 30`},
		{[]string{"--retain-events-days", "1.5"}, `"1.5" is not a number of days. Example: 30`},
		{[]string{"--retain-events-days", "7", "days"}, `the word "days" that follows it is too many. Example: 30`},
		{[]string{"--retain-events-days=7", "days"}, `the word "days" that follows it is too many. Example: 30`},
		{[]string{"--retain-events-days", "7", "--retain-events-days", "8"}, "is given twice. Example: 30"},
		{[]string{"--retain-bytes", "-1"}, `"-1" is not a size. Example: 10GiB`},
		{[]string{"--retain-bytes", "1", "GiB"}, `the word "GiB" that follows it is too many. Example: 20GiB`},
		{[]string{"--listen", "-1"}, `"-1" is not HOST:PORT. Example: localhost:8480`},
		{[]string{"--listen", "--log-level", "info"}, `has no value: "--log-level" follows it. Example: localhost:8480`},
		{[]string{"--listen", "localhost:1", "--listen", "localhost:2"}, "is given twice. Example: localhost:8480"},
		{[]string{"--listen", "localhost", "8480"}, `the word "8480" that follows it is too many. Example: localhost:8480`},
		{[]string{"--allow-http=maybe"}, `"maybe" is neither true nor false. Example: true`},
		{[]string{"--allow-http", "maybe"}, `the word "maybe" that follows it is too many. Example: true`},
		{[]string{"--allow-http", "-1"}, `"-1" is neither true nor false. Example: true`},
		{[]string{"--allow-network", "10.0.0.0/8,", "11.0.0.0/8"}, `the word "11.0.0.0/8" that follows it is too many. Example: 10.20.0.0/16`},
		{[]string{"--allow-network", "10.0.0.1"}, `"10.0.0.1" is an address, not a network. Example: 10.0.0.1/32`},
		{[]string{"--allow-network", ""}, "is empty; leave it out to use the default. Example: 10.20.0.0/16"},
		{[]string{"--trusted-proxy="}, "is empty; leave it out to use the default. Example: 10.0.0.0/8"},
		{[]string{"--trusted-ca", ""}, "is empty; leave it out to use the default. Example: /etc/patchboard/ca.pem"},
		{[]string{"--data-dir", ""}, "is empty; leave it out to use the default. Example: /var/lib/patchboard"},
		{[]string{"--database", ""}, "is empty; leave it out to use the default. Example: postgres://"},
		{[]string{"--keyset-file", ""}, "is empty; leave it out to use the default. Example: /var/lib/patchboard/keyset.json"},
		{[]string{"--audit-head-dir", ""}, "is empty; leave it out to use the default. Example: /var/lib/patchboard/audit-heads"},
		{[]string{"--public-url", ""}, "is empty; leave it out to use the default. Example: https://"},
		{[]string{"--metrics-token", ""}, "is empty; leave it out to use the default. Example: "},
		{[]string{"--metrics-listen", ""}, "is empty; leave it out to use the default. Example: localhost:9480"},
		{[]string{"--config", ""}, "is empty; leave it out to use the default. Example: /etc/patchboard.json"},
	} {
		setting, _, _ := strings.Cut(c.args[0], "=")
		_, err := parse(t, append([]string{"serve"}, c.args...)...)
		mustSay(t, err, setting+" ("+variable(setting[2:])+"): "+c.want)
	}
}

// The environment is the process's, so these tests are not parallel.
func TestOddVariablesAreRefusedInTheSameForm(t *testing.T) {
	for _, c := range []struct{ setting, text, want string }{
		{"retain-events-days", "-1", "-1 is not between 1 and 3650 days. Example: 30"},
		{"retain-events-days", "", `"" is not a number of days. Example: 30`},
		{"retain-bytes", "much", `"much" is not a size. Example: 10GiB`},
		{"allow-http", "maybe", `"maybe" is neither true nor false. Example: true`},
		{"allow-http", "", `"" is neither true nor false. Example: true`},
		{"allow-network", "10.0.0.0/8,x", `"x" is not a network. Example: 10.20.0.0/16`},
		{"allow-network", "", "is empty; leave it out to use the default. Example: 10.20.0.0/16"},
		{"data-dir", "", "is empty; leave it out to use the default. Example: /var/lib/patchboard"},
		{"database", "", "is empty; leave it out to use the default. Example: postgres://"},
		{"config", "", "is empty; leave it out to use the default. Example: /etc/patchboard.json"},
		{"listen", "two words", `"two words" is not HOST:PORT. Example: localhost:8480`},
	} {
		t.Run(c.setting+"="+c.text, func(t *testing.T) {
			t.Setenv(variable(c.setting), c.text)
			_, err := parse(t, "serve")
			mustSay(t, err, "--"+c.setting+" ("+variable(c.setting)+"): "+c.want)
			if strings.Contains(err.Error(), "envar") {
				t.Errorf("kong's own words: %v", err)
			}
		})
	}
}

func TestMisspelledVariables(t *testing.T) {
	for name, setting := range map[string]string{
		"PATCHBOARD_DATADIR": "data-dir", "PATCHBOARD_ALLOW_NETWORKS": "allow-network", "PATCHBOARD_data_dir": "data-dir", "PATCHBOARD_TRUSTED_CAS": "trusted-ca",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, "10.0.0.0/8")
			_, err := parse(t, "serve")
			mustSay(t, err, "--"+setting+" ("+variable(setting)+"): the variable "+name+" is not read; it is written "+variable(setting)+". Example: ")
		})
	}
	for _, name := range []string{"PATCHBOARD_PORT", "PATCHBOARD_SERVICE_HOST", "PATCHBOARD_VERSION", "PATCHBOARD_URL", "PATCHBOARD_KEYSETS"} {
		t.Setenv(name, "x")
	}
	t.Setenv("PATCHBOARD_ALLOW_NETWORKS", "10.0.0.0/8")
	if _, err := parse(t, "audit"); err != nil { // not a setting of this command
		t.Error(err)
	}
}

func TestWhatMayBeGivenTwice(t *testing.T) {
	t.Parallel()
	p, err := parse(t, "serve", "--allow-network", "10.0.0.0/8", "--allow-network", "192.168.0.0/16", "--allow-http", "--allow-http")
	if err != nil || len(p.Serve.AllowNetwork) != 2 || !p.Serve.AllowHTTP {
		t.Errorf("%+v, %v", p.Serve.Outbound, err)
	}
	p, err = parse(t, "serve", "--config", write(t, `{"allow-network": [], "trusted-ca": []}`))
	if err != nil || len(p.Serve.AllowNetwork) != 0 {
		t.Errorf("empty lists: %+v, %v", p.Serve.Outbound, err)
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"serve --retain-events-days -1 --listen x": "serve --retain-events-days=-1 --listen x",
		"--a=1 -1":                      "--a=1 -1",
		"-a -1":                         "-a -1",
		"x -1":                          "x -1",
		"admin --password-file - --b":   "admin --password-file - --b",
		"serve --retain-bytes -.5 -0.1": "serve --retain-bytes=-.5 -0.1",
	} {
		if got := Arguments(strings.Fields(line)); !reflect.DeepEqual(got, strings.Fields(want)) {
			t.Errorf("%s: %q", line, got)
		}
	}
}
