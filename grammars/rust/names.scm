; Where an identifier can only be a use; see README.md. What macros are given may define names.
(identifier) @name

(call_expression function: (identifier) @use)
(arguments (identifier) @use)
(binary_expression (identifier) @use)
(reference_expression value: (identifier) @use)
(field_expression value: (identifier) @use)
(index_expression (identifier) @use)
(let_declaration value: (identifier) @use)
(return_expression (identifier) @use)
(try_expression (identifier) @use)
(unary_expression (identifier) @use)
(assignment_expression right: (identifier) @use)
(compound_assignment_expr right: (identifier) @use)
(for_expression value: (identifier) @use)
(match_expression value: (identifier) @use)
(range_expression (identifier) @use)

(source_file) @module
(use_wildcard) @elsewhere
(macro_definition) @elsewhere
