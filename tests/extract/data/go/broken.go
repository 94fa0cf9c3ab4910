package main

func Whole(a int) int { return call(a) }

type Half struct {
	A int

func After(b int) { Whole(b) }
