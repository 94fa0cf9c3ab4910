(function_declaration name: (_) @name body: (_) @body) @definition.function
(function_declaration name: (_) @name) @definition.function
(assignment_statement
  (variable_list name: (_) @name)
  (expression_list value: (function_definition body: (_) @body))) @definition.function
(assignment_statement
  (variable_list name: (_) @name)
  (expression_list value: (function_definition))) @definition.function
(field name: (identifier) @name value: (function_definition body: (_) @body)) @definition.function
(field name: (identifier) @name value: (function_definition)) @definition.function

; Inside functions these are locals.
(assignment_statement (variable_list name: (identifier) @name)) @definition.variable
(assignment_statement (variable_list name: (dot_index_expression) @name)) @definition.field

(variable_declaration (assignment_statement)) @extent.signature
(comment) @comment
