package main

import (
	"fmt"
	h "net/http"
	"github.com/x/y/v2"
)

// Server serves.
// More.
type Server struct {
	Addr string
	mu, nu sync.Mutex
}

type (
	// A is a.
	A int
	B = string
)

type Doer interface { Do(ctx context.Context) error }

const (
	One = iota
	Two
)
var global, second = 1, 2

// Start starts.
func (s *Server) Start(ctx context.Context, n int) (err error) {
	x := s.Addr
	fmt.Println(x, global, n)
	return run[int](ctx, &Server{Addr: "a"})
}
func Map[T any](xs []T, f func(T) T) []T { for i, v := range xs { xs[i] = f(v) }; return xs }
