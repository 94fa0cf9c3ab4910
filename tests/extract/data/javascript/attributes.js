class Client {
  base = 1;
  // Makes one.
  constructor(base) { super(base); this.short = base; }
}

class Pool {
  constructor(size) {
    // How many.
    this.size = size;
    this.size = 2;
    this.onFull = () => { this.full = true; };
    other.foreign = 3;
    if (size) { this.inner = 1; }
  }
  fill() { this.late = this.size; }
}
