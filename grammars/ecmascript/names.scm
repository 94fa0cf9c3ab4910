; Where an identifier can only be a use; see README.md.
(identifier) @name
(shorthand_property_identifier) @name
(shorthand_property_identifier_pattern) @name

(call_expression function: (identifier) @use)
(new_expression constructor: (identifier) @use)
(arguments (identifier) @use)
(member_expression object: (identifier) @use)
(subscript_expression (identifier) @use)
(binary_expression (identifier) @use)
(ternary_expression (identifier) @use)
(return_statement (identifier) @use)
(throw_statement (identifier) @use)
(template_substitution (identifier) @use)
(spread_element (identifier) @use)
(await_expression (identifier) @use)
(variable_declarator value: (identifier) @use)
(assignment_expression right: (identifier) @use)
(augmented_assignment_expression right: (identifier) @use)
(array (identifier) @use)
(pair value: (identifier) @use)
(shorthand_property_identifier) @use
(arrow_function body: (identifier) @use)
(parenthesized_expression (identifier) @use)
(for_in_statement right: (identifier) @use)

; A script sees what other scripts of its page define.
(import_statement) @module
(export_statement) @module
(with_statement) @elsewhere
