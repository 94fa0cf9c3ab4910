(identifier) @reference.name
(type_identifier) @reference.type
(field_access field: (identifier) @reference.member)
(method_invocation !object name: (identifier) @reference.method)
(method_invocation object: (_) name: (identifier) @reference.method)
(method_reference (identifier) @reference.member)
(object_creation_expression type: (type_identifier) @reference.call)
(object_creation_expression type: (generic_type . (type_identifier) @reference.call))
(annotation name: (identifier) @reference.call)
(marker_annotation name: (identifier) @reference.call)
(package_declaration) @skip
(labeled_statement (identifier) @reference.none)
(element_value_pair key: (identifier) @reference.none)

(formal_parameter name: (identifier) @local)
(spread_parameter (variable_declarator name: (identifier) @local))
(inferred_parameters (identifier) @local)
(lambda_expression parameters: (identifier) @local)
(catch_formal_parameter name: (identifier) @local)
(enhanced_for_statement name: (identifier) @local)
(resource name: (identifier) @local)
(local_variable_declaration declarator: (variable_declarator name: (identifier) @local))
(type_parameter . (type_identifier) @local.type)

(import_declaration) @import.statement
