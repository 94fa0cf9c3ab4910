(identifier) @reference.name
(field_identifier) @reference.member
(keyed_element . (literal_element (identifier) @reference.member))
(type_identifier) @reference.type
(call_expression function: (identifier) @reference.call)
(call_expression function: (selector_expression field: (field_identifier) @reference.method))
(call_expression function: (index_expression operand: (identifier) @reference.call))

(parameter_declaration name: (identifier) @local)
(variadic_parameter_declaration name: (identifier) @local)
(type_parameter_declaration name: (identifier) @local.type)
(package_clause) @skip
(short_var_declaration left: (expression_list (identifier) @local))
(range_clause left: (expression_list (identifier) @local))

(import_spec path: (_) @import.module !name) @import
(import_spec name: (_) @import.alias path: (_) @import.module) @import
