(identifier) @reference.name
(field_expression member: (identifier) @reference.member)
(call_expression function: (identifier) @reference.call)
(call_expression function: (field_expression member: (identifier) @reference.method))
(parameter type: (identifier) @reference.type)
(pointer_type (identifier) @reference.type)
(error_set_declaration (identifier) @reference.none)

(parameter name: (identifier) @local)
(payload (identifier) @local)

(variable_declaration
  . (identifier) @import.alias
  (builtin_function
    (builtin_identifier) @keyword (arguments (string (string_content) @import.module)))
  (#set! keyword "@import")) @import
(variable_declaration
  (identifier) @import.alias
  (builtin_function
    (builtin_identifier) @keyword (arguments (string (string_content) @import.module)))
  (#set! keyword "@import")) @import
