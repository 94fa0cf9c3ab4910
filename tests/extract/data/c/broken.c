int whole(int a) { return call(a); }
struct half { int x
int after(int b) { return whole(b); }
