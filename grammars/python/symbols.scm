(function_definition name: (identifier) @name body: (_) @body) @definition.function
(class_definition name: (identifier) @name body: (_) @body) @definition.class
(type_alias_statement
  left: (type [(identifier) @name (generic_type . (identifier) @name)])) @definition.type

; Inside functions these are locals.
(expression_statement (assignment left: (identifier) @name)) @definition.variable
(assignment
  left: (attribute object: (identifier) @keyword attribute: (identifier) @name)
  (#set! keyword "self")) @definition.attribute
(assignment
  left: (pattern_list (attribute object: (identifier) @keyword attribute: (identifier) @name))
  (#set! keyword "self")) @definition.attribute

(decorated_definition) @extent
(expression_statement (string) @doc)
(comment) @comment
