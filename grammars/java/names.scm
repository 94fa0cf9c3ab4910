; Where an identifier can only be a use; see README.md. What is inherited does not show.
(identifier) @name

(argument_list (identifier) @use)
(binary_expression (identifier) @use)
(return_statement (identifier) @use)
(method_invocation !object name: (identifier) @use)
(method_invocation object: (identifier) @use)
(array_access (identifier) @use)
(assignment_expression right: (identifier) @use)
(variable_declarator value: (identifier) @use)
(unary_expression operand: (identifier) @use)

(program) @module
(superclass) @elsewhere
(super_interfaces) @elsewhere
(extends_interfaces) @elsewhere
(object_creation_expression (class_body)) @elsewhere
(import_declaration "static" (asterisk)) @elsewhere
