; inherits: c

(using_declaration "namespace" (identifier) @import.whole) @import
(using_declaration (qualified_identifier) @import.path) @import

(namespace_identifier) @reference.name
(qualified_identifier name: (identifier) @reference.member)
(call_expression function: (qualified_identifier name: (identifier) @reference.method))
(call_expression
  function: (qualified_identifier name: (qualified_identifier name: (identifier) @reference.method)))
(call_expression function: (template_function name: (identifier) @reference.call))
(call_expression
  function: (field_expression field: (template_method name: (field_identifier) @reference.method)))
(new_expression type: (type_identifier) @reference.call)
(field_initializer . (field_identifier) @reference.member)
(destructor_name (identifier) @reference.none)

(parameter_declaration declarator: (reference_declarator (identifier) @local))
(optional_parameter_declaration declarator: (identifier) @local)
(variadic_parameter_declaration declarator: (variadic_declarator (identifier) @local))
(for_range_loop declarator: (identifier) @local)
(for_range_loop declarator: (reference_declarator (identifier) @local))
(structured_binding_declarator (identifier) @local)
(type_parameter_declaration (type_identifier) @local.type)
