package config

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"
)

// keysetVariable holds the keyset itself. It has no flag and no key in the
// file: the first is seen by every process, the second lies beside the data.
const keysetVariable = "PATCHBOARD_KEYSET"

const defaultDataDir = "patchboard-data"

// Storage says where data, keys and audit heads are. The serve, admin, audit
// and demo commands embed it.
//
// After Validate: DataDir is empty only with Database; either Keyset or
// KeysetFile is set; AuditHeadDir is set.
type Storage struct {
	Config       File   `env:"PATCHBOARD_CONFIG" example:"/etc/patchboard.json" help:"JSON file with settings. Its keys are the flags' names without the dashes; flags and environment win over it." name:"config" placeholder:"FILE"`
	DataDir      string `env:"PATCHBOARD_DATA_DIR" example:"/var/lib/patchboard" help:"Directory of the SQLite database, the keyset and the audit heads. Made if missing. Without it and without --database: patchboard-data in the working directory." name:"data-dir" placeholder:"DIR"`
	Database     Secret `env:"PATCHBOARD_DATABASE" example:"postgres://patchboard@db.internal:5432/patchboard" help:"Postgres to keep the data in, instead of SQLite." name:"database" placeholder:"URL"`
	KeysetFile   string `env:"PATCHBOARD_KEYSET_FILE" example:"/var/lib/patchboard/keyset.json" help:"File of the keys that seal every stored secret, mode 0600; made together with an empty database. Without it: keyset.json in the data directory." name:"keyset-file" placeholder:"FILE"`
	Keyset       Secret `kong:"-"`
	AuditHeadDir string `env:"PATCHBOARD_AUDIT_HEAD_DIR" example:"/var/lib/patchboard/audit-heads" help:"Directory where signed heads of the audit log are kept, outside the database. Without it: audit-heads in the data directory." name:"audit-head-dir" placeholder:"DIR"`
}

// BeforeApply takes the keyset from the environment, and looks at how all the
// settings of the command were given. Kong calls it before these are applied
// and checked.
func (s *Storage) BeforeApply(ctx *kong.Context) error {
	s.Keyset = NewSecret(os.Getenv(keysetVariable))
	var m mistakes
	checkGiven(ctx, &m)
	checkVariables(ctx, &m)
	return m.fault()
}

// Validate checks the settings of the storage alone and fills in the places
// that follow from the data directory.
func (s *Storage) Validate() error {
	var m mistakes
	s.check(&m)
	return m.fault()
}

func (s *Storage) check(m *mistakes) {
	if s.Database.IsZero() && s.DataDir == "" {
		s.DataDir = defaultDataDir
	}
	if s.DataDir != "" {
		checkDirectory(m, "data-dir", s.DataDir, "/var/lib/patchboard")
	}
	if !s.Database.IsZero() {
		if wrong := databaseWrong(s.Database.Reveal()); wrong != "" {
			m.add("database", wrong, "postgres://patchboard@db.internal:5432/patchboard")
		}
	}
	s.checkKeyset(m)
	s.checkHeads(m)
}

func (s *Storage) checkKeyset(m *mistakes) {
	const example = "/var/lib/patchboard/keyset.json"
	switch {
	case !s.Keyset.IsZero() && s.KeysetFile != "":
		m.add("keyset-file", "and "+keysetVariable+" are both given: which one holds the keys?", example+", without "+keysetVariable)
	case !s.Keyset.IsZero():
	case s.KeysetFile == "" && s.DataDir != "":
		s.KeysetFile = filepath.Join(s.DataDir, "keyset.json")
	case s.KeysetFile == "":
		m.add("keyset-file", "is needed with --database: it names the file with the keys that seal every stored secret. "+
			"The first serve on an empty database makes it; later nodes need the same file, or its content in "+keysetVariable, example)
	default:
		if info, err := os.Stat(s.KeysetFile); err == nil && info.IsDir() {
			m.add("keyset-file", quote(s.KeysetFile)+" is a directory", example)
		}
	}
}

func (s *Storage) checkHeads(m *mistakes) {
	const example = "/var/lib/patchboard/audit-heads"
	switch {
	case s.AuditHeadDir == "" && s.DataDir != "":
		s.AuditHeadDir = filepath.Join(s.DataDir, "audit-heads")
	case s.AuditHeadDir == "":
		m.add("audit-head-dir", "is needed with --database: it names the directory for the signed heads of the audit log, outside the database. "+
			"Make it with: install -d -m 0700 "+example, example)
	default:
		checkDirectory(m, "audit-head-dir", s.AuditHeadDir, example)
	}
}

// databaseWrong says what is wrong with a Postgres URL. It never echoes the
// URL, which may hold a password.
func databaseWrong(s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return "is not a URL (special characters in a password are written as %XX)"
	case u.Scheme != "postgres" && u.Scheme != "postgresql":
		return "does not start with postgres:// or postgresql://"
	case u.Host == "" && u.Query().Get("host") == "":
		return "has no host"
	case strings.Trim(u.Path, "/") == "" && u.Query().Get("dbname") == "":
		return "names no database"
	}
	return ""
}

func checkDirectory(m *mistakes, setting, dir, example string) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		m.add(setting, quote(dir)+" is a file, not a directory", example)
	}
}
