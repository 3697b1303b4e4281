package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// machine is what the figures belong to.
type machine struct {
	cpu      string
	cores    int
	memory   string
	kernel   string
	goes     string        // Go's version and target
	fsync    time.Duration // of 4 KiB, in the directory of the data
	postgres string
}

func readMachine(dir string, settings map[string]string) (machine, error) {
	m := machine{
		cpu: field("/proc/cpuinfo", "model name"), cores: runtime.NumCPU(), memory: field("/proc/meminfo", "MemTotal"),
		kernel: firstLine("/proc/sys/kernel/osrelease"), goes: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH,
	}
	if kib, err := strconv.ParseFloat(strings.TrimSuffix(m.memory, " kB"), 64); err == nil {
		m.memory = number(kib*1024/1e9, "GB")
	}
	var err error
	if m.fsync, err = measureFsync(dir); err != nil {
		return m, err
	}
	m.postgres = "none"
	if settings != nil {
		m.postgres = fmt.Sprintf("%s (fsync %s, full_page_writes %s, synchronous_commit %s, shared_buffers %s)",
			settings["server_version"], settings["fsync"], settings["full_page_writes"], settings["synchronous_commit"], settings["shared_buffers"])
	}
	return m, nil
}

// lines tells about the machine, name and value.
func (m *machine) lines() [][2]string {
	return [][2]string{
		{"processor", fmt.Sprintf("%s, %d cores, shared by server, database, load and receiver", m.cpu, m.cores)},
		{"memory", m.memory}, {"kernel", m.kernel}, {"Go", m.goes},
		{"fsync of 4 KiB", number(float64(m.fsync.Microseconds())/1000, "ms") + " (median)"}, {"Postgres", m.postgres},
	}
}

// brief is the machine in one line.
func (m *machine) brief() string {
	return fmt.Sprintf("%s, %d cores, %s, fsync %s", m.cpu, m.cores, m.goes, number(float64(m.fsync.Microseconds())/1000, "ms"))
}

// measureFsync gives the median time that a write of a page takes to the disk.
func measureFsync(dir string) (time.Duration, error) {
	f, err := os.Create(filepath.Join(dir, "fsync"))
	if err != nil {
		return 0, fmt.Errorf("measure fsync: %w", err)
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}()
	const times, pageSize = 300, 4096
	page := make([]byte, pageSize)
	took := make([]time.Duration, times)
	for i := range took {
		if _, err := f.Write(page); err != nil {
			return 0, fmt.Errorf("measure fsync: %w", err)
		}
		began := time.Now()
		if err := f.Sync(); err != nil {
			return 0, fmt.Errorf("measure fsync: %w", err)
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took[times/2], nil
}

// field reads "name : value" of a file of /proc; "unknown" elsewhere.
func field(file, name string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func firstLine(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}
