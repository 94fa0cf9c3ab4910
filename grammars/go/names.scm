; Where an identifier can only be a use; see README.md. What stands before a dot may be a package.
(identifier) @name
(type_identifier) @name

(call_expression function: (identifier) @use)
(argument_list (identifier) @use)
(binary_expression (identifier) @use)
(unary_expression operand: (identifier) @use)
(index_expression (identifier) @use)
(return_statement (expression_list (identifier) @use))

(source_file) @module
(import_spec name: (dot)) @elsewhere
