(variable_declaration (identifier) @name (struct_declaration "{" @body)) @definition.struct
(variable_declaration (identifier) @name (union_declaration "{" @body)) @definition.union
(variable_declaration (identifier) @name (enum_declaration "{" @body)) @definition.enum
(variable_declaration . (identifier) @name (error_set_declaration)) @definition.type
(function_declaration name: (identifier) @name body: (_) @body) @definition.function
(function_declaration name: (identifier) @name) @definition.function
(test_declaration (string) @name (block) @body) @definition.function
(container_field name: (identifier) @name) @definition.field

; Inside functions these are locals.
(variable_declaration "const" . (identifier) @name) @definition.variable
(variable_declaration "var" . (identifier) @name) @definition.variable

(comment) @comment
