class Whole {
    int first(int a) { return call(a); }
    int half(int b { return
    int after(int c) { return first(c); }
}
