package connector

// Import is what an export file of a provider says.
type Import struct {
	Columns []Column
	Rows    []ImportRow
}

// Column is one column of the file.
type Column struct {
	Name  string // as the file has it
	Field string // of a contact; empty: it is not used
}

// ImportRow is one row of the file.
type ImportRow struct {
	Line    int    // of the file, from 1
	ID      string // of the person, at the provider; the same in each export
	Same    int    // the line of an earlier row of the same person, which has taken this one in; 0: none
	Weak    bool   // nothing but name and company tell who it is
	Contact Contact
	Skipped string // why it is no contact; empty: it is one
	Notes   []string
}

// FileError says why a file cannot be read, for people.
type FileError struct {
	Code    string // "not-the-export"
	Detail  string
	Fix     string
	Headers []string // that were seen
}

// Error says what is wrong with the file.
func (e *FileError) Error() string { return e.Detail }
