; inherits: ecmascript

(class_heritage (identifier) @reference.type)
(class_heritage (member_expression property: (property_identifier) @reference.type))
(jsx_opening_element name: (identifier) @reference.call)
(jsx_self_closing_element name: (identifier) @reference.call)
(jsx_closing_element name: (identifier) @reference.none)
(formal_parameters (identifier) @local)
(formal_parameters (assignment_pattern left: (identifier) @local))
