package linkedin

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"patchboard/internal/connector"
)

// Bounds of what is read. LinkedIn allows 30,000 connections.
const (
	tableMost   = 32 << 20 // bytes of the table, unpacked
	entriesMost = 5_000    // of an archive
	rowsMost    = 50_000
)

// fileName is what LinkedIn calls the table.
const fileName = "connections.csv"

const howToExport = "At LinkedIn, open Settings & Privacy, Data privacy, Get a copy of your data, choose Connections, and request the archive. It holds Connections.csv."

func wrongFile(code, detail, fix string) *connector.FileError {
	if fix == "" {
		fix = howToExport
	}
	return &connector.FileError{Code: code, Detail: detail, Fix: fix}
}

// Import reads Connections.csv, as it is or in the archive that LinkedIn sends.
func (LinkedIn) Import(file []byte) (*connector.Import, error) {
	if len(bytes.TrimSpace(file)) == 0 {
		return nil, wrongFile("empty", "The file is empty.", "")
	}
	if bytes.HasPrefix(file, []byte("PK\x03\x04")) || bytes.HasPrefix(file, []byte("PK\x05\x06")) {
		var err error
		if file, err = unpack(file); err != nil {
			return nil, err
		}
	}
	if len(file) > tableMost {
		return nil, wrongFile("too-large", fmt.Sprintf("The table has more than %d MiB.", tableMost>>20), "Choose Connections.csv; LinkedIn’s has a few MiB at most.")
	}
	text, err := textOf(file)
	if err != nil {
		return nil, err
	}
	return readTable(text)
}

// unpack takes Connections.csv out of an archive. Nothing is written anywhere, and
// what an entry says of its own size is not believed.
func unpack(file []byte) ([]byte, error) {
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil && archive == nil {
		return nil, wrongFile("archive-broken", "The archive cannot be opened: it is damaged, or only a part of it.", "Download it again, or unpack it and choose Connections.csv.")
	}
	if len(archive.File) > entriesMost {
		return nil, wrongFile("archive-odd", fmt.Sprintf("The archive has %d files, more than LinkedIn’s.", len(archive.File)), "Unpack it, and choose Connections.csv.")
	}
	var found *zip.File
	depth := 0
	var names []string
	for _, f := range archive.File {
		name := strings.ReplaceAll(f.Name, `\`, "/")
		if strings.HasSuffix(name, "/") || strings.Contains(name, "__MACOSX/") {
			continue
		}
		base := strings.ToLower(path.Base(name))
		if len(names) < seenMost {
			names = append(names, clip(path.Base(name)))
		}
		if base != fileName || path.IsAbs(name) || strings.Contains("/"+name, "/../") || strings.Contains(name, ":") {
			continue
		}
		if d := strings.Count(name, "/"); found == nil || d < depth {
			found, depth = f, d
		}
	}
	if found == nil {
		no := wrongFile("no-table", "The archive has no Connections.csv.", "Choose Connections when you request the archive; the complete one takes up to a day. "+howToExport)
		no.Headers = names
		return nil, no
	}
	return extract(found)
}

func extract(f *zip.File) ([]byte, error) {
	if f.Flags&1 != 0 {
		return nil, wrongFile("archive-locked", "The archive is locked by a password.", "Unpack it, and choose Connections.csv.")
	}
	r, err := f.Open()
	if err != nil {
		return nil, wrongFile("archive-broken", "Connections.csv cannot be unpacked.", "Download the archive again, or unpack it and choose Connections.csv.")
	}
	defer func() { _ = r.Close() }() // it was read, or is not wanted
	text, err := io.ReadAll(io.LimitReader(r, tableMost+1))
	if err != nil && len(text) <= tableMost {
		return nil, wrongFile("archive-broken", "Connections.csv is damaged within the archive.", "Download the archive again.")
	}
	return text, nil // one that is too large is told by Import
}

// textOf gives a file as UTF-8: what is no valid UTF-8 was saved by a spreadsheet in
// the usual code page of Windows.
func textOf(file []byte) (string, error) {
	switch {
	case bytes.HasPrefix(file, []byte("\xff\xfe")), bytes.HasPrefix(file, []byte("\xfe\xff")):
		wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(file)
		if err != nil {
			return "", wrongFile("encoding", "The file is no text.", "")
		}
		file = wide
	case !utf8.Valid(file):
		western, err := charmap.Windows1252.NewDecoder().Bytes(file)
		if err != nil {
			return "", wrongFile("encoding", "The file is no text.", "")
		}
		file = western
	}
	file = bytes.TrimPrefix(file, []byte("\ufeff"))
	if bytes.IndexByte(file, 0) >= 0 {
		return "", wrongFile("not-text", "The file is no table of text.", "")
	}
	return string(file), nil
}
