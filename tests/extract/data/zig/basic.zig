const std = @import("std");
const util = @import("lib/util.zig");

/// A shop.
pub const Shop = struct {
    name: []const u8,
    total: u32 = 0,

    const limit = 10;

    /// Adds.
    pub fn add(self: *Shop, n: u32) !void {
        const local = convert(n);
        self.total += local;
        std.debug.print("{}", .{local});
    }
};

const Level = enum { low, high };
const Value = union(enum) { int: i32, none };
pub var counter: usize = 0;
const Error = error{ Missing, Full };

fn helper(comptime T: type, x: T) T {
    return util.check(x);
}

test "adds" {
    try helper(u32, 1);
}
