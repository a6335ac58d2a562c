// SPDX-License-Identifier: ISC

// A client on github.com/masterzen/winrm: reads from standard input, as JSON, what to do, and writes
// as JSON what came of it. tests/e2e/test_client_go.py says what has to come of it.
package main

import (
	"bytes"
	"encoding/json"
	"log"
	"os"
	"strings"
	"sync"

	"github.com/masterzen/winrm"
)

// task is what the test asks for. Way: run, string, input (each a call of the library, with a shell of
// its own), shell (all lines in one shell), parallel (a shell for each line, all at once).
type task struct {
	Host, User, Password string
	Port                 int
	Authority, Cert, Key string // files; with an authority it is HTTPS
	Ntlm, Certificate    bool
	Timeout              string // OperationTimeout
	Way                  string
	Lines                []string
	Arguments            []string
	Stdin                string
}

type result struct {
	Out, Err string
	Code     int
	Error    string `json:",omitempty"`
}

func read(path string) []byte {
	if path == "" {
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	return content
}

func connect(t *task) *winrm.Client {
	endpoint := winrm.NewEndpoint(t.Host, t.Port, t.Authority != "", false, read(t.Authority),
		read(t.Cert), read(t.Key), 0)
	parameters := *winrm.DefaultParameters
	if t.Timeout != "" {
		parameters.Timeout = t.Timeout
	}
	if t.Ntlm {
		parameters.TransportDecorator = func() winrm.Transporter { return &winrm.ClientNTLM{} }
	}
	if t.Certificate {
		parameters.TransportDecorator = func() winrm.Transporter { return &winrm.ClientAuthRequest{} }
	}
	client, err := winrm.NewClientWithParameters(endpoint, t.User, t.Password, &parameters)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

func note(out, err string, code int, failure error) result {
	r := result{Out: out, Err: err, Code: code}
	if failure != nil {
		r.Error = failure.Error()
	}
	return r
}

// run is Client.Run with buffers.
func run(client *winrm.Client, line string) result {
	var out, err bytes.Buffer
	code, failure := client.Run(line, &out, &err)
	return note(out.String(), err.String(), code, failure)
}

// inShell runs a line in a shell that is there, and reads its streams itself.
func inShell(shell *winrm.Shell, line string, arguments []string) result {
	command, failure := shell.Execute(line, arguments...)
	if failure != nil {
		return note("", "", 1, failure)
	}
	var out, err bytes.Buffer
	var both sync.WaitGroup
	both.Add(2)
	go func() { out.ReadFrom(command.Stdout); both.Done() }()
	go func() { err.ReadFrom(command.Stderr); both.Done() }()
	command.Wait()
	both.Wait()
	return note(out.String(), err.String(), command.ExitCode(), command.Close())
}

func carryOut(t *task) []result {
	client := connect(t)
	results := make([]result, len(t.Lines))
	switch t.Way {
	case "shell":
		shell, failure := client.CreateShell()
		if failure != nil {
			return []result{note("", "", 1, failure)}
		}
		for i, line := range t.Lines {
			results[i] = inShell(shell, line, t.Arguments)
		}
		if failure := shell.Close(); failure != nil {
			results = append(results, note("", "", 1, failure))
		}
		return results
	case "parallel":
		var all sync.WaitGroup
		for i := range t.Lines {
			all.Add(1)
			go func(i int) { results[i] = run(client, t.Lines[i]); all.Done() }(i)
		}
		all.Wait()
		return results
	}
	for i, line := range t.Lines {
		switch t.Way {
		case "run":
			results[i] = run(client, line)
		case "string":
			results[i] = note(client.RunWithString(line, t.Stdin))
		case "input":
			var out, err bytes.Buffer
			code, failure := client.RunWithInput(line, &out, &err, strings.NewReader(t.Stdin))
			results[i] = note(out.String(), err.String(), code, failure)
		case "powershell":
			results[i] = run(client, winrm.Powershell(line))
		default:
			log.Fatal("no such way: " + t.Way)
		}
	}
	return results
}

func main() {
	var t task
	if err := json.NewDecoder(os.Stdin).Decode(&t); err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(carryOut(&t)); err != nil {
		log.Fatal(err)
	}
}
