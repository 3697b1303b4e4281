// Package archtest holds the repository to its own rules: which package may
// import which, who may open a database, send a request or serve one, and how
// sources look. It has tests only. That every route has a permission and an
// OpenAPI entry is tested in package api, beside the table.
package archtest
