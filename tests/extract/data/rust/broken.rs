fn whole(a: u32) -> u32 { call(a) }
struct Half { a: u32
fn after(b: u32) { whole(b); }
