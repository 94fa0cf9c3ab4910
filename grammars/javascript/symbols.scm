; inherits: ecmascript

(class_declaration name: (identifier) @name body: (_) @body) @definition.class
(field_definition
  property: (_) @name value: (arrow_function body: (_) @body)) @definition.method
(field_definition property: (_) @name) @definition.field

(expression_statement
  (assignment_expression
    left: (member_expression) @name right: (class body: (_) @body))) @definition.class
