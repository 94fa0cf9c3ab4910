(identifier) @reference.name
(field_identifier) @reference.member
(type_identifier) @reference.type
(field_designator (field_identifier) @reference.member)
(call_expression function: (identifier) @reference.call)
(call_expression function: (field_expression field: (field_identifier) @reference.method))
(preproc_ifdef name: (identifier) @reference.name)
(preproc_params (identifier) @reference.none)

(parameter_declaration declarator: (identifier) @local)
(parameter_declaration declarator: (pointer_declarator (identifier) @local))
(parameter_declaration declarator: (pointer_declarator (pointer_declarator (identifier) @local)))
(parameter_declaration declarator: (array_declarator declarator: (identifier) @local))

(preproc_include path: (_) @import.whole) @import
