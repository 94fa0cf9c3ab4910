function whole(a) { return call(a); }
class Half { method( { return 1 }
const after = (b) => { return whole(b);
