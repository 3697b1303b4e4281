package config

import (
	"fmt"
	"strconv"
	"strings"

	"patchboard/internal/fault"
)

// mistakes collects what is wrong, so that all of it is told at once.
type mistakes []mistake

type mistake struct{ setting, wrong, example string }

func (m *mistakes) add(setting, wrong, example string) {
	*m = append(*m, mistake{setting, wrong, example})
}

// fault is nil when there are none.
func (m *mistakes) fault() error {
	if len(*m) == 0 {
		return nil
	}
	lines := make([]string, len(*m))
	for i, e := range *m {
		lines[i] = fmt.Sprintf("--%s (%s): %s. Example: %s", e.setting, variable(e.setting), e.wrong, e.example)
	}
	f := fault.New(fault.Invalid, "configuration",
		strings.Join(lines, "\n"),
		"Correct the setting where it was given: as a flag, in the environment, or in the file of --config.")
	for _, e := range *m {
		f = f.At(e.setting, e.wrong)
	}
	return f
}

// variable names the environment variable of a setting.
func variable(setting string) string {
	return "PATCHBOARD_" + strings.ToUpper(strings.ReplaceAll(setting, "-", "_"))
}

func quote(s string) string { return strconv.QuoteToGraphic(s) }
