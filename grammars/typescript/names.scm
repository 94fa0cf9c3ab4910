; inherits: ecmascript

(as_expression (identifier) @use)
(non_null_expression (identifier) @use)
