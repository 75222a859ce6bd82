// Judges a history of accounts with Porcupine, a checker for linearizability that shares no code with this project.
//
//	linearizability HISTORY   a file of JSON lines, one operation each (src/history/history.ts)
//
// Each account is an object of its own: linearizability is local, so a history is linearizable if that of each object is. Prints the
// accounts without a linearization, as JSON. Exit code 0: there is one for each. 1: not. 2: the history cannot be read.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/anishathalye/porcupine"
)

// Operation is one operation on one account. Statuses are "" before the account is opened.
type Operation struct {
	Account string `json:"account"`
	Process int    `json:"process"`
	// open, read, history or close, by a client; verify, by the reconciler, of which the history has only the earliest time.
	Kind string `json:"kind"`
	// Nanoseconds on one monotonic clock.
	Call int64 `json:"call"`
	// Null: there was no response, so the operation may take effect at any later time, or never.
	Return *int64 `json:"return"`
	// close: the version that the client means, or "*".
	IfMatch string `json:"ifMatch"`
	// The HTTP status.
	Code int `json:"code"`
	// The status and the version of the account in the response.
	Status  string `json:"status"`
	Version int    `json:"version"`
	// history: the statuses, the oldest first.
	Statuses []string `json:"statuses"`
	// verify: ACTIVE or REJECTED, which depends on whether the customer exists.
	Result string `json:"result"`
}

// The state of an account: its statuses, the oldest first. Its version is their number.
type state = []string

const (
	pending = "PENDING_VERIFICATION"
	active  = "ACTIVE"
	closed  = "CLOSED"
)

func last(s state) string {
	if len(s) == 0 {
		return ""
	}
	return s[len(s)-1]
}

func with(s state, status string) state {
	return append(slices.Clone(s), status)
}

// step returns the states in which an operation may leave an account; none if its response is impossible.
func step(s state, operation Operation) []state {
	if operation.Kind == "open" {
		opened := map[int]string{201: active, 202: pending}[operation.Code]
		if len(s) > 0 || opened == "" || operation.Status != opened || operation.Version != 1 {
			return nil
		}
		return []state{with(s, opened)}
	}
	if len(s) == 0 {
		return nil
	}
	isSeen := operation.Status == last(s) && operation.Version == len(s)
	unchanged := []state{s}
	switch operation.Kind {
	case "verify":
		if last(s) == pending {
			return []state{with(s, operation.Result)}
		}
	case "read":
		if operation.Code == 200 && isSeen {
			return unchanged
		}
	case "history":
		if operation.Code == 200 && slices.Equal(operation.Statuses, s) {
			return unchanged
		}
	case "close":
		isMatch := operation.IfMatch == "*" || operation.IfMatch == strconv.Itoa(len(s))
		isClosed := isMatch && last(s) == active
		after := with(s, closed)
		switch {
		case operation.Return == nil && isClosed:
			return []state{s, after}
		case operation.Return == nil:
			return unchanged
		case operation.Code == 200 && isClosed && operation.Status == closed && operation.Version == len(after):
			return []state{after}
		// Its problem names no status, but the version, in the ETag.
		case operation.Code == 412 && !isMatch && operation.Version == len(s):
			return unchanged
		case operation.Code == 409 && isMatch && !isClosed && isSeen:
			return unchanged
		}
	}
	return nil
}

var nondeterministic = porcupine.NondeterministicModel{
	Init: func() []any { return []any{state(nil)} },
	Step: func(s, input, _ any) []any {
		var after []any
		for _, each := range step(s.(state), input.(Operation)) {
			after = append(after, each)
		}
		return after
	},
	Equal: func(one, other any) bool { return slices.Equal(one.(state), other.(state)) },
}

var model = nondeterministic.ToModel()

// Violation is an account whose operations have no order that explains their responses.
type Violation struct {
	Account    string      `json:"account"`
	Result     string      `json:"result"`
	Operations []Operation `json:"operations"`
}

func judge(operations []Operation) porcupine.CheckResult {
	var calls []porcupine.Operation
	for _, operation := range operations {
		end := int64(math.MaxInt64)
		if operation.Return != nil {
			end = *operation.Return
		}
		calls = append(calls, porcupine.Operation{
			ClientId: operation.Process, Input: operation, Call: operation.Call, Return: end,
		})
	}
	return porcupine.CheckOperationsTimeout(model, calls, time.Minute)
}

func read(file string) (map[string][]Operation, int, error) {
	input, err := os.Open(file)
	if err != nil {
		return nil, 0, err
	}
	defer input.Close()
	accounts := map[string][]Operation{}
	count := 0
	for lines := bufio.NewScanner(input); ; count++ {
		if !lines.Scan() {
			return accounts, count, lines.Err()
		}
		var operation Operation
		if err := json.Unmarshal(lines.Bytes(), &operation); err != nil {
			return nil, count, fmt.Errorf("line %d: %w", count+1, err)
		}
		accounts[operation.Account] = append(accounts[operation.Account], operation)
	}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: linearizability HISTORY")
		os.Exit(2)
	}
	accounts, count, err := read(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	violations := []Violation{}
	for account, operations := range accounts {
		if result := judge(operations); result != porcupine.Ok {
			violations = append(violations, Violation{account, string(result), operations})
		}
	}
	_ = json.NewEncoder(os.Stdout).Encode(map[string]any{
		"accounts": len(accounts), "operations": count, "violations": violations,
	})
	if len(violations) > 0 {
		os.Exit(1)
	}
}
