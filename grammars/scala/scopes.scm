(identifier) @reference.name
(type_identifier) @reference.type
(field_expression field: (identifier) @reference.member)
(call_expression function: (identifier) @reference.call)
(call_expression function: (field_expression field: (identifier) @reference.method))
(call_expression function: (generic_function function: (identifier) @reference.call))
(call_expression
  function: (generic_function function: (field_expression field: (identifier) @reference.method)))
(instance_expression (type_identifier) @reference.call)
(package_clause name: (_) @skip)

(parameter name: (identifier) @local)
(class_parameter name: (identifier) @reference.none)
(binding name: (identifier) @local)
(lambda_expression parameters: (identifier) @local)
(enumerator . (identifier) @local)
(case_clause pattern: (identifier) @local)
(type_parameters name: (identifier) @local.type)

(import_declaration) @import.statement
