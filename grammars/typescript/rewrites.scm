; inherits: ecmascript

(enum_declaration) @enum
